/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Carriers: services that the policy names by their cgroup. What is not found to
 * be one is none. Asked for processes that are labelled or about to be, alone.
 */
#ifndef DOMICILE_CARRIER_BPF_H
#define DOMICILE_CARRIER_BPF_H

#include "audit.bpf.h"
#include "maps.bpf.h"
#include <domicile/kfunc.h>

/* User space, one list a slot. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, DOMICILE_SLOTS);
	__type(key, __u32);
	__type(value, struct domicile_carriers);
} carriers SEC(".maps");

/*
 * Programs: what a policy makes of a cgroup, by id, which means no other cgroup
 * ever: the generation of the policy, and in the lowest 16 bits what carrier_at()
 * says.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, __u64);
} carriers_known SEC(".maps");

/* Added to a carrier's number: from whom it takes no label. */
#define CARRIER_NUMBER 0xff
#define CARRIER_REFUSES 0x100 /* anybody */
#define CARRIER_REFUSES_CONNECTED 0x200 /* who is connected to it */

static __always_inline struct domicile_carrier *carrier_get(struct domicile_carriers *list,
							    __u32 number)
{
	return &list->list[(number - 1) % DOMICILE_CARRIERS_MAX];
}

static __always_inline __u32 carrier_refuses(__u32 carriage)
{
	switch (carriage) {
	case DOMICILE_CARRIAGE_KEEP:
		return 0;
	case DOMICILE_CARRIAGE_DATAGRAMS:
		return CARRIER_REFUSES_CONNECTED;
	default:
		return CARRIER_REFUSES | CARRIER_REFUSES_CONNECTED;
	}
}

/*
 * carrier_at - which carrier is the cgroup part of?
 * @cgroup: its address; the caller keeps it alive
 *
 * Return: the carrier's number in the policy, from 1, with what it refuses, or 0.
 */
__noinline int carrier_at(__u64 cgroup)
{
	__u64 id = BPF_CORE_READ((struct cgroup *)cgroup, kn, id);
	struct domicile_state *st = state_get();
	__u64 generation, *known, new;
	struct domicile_carriers *list;
	__u32 slot, number;

	if (!st || !id)
		return 0;
	generation = st->generation;
	known = bpf_map_lookup_elem(&carriers_known, &id);
	if (known && *known >> 16 == generation)
		return *known & 0xffff;
	slot = generation % DOMICILE_SLOTS;
	list = bpf_map_lookup_elem(&carriers, &slot);
	if (!list)
		return 0;
	number = domicile_carrier_find(cgroup, list->list, sizeof(list->list)) & CARRIER_NUMBER;
	if (number)
		number |= carrier_refuses(carrier_get(list, number)->carriage);
	/* The list may be another policy's by now. */
	if (*(volatile __u64 *)&st->generation != generation)
		return 0;
	new = generation << 16 | number;
	bpf_map_update_elem(&carriers_known, &id, &new, BPF_ANY);
	return number;
}

/* As carrier_at(), of the cgroup of @task. */
static __always_inline __u32 carrier_of(struct task_struct *task)
{
	struct domicile_state *st = state_get();
	__u32 number;

	if (!st || !st->slot[st->generation % DOMICILE_SLOTS].carriers)
		return 0;
	bpf_rcu_read_lock();
	number = carrier_at((__u64)BPF_CORE_READ(task, group_leader, cgroups, dfl_cgrp));
	bpf_rcu_read_unlock();
	return number;
}

/* A core is no work of the carrier's: it holds what the process held. */
static __always_inline bool carrier_keeps(struct task_struct *task)
{
	__u32 number = carrier_of(task);

	return number && !(number & CARRIER_REFUSES) && !(task->flags & PF_DUMPCORE);
}

/* Does the current process take what other carriers send? Those that refuse get it as it is. */
static __always_inline bool carrier_takes_kept(void)
{
	__u32 number = carrier_of(bpf_get_current_task_btf());

	return number && !(number & (CARRIER_REFUSES | CARRIER_REFUSES_CONNECTED));
}

/*
 * Does what the current process holds stay with it? Processes move, and policies
 * change: asked anew before each flow. @taint: its own.
 */
__noinline int carrier_refresh(struct domicile_taint *taint)
{
	if (!taint)
		return 0;
	taint->carrier = carrier_keeps(bpf_get_current_task_btf());
	return taint->carrier;
}

/* --- carriers that refuse --------------------------------------------------- */

/* Is there a carrier that refuses anything? Most policies have none. */
static __always_inline bool carriers_refuse(void)
{
	struct domicile_state *st = state_get();

	return st && st->slot[st->generation % DOMICILE_SLOTS].refusing;
}

/* As carrier_at(), by the cgroup's id. */
static __always_inline __u32 carrier_by_id(__u64 id)
{
	struct cgroup *cgroup = bpf_cgroup_from_id(id);
	__u32 number;

	if (!cgroup)
		return 0;
	number = carrier_at((__u64)BPF_CORE_READ(cgroup, self.cgroup));
	bpf_cgroup_release(cgroup);
	return number;
}

/*
 * The current process may not pass data labelled @set on to a carrier, or is the
 * carrier and may not take it. Always -EPERM, with a record.
 */
__noinline int carrier_refusal(const struct domicile_label_set *set, __u64 origin,
			       __u32 number, __u16 hook)
{
	struct domicile_state *st = state_get();
	__u32 slot = st ? st->generation % DOMICILE_SLOTS : 0;
	struct domicile_carriers *list = bpf_map_lookup_elem(&carriers, &slot);
	struct audit_event event = {
		.hook = hook,
		.verdict = DOMICILE_VERDICT_DENY,
		.reason = DOMICILE_REASON_CARRIER,
		.object = DOMICILE_OBJECT_CGROUP,
		.origin = origin,
	};

	if (!set || !list)
		return -EPERM;
	event.denied = *set;
	audit_emit_path(&event, set, carrier_get(list, number & CARRIER_NUMBER)->path);
	return -EPERM;
}

/*
 * Does the current process take no data labelled @set? @refusal: if it says which.
 *
 * Return: 0, or -EPERM with a record.
 */
__noinline int carrier_declines(const struct domicile_label_set *set, __u64 origin,
				__u32 refusal, __u16 hook)
{
	__u32 number;

	if (!set || label_set_empty(set))
		return 0;
	number = carrier_of(bpf_get_current_task_btf());
	return number & refusal ? carrier_refusal(set, origin, number, hook) : 0;
}

#endif /* DOMICILE_CARRIER_BPF_H */
