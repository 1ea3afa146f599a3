// SPDX-License-Identifier: GPL-2.0-only
/* Descriptors that go while another thread is in a call on them: see lost.bpf.h. */
#include "lost.bpf.h"

/* v6.13, 90ee6ed776c0 "fs: port files to file_ref": counts from 0. */
struct file_ref___new {
	atomic64_t refcnt;
};

struct file___new {
	struct file_ref___new f_ref;
};

/* Has somebody else a reference: another descriptor, or a call? */
static __always_inline bool file_is_used(struct file *file)
{
	if (bpf_core_field_exists(file->f_count))
		return seen(file)->f_count.counter > 1;
	return BPF_CORE_READ((struct file___new *)file, f_ref.refcnt.counter) > 0;
}

/* Which descriptors are closed. */
struct closed {
	__u32 first, last;
};

/* By a call of the current process; none if that is not what it is about. */
static __always_inline void closed_get(struct task_struct *task, struct closed *closed)
{
	struct call call;
	const __s32 *argument;

	call_get(task, &call);
	argument = call.argument[call.compat & 1];
	closed->first = 1;
	closed->last = 0;
	switch (call.nr | call.compat << 16) {
	case NR_CLOSE:
	case NR32_CLOSE | 1 << 16:
		closed->first = closed->last = argument[0];
		break;
	case NR_DUP2:
	case NR_DUP3:
	case NR32_DUP2 | 1 << 16:
	case NR32_DUP3 | 1 << 16:
		closed->first = closed->last = argument[1];
		break;
	case NR_CLOSE_RANGE:
	case NR_CLOSE_RANGE | 1 << 16:
		closed->first = argument[0];
		closed->last = argument[1];
		break;
	}
}

static __always_inline bool descriptor_is_lost(struct task_struct *task, int descriptor,
					       const struct closed *closed)
{
	struct file *file;

	if (descriptor < 0)
		return false;
	if ((__u32)descriptor >= closed->first && (__u32)descriptor <= closed->last)
		return true;
	file = domicile_file_get(task, descriptor);
	if (!file)
		return true;
	domicile_file_put(file);
	return false;
}

/* Always 0. @pipe: what is closed, if it is one. */
__noinline int lost_note(struct task_struct *task __arg_trusted, const struct closed *closed,
			 __u64 pipe)
{
	struct lost_call *lost;
	struct call call;
	int from, to;

	if (!closed || task == bpf_get_current_task_btf())
		return 0;
	call_get(task, &call);
	from = call_descriptor(&call, CALL_READS);
	to = call_descriptor(&call, CALL_WRITES);
	if (!descriptor_is_lost(task, from, closed))
		from = -1;
	if (!descriptor_is_lost(task, to, closed))
		to = -1;
	if (from < 0 && to < 0)
		return 0;
	calls_lost = 1;
	lost = storage_make(task, &lost_calls, task);
	if (!lost) {
		count(DOMICILE_COUNT_NO_MEMORY);
		return 0;
	}
	if (from >= 0)
		lost->from = (struct lost_descriptor){ pipe, call.nr, from };
	if (to >= 0)
		lost->to = (struct lost_descriptor){ pipe, call.nr, to };
	return 0;
}

/* What takes a file out of a table comes by here (fs/open.c, filp_flush()). */
SEC("fentry/locks_remove_posix")
int BPF_PROG(trace_locks_remove_posix, struct file *file, fl_owner_t owner)
{
	struct task_struct *task = bpf_get_current_task_btf(), *other;
	struct files_struct *files = seen(task)->files;
	struct closed closed;
	__u64 pipe = 0;
	int sharers = 0;

	if (files != owner || files->count.counter <= 1 || !file_is_used(file))
		return 0;
	if (is_pipe(file->f_inode))
		pipe = number_at(file->f_inode, bpf_core_field_offset(struct inode, i_pipe));
	closed_get(task, &closed);
	bpf_rcu_read_lock();
	bpf_for_each(task, other, task, TASK_ITER_PROC_THREADS) {
		if (seen(other)->files == files) {
			sharers++;
			lost_note(other, &closed, pipe);
		}
	}
	/* clone(CLONE_FILES): those of other processes. */
	if (sharers < files->count.counter) {
		bpf_for_each(task, other, NULL, TASK_ITER_ALL_THREADS) {
			if (seen(other)->files == files)
				lost_note(other, &closed, pipe);
		}
	}
	bpf_rcu_read_unlock();
	return 0;
}
