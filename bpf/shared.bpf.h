/* SPDX-License-Identifier: GPL-2.0-only */
/* What the current process shares with others through memory. */
#ifndef DOMICILE_SHARED_BPF_H
#define DOMICILE_SHARED_BPF_H

#include "peek.bpf.h"

static __always_inline struct domicile_label_table *label_table_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&label_table, &zero);
}

/*
 * Shared memory. The kernel moves data through it without a hook, so whoever
 * maps a file is linked to it: a process that picks up a label gives it to
 * every file it maps shared and writable, and raises shared_generation; every
 * process that finds it raised looks at its mappings before its next flow.
 */
static __always_inline bool inode_mapped(struct inode *inode)
{
	return inode->i_mapping->i_mmap.rb_root.rb_node != NULL;
}

static __always_inline void shared_grew(void)
{
	struct domicile_state *st = state_get();

	if (st)
		__sync_fetch_and_add(&st->shared_generation, 1);
}

/*
 * Give @taint to one mapped file, on disk too where it has one. Shared memory of every
 * kind is a regular file, or a ring of io_uring; others, such as the one anonymous inode
 * of the whole system, must never get a label. Return: 0, or -ENOMEM.
 */
static __always_inline int shared_push_one(struct file *file, struct domicile_taint *taint)
{
	struct domicile_label_table *table = label_table_get();
	struct domicile_inode_label *label;

	label = storage_make(inode, &inode_labels, file->f_inode);
	if (!label || !table) {
		count(DOMICILE_COUNT_NO_MEMORY);
		return -ENOMEM;
	}
	if (label_set_covers(&label->set, &taint->set))
		return 0;
	inode_label_join(file->f_inode, label, &taint->set, taint->origin);
	calls_grew();
	shared_grew();
	return domicile_label_store(file, table, &taint->set, DOMICILE_STORE_LATER) == -ENOMEM ?
	       -ENOMEM : 0;
}

/*
 * For LSM programs: what current maps shared and writable gets @taint. Return: 0, or
 * -ENOMEM: the process does not get the data, or has to end.
 */
__noinline int shared_push(struct domicile_taint *taint)
{
	struct file *file;
	int err = 0;

	if (!taint || taint->carrier)
		return 0;
	bpf_for_each(domicile_mapping, file, bpf_get_current_task_btf(),
		     DOMICILE_MAPPINGS_WRITABLE)
		err |= shared_push_one(file, taint);
	return err ? -ENOMEM : 0;
}

static const struct domicile_inode_label inode_label_none;

/* For tracing programs: the same, in memory. Return: 0, or -ENOMEM. */
static __always_inline int shared_push_one_traced(__u64 key,
						  const struct domicile_taint *taint)
{
	struct domicile_state *st = state_get();
	struct domicile_inode_label *label;

	if (!taint)
		return 0;
	label = bpf_map_lookup_elem(&grown_labels, &key);
	if (!label) {
		bpf_map_update_elem(&grown_labels, &key, &inode_label_none, BPF_NOEXIST);
		label = bpf_map_lookup_elem(&grown_labels, &key);
	}
	if (!label || !st) {
		count(DOMICILE_COUNT_NO_MEMORY);
		return -ENOMEM;
	}
	if (label_set_covers(&label->set, &taint->set))
		return 0;
	st->grown = 1;
	label_set_join_shared(&label->set, &taint->set);
	label->origin = taint->origin;
	calls_grew();
	shared_grew();
	return 0;
}

/*
 * As shared_push_one(), in memory. Not static, as others below: the verifier goes
 * through such a function once for each program, and not for each path to each call
 * of it.
 *
 * Return: 1 if the label grew, 0, or -ENOMEM.
 */
__noinline int file_grow_traced(struct file *file __arg_trusted,
				const struct domicile_taint *taint)
{
	struct domicile_inode_label label;

	if (!taint)
		return 0;
	file_label_peek(file, &label);
	if (label_set_covers(&label.set, &taint->set))
		return 0;
	inode_mark_set(file->f_inode);
	return shared_push_one_traced(inode_address(file->f_inode), taint) ?: 1;
}

__noinline int shared_push_traced(struct domicile_taint *taint)
{
	struct file *file;
	int grew = 0;

	if (!taint || taint->carrier)
		return 0;
	bpf_for_each(domicile_mapping, file, bpf_get_current_task_btf(),
		     DOMICILE_MAPPINGS_WRITABLE)
		grew |= file_grow_traced(file, taint);
	return grew < 0 ? -ENOMEM : 0;
}

/* Return: 1 if @taint grew by what @file holds. */
__noinline int file_pull(struct file *file __arg_trusted, struct domicile_taint *taint)
{
	struct domicile_inode_label label;

	if (!taint)
		return 0;
	file_label_peek(file, &label);
	if (label_set_covers(&taint->set, &label.set))
		return 0;
	label_set_join_shared(&taint->set, &label.set);
	taint->origin = label.origin;
	return 1;
}

/* Take into @taint what the files that current maps hold. Return: 1 if it grew. */
__noinline int shared_pull(struct domicile_taint *taint)
{
	struct file *file;
	int grew = 0;

	if (!taint)
		return 0;
	bpf_for_each(domicile_mapping, file, bpf_get_current_task_btf(),
		     DOMICILE_MAPPINGS_ALL)
		grew |= file_pull(file, taint);
	return grew;
}

#endif /* DOMICILE_SHARED_BPF_H */
