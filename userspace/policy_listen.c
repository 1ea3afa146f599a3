// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "number.h"
#include "policy_listen.h"

static const struct {
	const char *prefix;
	__u16 number;
} protocols[] = {
	{ "tcp/", IPPROTO_TCP },
	{ "udp/", IPPROTO_UDP },
};

#define PROTOCOLS (sizeof(protocols) / sizeof(*protocols))

int policy_listen_parse(const char *text, struct policy_listen *listen)
{
	for (size_t i = 0; i < PROTOCOLS; i++) {
		size_t size = strlen(protocols[i].prefix);
		__u16 port;

		if (strncmp(text, protocols[i].prefix, size))
			continue;
		port = number_port(text + size);
		if (!port)
			return -EINVAL;
		listen->protocol = protocols[i].number;
		listen->port = port;
		return 0;
	}
	return -EINVAL;
}

bool policy_listen_valid(const struct policy_listen *listen)
{
	return listen->port &&
	       (listen->protocol == IPPROTO_TCP || listen->protocol == IPPROTO_UDP);
}

int policy_listen_compare(const void *a, const void *b)
{
	const struct policy_listen *left = a, *right = b;

	if (left->protocol != right->protocol)
		return left->protocol < right->protocol ? -1 : 1;
	if (left->port != right->port)
		return left->port < right->port ? -1 : 1;
	if (left->network != right->network)
		return left->network < right->network ? -1 : 1;
	return left->label < right->label ? -1 : left->label > right->label;
}

const char *policy_listen_text(const struct policy_listen *listen,
			       char text[POLICY_LISTEN_TEXT_MAX])
{
	for (size_t i = 0; i < PROTOCOLS; i++)
		if (protocols[i].number == listen->protocol)
			snprintf(text, POLICY_LISTEN_TEXT_MAX, "%s%u", protocols[i].prefix,
				 listen->port);
	return text;
}
