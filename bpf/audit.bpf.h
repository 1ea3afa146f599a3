/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records. A hook that denies fills a struct audit_event and calls
 * audit_emit(); nothing is decided here.
 */
#ifndef DOMICILE_AUDIT_BPF_H
#define DOMICILE_AUDIT_BPF_H

#include "compat.bpf.h"
#include "maps.bpf.h"
#include <domicile/record.h>

static const struct domicile_origin origin_unknown;

struct audit_event {
	__u16 hook;
	__u16 verdict;
	__u16 reason;
	__u16 object;
	__u16 family;
	__u16 type;
	__u16 protocol;
	__be16 port;
	__u8 address[16];
	__u32 class;
	__u32 reserved;
	__u64 bytes;
	__u64 origin;
	struct domicile_label_set denied;
};

/*
 * A record takes its number before it asks for room: a reader that misses a
 * number knows that a record was lost.
 */
static __always_inline __u64 sequence_next(void)
{
	__u32 zero = 0;
	__u64 *last = bpf_map_lookup_elem(&sequence, &zero);

	return last ? __sync_fetch_and_add(last, 1) + 1 : 0;
}

static __always_inline void record_source(struct domicile_record *record, __u64 number)
{
	struct domicile_origin *origin = number ? bpf_map_lookup_elem(&origins, &number) : NULL;

	bpf_probe_read_kernel(&record->source, sizeof(record->source),
			      origin ? (const void *)origin : &origin_unknown);
}

static __always_inline struct domicile_record *record_begin(const struct audit_event *event)
{
	struct domicile_state *st = state_get();
	struct domicile_record *record;
	__u64 seq = sequence_next();

	record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
	if (!record) {
		count(DOMICILE_COUNT_LOST);
		return NULL;
	}
	count(DOMICILE_COUNT_RECORDS);
	record->version = DOMICILE_RECORD_VERSION;
	record->size = sizeof(*record);
	record->cpu = bpf_get_smp_processor_id();
	record->seq = seq;
	record->time = bpf_ktime_get_boot_ns();
	record->generation = st ? st->generation : 0;
	record->hook = event->hook;
	record->verdict = event->verdict;
	record->reason = event->reason;
	record->object = event->object;
	record->denied = event->denied;
	record->family = event->family;
	record->type = event->type;
	record->protocol = event->protocol;
	record->port = event->port;
	__builtin_memcpy(record->address, event->address, sizeof(record->address));
	record->class = event->class;
	record->bytes = event->bytes;
	record->dev = 0;
	record->ino = 0;
	record->path[0] = 0;
	record->exe[0] = 0;
	record_source(record, event->origin);
	return record;
}

/* Who: the current process. */
static __always_inline void record_subject(struct domicile_record *record)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 pid_tgid = bpf_get_current_pid_tgid();

	record->pid = pid_tgid >> 32;
	record->tid = pid_tgid;
	record->uid = bpf_get_current_uid_gid();
	bpf_get_current_comm(record->comm, sizeof(record->comm));
	bpf_rcu_read_lock();
	record->ppid = seen(task)->real_parent->tgid;
	record->start_time = seen(task)->group_leader->start_boottime;
	record->cgroup = seen(task)->cgroups->dfl_cgrp->kn->id;
	bpf_rcu_read_unlock();
}

/* LSM programs alone may ask for it. */
static __always_inline void record_exe(struct domicile_record *record)
{
	struct file *exe = bpf_get_task_exe_file(bpf_get_current_task_btf());

	if (!exe)
		return;
	if (bpf_path_d_path(&exe->f_path, record->exe, sizeof(record->exe)) < 0)
		record->exe[0] = 0;
	bpf_put_file(exe);
}

static __always_inline void record_object(struct domicile_record *record, struct file *file)
{
	struct inode *inode = file->f_inode;

	record->dev = seen(inode)->i_sb->s_dev;
	record->ino = inode->i_ino;
	if (bpf_path_d_path(&file->f_path, record->path, sizeof(record->path)) < 0)
		record->path[0] = 0;
}

static __always_inline void audit_count(const struct audit_event *event)
{
	__u32 counter = DOMICILE_COUNT_DENIED;

	if (event->verdict == DOMICILE_VERDICT_AUDIT)
		counter = DOMICILE_COUNT_AUDITED;
	if (event->verdict == DOMICILE_VERDICT_ALLOW)
		counter = DOMICILE_COUNT_ALLOWED;
	count(counter);
}

/* A decision about the current process. @set: its taint. */
static __noinline int audit_emit(const struct audit_event *event,
				 const struct domicile_label_set *set)
{
	struct domicile_record *record;

	audit_count(event);
	record = record_begin(event);
	if (!record)
		return 0;
	record->taint = *set;
	record_subject(record);
	record_exe(record);
	bpf_ringbuf_submit(record, 0);
	return 0;
}

/* As audit_emit(), for tracing programs. */
static __noinline int audit_emit_traced(const struct audit_event *event,
					const struct domicile_label_set *set)
{
	struct domicile_record *record;

	audit_count(event);
	record = record_begin(event);
	if (!record)
		return 0;
	record->taint = *set;
	record_subject(record);
	bpf_ringbuf_submit(record, 0);
	return 0;
}

/* As audit_emit(), about a file. */
static __noinline int audit_emit_file(const struct audit_event *event,
				      const struct domicile_label_set *set,
				      struct file *file)
{
	struct domicile_record *record;

	audit_count(event);
	record = record_begin(event);
	if (!record)
		return 0;
	record->taint = *set;
	record_subject(record);
	record_exe(record);
	record_object(record, file);
	bpf_ringbuf_submit(record, 0);
	return 0;
}

/* As audit_emit(), about what @path, in kernel memory, names. */
static __noinline int audit_emit_path(const struct audit_event *event,
				      const struct domicile_label_set *set, const char *path)
{
	struct domicile_record *record;

	audit_count(event);
	record = record_begin(event);
	if (!record)
		return 0;
	record->taint = *set;
	record_subject(record);
	record_exe(record);
	bpf_probe_read_kernel_str(record->path, sizeof(record->path), path);
	bpf_ringbuf_submit(record, 0);
	return 0;
}

/* As audit_emit(), about a file of which only the last name is known. */
static __noinline int audit_emit_dentry(const struct audit_event *event,
					const struct domicile_label_set *set,
					struct dentry *dentry)
{
	struct inode *inode = dentry->d_inode;
	struct domicile_record *record;

	audit_count(event);
	record = record_begin(event);
	if (!record)
		return 0;
	record->taint = *set;
	record_subject(record);
	record_exe(record);
	record->dev = seen(inode)->i_sb->s_dev;
	record->ino = inode->i_ino;
	bpf_probe_read_kernel_str(record->path, sizeof(record->path), dentry->d_name.name);
	bpf_ringbuf_submit(record, 0);
	return 0;
}

/* A packet: current is whoever happens to run; the socket knows who sent. */
static __noinline int audit_emit_packet(const struct audit_event *event,
					const struct domicile_sock_label *label,
					const struct domicile_label_set *set)
{
	struct domicile_record *record;

	audit_count(event);
	if (event->verdict != DOMICILE_VERDICT_ALLOW)
		count(DOMICILE_COUNT_PACKETS_DROPPED);
	record = record_begin(event);
	if (!record)
		return 0;
	record->taint = *set;
	record->pid = label->pid;
	record->tid = label->pid;
	record->ppid = 0;
	record->uid = 0;
	record->start_time = 0;
	record->cgroup = 0;
	__builtin_memcpy(record->comm, label->comm, sizeof(record->comm));
	bpf_ringbuf_submit(record, 0);
	return 0;
}

#endif /* DOMICILE_AUDIT_BPF_H */
