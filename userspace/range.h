/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sets of addresses of one family, as ranges. A set is normal when its ranges
 * ascend and neither overlap nor touch.
 */
#ifndef DOMICILE_RANGE_H
#define DOMICILE_RANGE_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

struct netset_table;
struct prefix;

/* Addresses as numbers; IPv4 ones in the low 32 bits. */
struct range {
	unsigned __int128 first;
	unsigned __int128 last; /* belongs to it */
};

/* Start with = {}. Owns @list. */
struct ranges {
	struct range *list;
	size_t count;
};

/* 0 or -ENOMEM. A range that touches the one added before it, in this order, joins it. */
int ranges_add(struct ranges *ranges, struct range range);
int ranges_append(struct ranges *ranges, const struct ranges *others);
void ranges_free(struct ranges *ranges);

/* Makes it normal. Time is linear if it ascends already. */
void ranges_normalise(struct ranges *ranges);

/* Both are normal, and stay so; linear. 0, or -ENOMEM with @ranges as it was. */
int ranges_subtract(struct ranges *ranges, const struct ranges *others);

/*
 * Gives the next part of @rest that is not in @others, which are normal, and takes
 * off @rest what ends with it; false when there is none. @at is how far @others were
 * gone through: 0 at first, and kept from one range to the next when they ascend.
 */
bool range_take_outside(struct range *rest, const struct ranges *others, size_t *at,
			struct range *part);

/* Takes the largest prefix off the front of @range; false when that was all of it. */
bool range_take_prefix(struct range *range, bool ipv6, struct prefix *ret);

/* The least number of prefixes that make up a normal set. */
size_t ranges_prefix_count(const struct ranges *ranges, bool ipv6);

/* The addresses from @start up to the next span's start are in set @number. */
struct range_span {
	unsigned __int128 start;
	__u32 number;
};

/*
 * Lays @count networks, each of them normal, over each other. The first span
 * starts at 0 and neighbours differ in number. -E2BIG: more than @max spans;
 * -ENOSPC: @sets is full. The caller frees @ret.
 */
int ranges_flatten(const struct ranges *networks, size_t count, bool ipv6, size_t max,
		   struct netset_table *sets, struct range_span **ret, size_t *ret_count);

#endif /* DOMICILE_RANGE_H */
