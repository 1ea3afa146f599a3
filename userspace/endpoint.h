/* SPDX-License-Identifier: GPL-2.0-only */
/* A destination as people write it: 198.51.100.7, [2001:db8::7]:443/tcp. */
#ifndef DOMICILE_ENDPOINT_H
#define DOMICILE_ENDPOINT_H

#include "prefix.h"

struct endpoint {
	struct prefix address; /* of full length; IPv4 also when written as mapped */
	__u16 port; /* host byte order; 0: none was given */
	__u16 protocol; /* IPPROTO_TCP or IPPROTO_UDP; 0: none was given */
};

#define ENDPOINT_SYNTAX "an address such as 198.51.100.7, 198.51.100.7:443 or " \
	"[2001:db8::7]:53/udp"

/* Returns 0, or -EINVAL with @ret untouched. */
int endpoint_parse(const char *text, struct endpoint *ret);

/* An address of this host, whichever host it is? */
bool endpoint_is_loopback(const struct endpoint *endpoint);

#define ENDPOINT_TEXT_MAX 64
const char *endpoint_text(const struct endpoint *endpoint, char text[ENDPOINT_TEXT_MAX]);

#endif /* DOMICILE_ENDPOINT_H */
