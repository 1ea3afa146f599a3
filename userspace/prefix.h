/* SPDX-License-Identifier: GPL-2.0-only */
/* IPv4 and IPv6 prefixes, and their flattening into ranges that do not overlap. */
#ifndef DOMICILE_PREFIX_H
#define DOMICILE_PREFIX_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

struct netset_table;

struct prefix {
	unsigned __int128 first; /* address as a number; an IPv4 one in the low 32 bits */
	__u32 network; /* index of the network it belongs to */
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
 * Reads ADDRESS/LENGTH; leaves @ret->network alone. For NO_LENGTH, HOST_BITS
 * and MAPPED, @ret is the prefix that was probably meant.
 */
enum prefix_error prefix_parse(const char *text, struct prefix *ret);
void prefix_text(const struct prefix *prefix, char text[PREFIX_TEXT_MAX]);

/* The addresses from @start up to the next span's start are in set @number. */
struct prefix_span {
	unsigned __int128 start;
	__u32 number;
};

/*
 * Flattens prefixes of one family. The first span starts at 0 and neighbours
 * differ in number. Sorts @prefixes. -E2BIG: more than @max spans; -ENOSPC:
 * @sets is full. The caller frees @ret.
 */
int prefix_flatten(struct prefix *prefixes, size_t count, size_t max,
		   struct netset_table *sets, struct prefix_span **ret, size_t *ret_count);

#endif /* DOMICILE_PREFIX_H */
