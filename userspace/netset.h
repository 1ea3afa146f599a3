/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The distinct sets of networks that addresses belong to. Each set has a
 * number, which becomes the network class; number 0 is the empty set.
 */
#ifndef DOMICILE_NETSET_H
#define DOMICILE_NETSET_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

struct netset_table {
	size_t words; /* of 64 bits, in each set */
	size_t max;
	size_t count;
	__u64 *sets;
	__u32 *slots; /* open addressing; number + 1, or 0 */
	size_t slot_count; /* a power of two */
};

/* Room for @max sets out of @networks networks. */
int netset_table_init(struct netset_table *table, size_t networks, size_t max);
void netset_table_free(struct netset_table *table);

/* The number of @set, new if need be, or -ENOSPC. */
int netset_number(struct netset_table *table, const __u64 *set);

static inline const __u64 *netset_get(const struct netset_table *table, size_t number)
{
	return table->sets + number * table->words;
}

static inline bool netset_has(const __u64 *set, size_t network)
{
	return set[network / 64] >> (network % 64) & 1;
}

#endif /* DOMICILE_NETSET_H */
