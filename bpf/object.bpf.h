/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Objects that BPF has no storage for: their labels are in a hash of their kind,
 * by the address of the kernel's structure, and go before that is freed.
 */
#ifndef DOMICILE_OBJECT_BPF_H
#define DOMICILE_OBJECT_BPF_H

#include "flow.bpf.h"

struct object_label {
	struct domicile_label_set set;
	__u64 origin;
};

/* @taint reaches the object. Return: 0, or -ENOMEM. */
static __always_inline int object_join(void *labels, __u64 object,
				       const struct domicile_taint *taint)
{
	struct object_label *label = bpf_map_lookup_elem(labels, &object);
	struct object_label new = { .set = taint->set, .origin = taint->origin };

	if (!label) {
		bpf_map_update_elem(labels, &object, &new, BPF_NOEXIST);
		label = bpf_map_lookup_elem(labels, &object);
	}
	if (!label) {
		count(DOMICILE_COUNT_NO_MEMORY);
		return -ENOMEM;
	}
	if (!label_set_covers(&label->set, &taint->set)) {
		label_set_join_shared(&label->set, &taint->set);
		label->origin = taint->origin;
	}
	return 0;
}

/* For tracing programs: the current process is about to get what the object holds. */
static __always_inline void object_take(void *labels, __u64 object, __u16 hook)
{
	struct object_label *label;

	if (!tainted_host())
		return;
	label = bpf_map_lookup_elem(labels, &object);
	if (label)
		data_taken(&label->set, label->origin, hook);
}

#endif /* DOMICILE_OBJECT_BPF_H */
