/* SPDX-License-Identifier: GPL-2.0-only */
/* IPv4 and IPv6 prefixes. */
#ifndef DOMICILE_PREFIX_H
#define DOMICILE_PREFIX_H

#include <stdbool.h>

#include <linux/types.h>

struct prefix {
	unsigned __int128 first; /* address as a number; an IPv4 one in the low 32 bits */
	__u8 length;
	bool ipv6;
};

enum prefix_error {
	PREFIX_OK,
	PREFIX_NO_ADDRESS, /* not an address at all */
	PREFIX_NO_LENGTH, /* an address without a length */
	PREFIX_BAD_LENGTH,
	PREFIX_HOST_BITS, /* bits set beyond the length */
	PREFIX_MAPPED, /* IPv4 written as IPv6 */
	PREFIX_ERRORS,
};

#define PREFIX_TEXT_MAX 50 /* longest IPv6 address, slash, length, NUL */

/*
 * Reads ADDRESS/LENGTH. For NO_LENGTH, HOST_BITS and MAPPED, @ret is the prefix
 * that was probably meant; for other errors it is untouched.
 */
enum prefix_error prefix_parse(const char *text, struct prefix *ret);

/* Reads an address alone, as the prefix of full length. */
bool prefix_parse_address(const char *text, struct prefix *ret);

/* What was expected in the place of what gave @error. */
const char *prefix_expected(enum prefix_error error);

/* Does @error leave a prefix that was probably meant? */
static inline bool prefix_error_guesses(enum prefix_error error)
{
	return error == PREFIX_NO_LENGTH || error == PREFIX_HOST_BITS || error == PREFIX_MAPPED;
}

void prefix_text(const struct prefix *prefix, char text[PREFIX_TEXT_MAX]);

/* The last address. */
unsigned __int128 prefix_last(const struct prefix *prefix);

/* The first address, were the bits beyond the length 0. */
unsigned __int128 prefix_widened(const struct prefix *prefix);

#endif /* DOMICILE_PREFIX_H */
