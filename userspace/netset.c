// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netset.h"

static __u64 set_hash(const __u64 *set, size_t words)
{
	__u64 hash = 0;

	for (size_t i = 0; i < words; i++) {
		hash = (hash ^ set[i]) * 0x9e3779b97f4a7c15ull;
		hash ^= hash >> 32;
	}
	return hash;
}

int netset_table_init(struct netset_table *table, size_t networks, size_t max)
{
	*table = (struct netset_table){ .words = networks / 64 + 1, .max = max, .slot_count = 4 };
	while (table->slot_count < max * 2)
		table->slot_count *= 2;
	table->sets = calloc(max, table->words * sizeof(*table->sets));
	table->slots = calloc(table->slot_count, sizeof(*table->slots));
	if (!table->sets || !table->slots) {
		netset_table_free(table);
		return -ENOMEM;
	}
	return netset_number(table, table->sets);
}

void netset_table_free(struct netset_table *table)
{
	free(table->sets);
	free(table->slots);
	*table = (struct netset_table){};
}

int netset_number(struct netset_table *table, const __u64 *set)
{
	size_t size = table->words * sizeof(*set);
	size_t slot = set_hash(set, table->words) & (table->slot_count - 1);

	for (; table->slots[slot]; slot = (slot + 1) & (table->slot_count - 1)) {
		__u32 number = table->slots[slot] - 1;

		if (!memcmp(netset_get(table, number), set, size))
			return number;
	}
	if (table->count == table->max)
		return -ENOSPC;
	memmove(table->sets + table->count * table->words, set, size);
	table->slots[slot] = ++table->count;
	return table->count - 1;
}
