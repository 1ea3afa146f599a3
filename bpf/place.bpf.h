/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Storage: on which file systems data may be put. A file system is known by its
 * type, its UUID or its device, and is what a policy says of all three together.
 * Nothing is remembered of one: who mounts another is judged by that.
 */
#ifndef DOMICILE_PLACE_BPF_H
#define DOMICILE_PLACE_BPF_H

#include "audit.bpf.h"
#include <domicile/kfunc.h>

#define SB_KERNMOUNT (1 << 22)

/* User space: one inner map a slot. Values: the labels that may be stored there. */
struct storages_slot {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(struct domicile_medium));
	__uint(value_size, sizeof(struct domicile_label_set));
};

/* Programs take out the devices of file systems that are no longer mounted. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, DOMICILE_SLOTS);
	__type(key, __u32);
	__array(values, struct storages_slot);
} storages SEC(".maps");

/* Has any label a rule about storage? */
static __always_inline bool storage_ruled(void)
{
	struct domicile_state *st = state_get();

	return st && st->slot[st->generation % DOMICILE_SLOTS].storages;
}

static __always_inline void medium_remove(void *table, const struct domicile_medium *medium,
					  struct domicile_label_set *set)
{
	struct domicile_label_set *found = bpf_map_lookup_elem(table, medium);

	if (found)
		label_set_remove(set, found);
}

/* What may be stored on the file system @sb is taken out of @set. */
static __noinline int storage_remove(struct super_block *sb, void *table,
				     struct domicile_label_set *set)
{
	struct domicile_medium medium = { .kind = DOMICILE_MEDIUM_TYPE };
	__u32 dev;

	if (!table || label_set_empty(set))
		return 0;
	bpf_probe_read_kernel_str(medium.id, sizeof(medium.id), BPF_CORE_READ(sb, s_type, name));
	medium_remove(table, &medium, set);
	medium.kind = DOMICILE_MEDIUM_UUID;
	BPF_CORE_READ_INTO(&medium.id, sb, s_uuid);
	medium_remove(table, &medium, set);
	__builtin_memset(&medium, 0, sizeof(medium));
	medium.kind = DOMICILE_MEDIUM_DEVICE;
	dev = BPF_CORE_READ(sb, s_dev);
	__builtin_memcpy(medium.id, &dev, sizeof(dev));
	medium_remove(table, &medium, set);
	return 0;
}

/*
 * Memory that has the form of a file system, and file systems whose data is on
 * others, which are asked themselves.
 */
static __always_inline bool is_no_storage(struct super_block *sb)
{
	return BPF_CORE_READ(sb, s_flags) & SB_KERNMOUNT ||
	       BPF_CORE_READ(sb, s_magic) == OVERLAYFS_SUPER_MAGIC;
}

/*
 * storage_judge - may data labelled @set be put on a file system?
 * @file_system: address of its superblock, which the caller keeps alive
 * @denied: becomes what may not
 *
 * A label without a rule about storage may be put anywhere. Where the policy is
 * without its table, labels with a rule go nowhere.
 *
 * Return: DOMICILE_VERDICT_DENY or DOMICILE_VERDICT_AUDIT, or 0.
 */
static __always_inline int storage_judge(__u64 file_system, const struct domicile_label_set *set,
					 struct domicile_label_set *denied)
{
	struct super_block *sb = (struct super_block *)file_system;
	struct domicile_state *st = state_get();
	const struct domicile_slot *in;
	void *table;
	__u32 slot;

	*denied = *set;
	if (!st)
		return DOMICILE_VERDICT_DENY;
	slot = st->generation % DOMICILE_SLOTS;
	in = &st->slot[slot];
	if (!in->storages || is_no_storage(sb))
		return 0;
	table = bpf_map_lookup_elem(&storages, &slot);
	label_set_meet(denied, set, &in->stored);
	storage_remove(sb, table, denied);
	if (!label_set_empty(denied))
		return DOMICILE_VERDICT_DENY;
	label_set_meet(denied, set, &in->stored_audit);
	storage_remove(sb, table, denied);
	return label_set_empty(denied) ? 0 : DOMICILE_VERDICT_AUDIT;
}

/*
 * Fills @event, for what @taint would put on the file system of @inode.
 *
 * Return: false if there is nothing to record.
 */
static __always_inline bool storage_event(struct inode *inode, const struct domicile_taint *taint,
					  struct audit_event *event)
{
	event->reason = DOMICILE_REASON_STORAGE;
	event->object = DOMICILE_OBJECT_INODE;
	event->origin = taint->origin;
	event->verdict = storage_judge((__u64)BPF_CORE_READ(inode, i_sb), &taint->set,
				       &event->denied);
	return event->verdict;
}

/*
 * May what the current process holds be put into @file? @known: data with its label
 * is there already, and what is audited was recorded.
 *
 * Global, as others here: the verifier goes through it once for each program. What they
 * call is inline, because calls are eight deep already (MAX_CALL_FRAMES).
 *
 * Return: 0, or -EPERM, with a record.
 */
__noinline int storage_check(struct file *file __arg_trusted, const struct domicile_taint *taint,
			     __u16 hook, __u32 known)
{
	struct audit_event event = { .hook = hook };

	if (!taint || taint->carrier || !storage_ruled() ||
	    !storage_event(file->f_inode, taint, &event))
		return 0;
	if (!known || event.verdict == DOMICILE_VERDICT_DENY)
		audit_emit_file(&event, &taint->set, file);
	return event.verdict == DOMICILE_VERDICT_DENY ? -EPERM : 0;
}

/* As storage_check(), of what a file has beside its contents, or will be in a directory. */
static __noinline int storage_check_dentry(struct dentry *dentry,
					   const struct domicile_taint *taint, __u16 hook)
{
	struct audit_event event = { .hook = hook };

	if (!taint || taint->carrier || !storage_ruled() ||
	    !storage_event(dentry->d_inode, taint, &event))
		return 0;
	audit_emit_dentry(&event, &taint->set, dentry);
	return event.verdict == DOMICILE_VERDICT_DENY ? -EPERM : 0;
}

/* --- without a call ---------------------------------------------------------- */

static const struct audit_event storage_denied = {
	.hook = DOMICILE_HOOK_MMAP_FILE,
	.verdict = DOMICILE_VERDICT_DENY,
	.reason = DOMICILE_REASON_STORAGE,
};

static const struct audit_event storage_audited = {
	.hook = DOMICILE_HOOK_MMAP_FILE,
	.verdict = DOMICILE_VERDICT_AUDIT,
	.reason = DOMICILE_REASON_STORAGE,
};

/* As audit_emit_traced(), without an event on the stack, of which no more is left. */
static __noinline int storage_emit(const struct domicile_label_set *denied,
				   const struct domicile_label_set *set, __u64 origin,
				   __u32 verdict)
{
	const struct audit_event *event = verdict == DOMICILE_VERDICT_DENY ? &storage_denied :
									     &storage_audited;
	struct domicile_record *record;

	audit_count(event);
	record = record_begin(event);
	if (!record)
		return 0;
	record->denied = *denied;
	record->taint = *set;
	record_source(record, origin);
	record_subject(record);
	bpf_ringbuf_submit(record, 0);
	return 0;
}

/*
 * storage_reached - data labelled @set can reach a file that nobody asks for any more
 * @file_system: address of its superblock
 *
 * Return: 0, or -EPERM, with a record.
 */
__noinline int storage_reached(__u64 file_system, const struct domicile_label_set *set,
			       __u64 origin)
{
	struct domicile_label_set denied;
	__u32 verdict;

	if (!set)
		return 0;
	verdict = storage_judge(file_system, set, &denied);
	if (verdict)
		storage_emit(&denied, set, origin, verdict);
	return verdict == DOMICILE_VERDICT_DENY ? -EPERM : 0;
}

/*
 * A process that has a file mapped could put there what it reads: it takes no label
 * that may not be stored there. Return: 0, or -EPERM, with a record.
 */
__noinline int storage_mapped(struct task_struct *task __arg_trusted,
			      const struct domicile_label_set *set, __u64 origin)
{
	struct file *file;
	int err = 0;

	if (!set || !storage_ruled())
		return 0;
	bpf_for_each(domicile_mapping, file, task, DOMICILE_MAPPINGS_WRITABLE) {
		err = storage_reached((__u64)BPF_CORE_READ(file, f_inode, i_sb), set, origin);
		if (err)
			break;
	}
	return err;
}

#endif /* DOMICILE_PLACE_BPF_H */
