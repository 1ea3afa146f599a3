// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy_resolver.h"

int policy_resolver_address(const char *text, struct domicile_resolver *resolver)
{
	struct in6_addr v6;
	struct in_addr v4;

	if (inet_pton(AF_INET, text, &v4) == 1) {
		resolver->family = AF_INET;
		memcpy(resolver->address, &v4, sizeof(v4));
		return 0;
	}
	if (inet_pton(AF_INET6, text, &v6) != 1 || IN6_IS_ADDR_V4MAPPED(&v6))
		return -EINVAL;
	resolver->family = AF_INET6;
	memcpy(resolver->address, &v6, sizeof(v6));
	return 0;
}

/* From 1 to @max, followed by @suffix. */
static int number_parse(const char *text, unsigned long max, const char *suffix, __u32 *ret)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long number;

	if (!digits || digits > 5 || *text == '0' || strcmp(text + digits, suffix))
		return -EINVAL;
	number = strtoul(text, NULL, 10);
	if (number > max)
		return -EINVAL;
	*ret = number;
	return 0;
}

int policy_resolver_port(const char *text, struct domicile_resolver *resolver)
{
	__u32 port;

	if (number_parse(text, 65535, "", &port))
		return -EINVAL;
	resolver->port = htons(port);
	return 0;
}

int policy_resolver_rate(const char *text, struct domicile_resolver *resolver)
{
	return number_parse(text, POLICY_RESOLVER_RATE_MAX, "/s", &resolver->rate);
}

int policy_resolver_length(const char *text, struct domicile_resolver *resolver)
{
	return number_parse(text, POLICY_RESOLVER_LENGTH_MAX, "", &resolver->length);
}

bool policy_resolver_valid(const struct domicile_resolver *resolver)
{
	return (resolver->family == AF_INET || resolver->family == AF_INET6) && resolver->port &&
	       resolver->rate && resolver->rate <= POLICY_RESOLVER_RATE_MAX && resolver->length &&
	       resolver->length <= POLICY_RESOLVER_LENGTH_MAX;
}

int policy_resolver_compare(const void *a, const void *b)
{
	const struct policy_resolver *left = a, *right = b;
	int order = memcmp(left->resolver.address, right->resolver.address,
			   sizeof(left->resolver.address));

	if (left->resolver.family != right->resolver.family)
		return left->resolver.family < right->resolver.family ? -1 : 1;
	return order ? order : ntohs(left->resolver.port) - ntohs(right->resolver.port);
}

const char *policy_resolver_text(const struct domicile_resolver *resolver,
				 char text[POLICY_RESOLVER_TEXT_MAX])
{
	char address[INET6_ADDRSTRLEN] = "";
	bool six = resolver->family == AF_INET6;

	inet_ntop(resolver->family, resolver->address, address, sizeof(address));
	snprintf(text, POLICY_RESOLVER_TEXT_MAX, "%s%s%s:%u", six ? "[" : "", address,
		 six ? "]" : "", ntohs(resolver->port));
	return text;
}
