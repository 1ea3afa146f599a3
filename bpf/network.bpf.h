/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From an address to its network class, and from a class to a verdict, in the
 * policy that is in force.
 */
#ifndef DOMICILE_NETWORK_BPF_H
#define DOMICILE_NETWORK_BPF_H

#include "audit.bpf.h"

/* User space: one inner map a slot, each with as many members as it needs. */
struct net4_slot {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_INNER_MAP);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct domicile_range4));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, DOMICILE_SLOTS);
	__type(key, __u32);
	__array(values, struct net4_slot);
} net4 SEC(".maps");

struct net6_slot {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_INNER_MAP);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct domicile_range6));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, DOMICILE_SLOTS);
	__type(key, __u32);
	__array(values, struct net6_slot);
} net6 SEC(".maps");

struct class_slot {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_INNER_MAP);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct domicile_class));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, DOMICILE_SLOTS);
	__type(key, __u32);
	__array(values, struct class_slot);
} classes SEC(".maps");

#define CLASS_UNKNOWN (~0u)
#define RANGE_STEPS 23 /* log2(DOMICILE_RANGES_MAX) + 1 */

struct destination {
	__u16 family; /* AF_INET, or AF_INET6 if not v4-mapped */
	__u16 type;
	__u16 protocol;
	__be16 port;
	__u8 address[16]; /* network byte order */
};

static __always_inline bool is_v4_mapped(const __u8 *address)
{
	const __u32 *word = (const __u32 *)address;

	return !word[0] && !word[1] && word[2] == bpf_htonl(0xffff);
}

static __always_inline void destination_v4(struct destination *to, __be32 address)
{
	to->family = AF_INET;
	__builtin_memset(to->address, 0, sizeof(to->address));
	*(__be32 *)to->address = address;
}

/* A v4-mapped address goes out as IPv4. */
static __always_inline void destination_v6(struct destination *to)
{
	if (is_v4_mapped(to->address))
		destination_v4(to, *(__be32 *)(to->address + 12));
	else
		to->family = AF_INET6;
}

/* The last range that starts at or before the address. */
__noinline int class_of_v4(__u32 slot, __u32 ranges, __u32 address)
{
	void *table = bpf_map_lookup_elem(&net4, &slot);
	__u32 low = 0, high = ranges;
	struct domicile_range4 *range;

	if (!table)
		return CLASS_UNKNOWN;
	for (int step = 0; step < RANGE_STEPS && high - low > 1; step++) {
		__u32 middle = low + (high - low) / 2;

		range = bpf_map_lookup_elem(table, &middle);
		if (!range)
			return CLASS_UNKNOWN;
		if (range->start <= address)
			low = middle;
		else
			high = middle;
	}
	range = bpf_map_lookup_elem(table, &low);
	return range ? range->class : CLASS_UNKNOWN;
}

__noinline int class_of_v6(__u32 slot, __u32 ranges, __u64 hi, __u64 lo)
{
	void *table = bpf_map_lookup_elem(&net6, &slot);
	__u32 low = 0, high = ranges;
	struct domicile_range6 *range;

	if (!table)
		return CLASS_UNKNOWN;
	for (int step = 0; step < RANGE_STEPS && high - low > 1; step++) {
		__u32 middle = low + (high - low) / 2;

		range = bpf_map_lookup_elem(table, &middle);
		if (!range)
			return CLASS_UNKNOWN;
		if (range->hi < hi || (range->hi == hi && range->lo <= lo))
			low = middle;
		else
			high = middle;
	}
	range = bpf_map_lookup_elem(table, &low);
	return range ? range->class : CLASS_UNKNOWN;
}

static __always_inline struct domicile_class *class_get(__u32 slot, __u32 class)
{
	void *table = bpf_map_lookup_elem(&classes, &slot);

	return table ? bpf_map_lookup_elem(table, &class) : NULL;
}

static __always_inline __u32 address_class(const struct domicile_state *st, __u32 slot,
					   __u16 family, const __u8 *address)
{
	const struct domicile_slot *in = &st->slot[slot % DOMICILE_SLOTS];

	if (family == AF_INET)
		return class_of_v4(slot, in->ranges4, bpf_ntohl(*(const __be32 *)address));
	return class_of_v6(slot, in->ranges6, bpf_be64_to_cpu(*(const __u64 *)address),
			   bpf_be64_to_cpu(*(const __u64 *)(address + 8)));
}

/*
 * network_judge - may data labelled @set go to @to?
 *
 * Fills @event's verdict, reason, denied set, class and address. No policy, or
 * one that cannot be read, denies every label.
 *
 * Return: DOMICILE_VERDICT_*, or 0 for allowed.
 */
__noinline int network_judge(const struct destination *to, const struct domicile_label_set *set,
			     struct audit_event *event)
{
	struct domicile_state *st = state_get();
	struct domicile_class *class = NULL;
	__u32 slot = st ? st->generation % DOMICILE_SLOTS : 0;

	if (!to || !set || !event)
		return DOMICILE_VERDICT_DENY;
	event->object = DOMICILE_OBJECT_ADDRESS;
	event->family = to->family;
	event->type = to->type;
	event->protocol = to->protocol;
	event->port = to->port;
	__builtin_memcpy(event->address, to->address, sizeof(event->address));
	event->verdict = DOMICILE_VERDICT_DENY;
	event->denied = *set;
	event->class = CLASS_UNKNOWN;

	if (st && st->generation) {
		event->class = address_class(st, slot, to->family, to->address);
		class = class_get(slot, event->class);
	}
	if (!class) {
		event->reason = DOMICILE_REASON_NO_POLICY;
		return DOMICILE_VERDICT_DENY;
	}
	event->reason = DOMICILE_REASON_NETWORK;
	label_set_meet(&event->denied, set, &class->deny);
	if (!label_set_empty(&event->denied))
		return DOMICILE_VERDICT_DENY;
	label_set_meet(&event->denied, set, &class->audit);
	event->verdict = DOMICILE_VERDICT_AUDIT;
	return label_set_empty(&event->denied) ? 0 : DOMICILE_VERDICT_AUDIT;
}

#endif /* DOMICILE_NETWORK_BPF_H */
