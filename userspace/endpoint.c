// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "endpoint.h"
#include "number.h"

static const struct {
	const char *suffix;
	__u16 number;
} protocols[] = {
	{ "/tcp", IPPROTO_TCP },
	{ "/udp", IPPROTO_UDP },
};

#define PROTOCOLS (sizeof(protocols) / sizeof(*protocols))

/* Takes "/tcp" or "/udp" off the end of @text. */
static __u16 protocol_take(char *text)
{
	char *slash = strrchr(text, '/');

	for (size_t i = 0; slash && i < PROTOCOLS; i++) {
		if (strcmp(slash, protocols[i].suffix))
			continue;
		*slash = 0;
		return protocols[i].number;
	}
	return 0;
}

/* Takes ":443" off the end of @text, and brackets off both. -EINVAL: they do not match. */
static int port_take(char **text, __u16 *port)
{
	char *colon = strrchr(*text, ':'), *bracket = NULL;

	if (**text == '[') {
		bracket = strchr(*text, ']');
		if (!bracket || (bracket[1] && colon != bracket + 1))
			return -EINVAL;
	} else if (colon && strchr(*text, ':') != colon) {
		return 0;
	}
	if (colon && (!bracket || bracket[1])) {
		*port = number_port(colon + 1);
		*colon = 0;
		if (!*port)
			return -EINVAL;
	}
	if (bracket) {
		*bracket = 0;
		(*text)++;
		return strchr(*text, ':') ? 0 : -EINVAL;
	}
	return 0;
}

int endpoint_parse(const char *text, struct endpoint *ret)
{
	struct endpoint endpoint = {};
	char copy[ENDPOINT_TEXT_MAX], *address = copy;
	enum prefix_error error;

	if (strlen(text) >= sizeof(copy))
		return -EINVAL;
	strcpy(copy, text);
	endpoint.protocol = protocol_take(copy);
	if (strchr(copy, '/') || port_take(&address, &endpoint.port))
		return -EINVAL;
	if (endpoint.protocol && !endpoint.port)
		return -EINVAL;
	error = prefix_parse(address, &endpoint.address);
	if (error != PREFIX_NO_LENGTH && error != PREFIX_MAPPED)
		return -EINVAL;
	*ret = endpoint;
	return 0;
}

bool endpoint_is_loopback(const struct endpoint *endpoint)
{
	if (endpoint->address.ipv6)
		return endpoint->address.first == 1;
	return endpoint->address.first >> 24 == IN_LOOPBACKNET;
}

const char *endpoint_text(const struct endpoint *endpoint, char text[ENDPOINT_TEXT_MAX])
{
	bool brackets = endpoint->address.ipv6 && endpoint->port;
	char address[PREFIX_TEXT_MAX];
	int used;

	prefix_text(&endpoint->address, address);
	*strchr(address, '/') = 0;
	used = snprintf(text, ENDPOINT_TEXT_MAX, "%s%s%s", brackets ? "[" : "", address,
			brackets ? "]" : "");
	if (endpoint->port)
		used += snprintf(text + used, ENDPOINT_TEXT_MAX - used, ":%u", endpoint->port);
	for (size_t i = 0; i < PROTOCOLS; i++)
		if (endpoint->protocol == protocols[i].number)
			snprintf(text + used, ENDPOINT_TEXT_MAX - used, "%s", protocols[i].suffix);
	return text;
}
