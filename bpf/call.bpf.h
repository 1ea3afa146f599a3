/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What other threads that have the memory of the current process are doing right
 * now. Their calls were asked about when they began; what one thread reads into
 * the memory another has begun to write from there, and the other way round.
 */
#ifndef DOMICILE_CALL_BPF_H
#define DOMICILE_CALL_BPF_H

#include "audit.bpf.h"
#include "lost.bpf.h"
#include "pipe.bpf.h"
#include "place.bpf.h"
#include "shared.bpf.h"
#include "socket.bpf.h"
#include "syscall.bpf.h"

/*
 * Processes that share all of their memory: clone(CLONE_VM) without
 * CLONE_THREAD, vfork. More users than the live threads of one group means that
 * there may be others.
 */
static __always_inline bool memory_is_shared(struct task_struct *task)
{
	struct mm_struct *mm = seen(task)->mm;

	return mm && mm->mm_users.counter > seen(task)->signal->live.counter;
}

/* Is there another thread? */
static __always_inline bool memory_is_threaded(struct task_struct *task)
{
	struct mm_struct *mm = seen(task)->mm;

	return mm && mm->mm_users.counter > 1;
}

/* Whom to look at; without a branch, which the verifier would follow twice. */
static __always_inline unsigned int others(struct task_struct *task)
{
	return TASK_ITER_PROC_THREADS -
	       (TASK_ITER_PROC_THREADS - TASK_ITER_ALL_THREADS) * memory_is_shared(task);
}

/*
 * A label reaches @file when it was asked before: it is remembered now, and on
 * disk before the call of the current process returns.
 *
 * Return: 0, or a negative errno: the process has to end.
 */
static __always_inline int file_join_traced(struct file *file,
					    const struct domicile_taint *taint)
{
	struct domicile_label_table *table = label_table_get();
	int grew;

	if (!taint || !table || is_kernel_object(file->f_inode))
		return 0;
	if (storage_ruled() && storage_reached((__u64)BPF_CORE_READ(file, f_inode, i_sb),
					       &taint->set, taint->origin))
		return -EPERM;
	grew = file_grow_traced(file, taint);
	if (grew > 0)
		return domicile_label_store(file, table, &taint->set,
					    DOMICILE_STORE_LATER);
	return grew;
}

/* Return: 0, or a negative errno. */
__noinline int call_push(struct file *file __arg_trusted, const struct domicile_taint *taint)
{
	struct inode *inode = file->f_inode;
	struct socket *sock;

	if (!taint)
		return 0;
	if (is_pipe(inode))
		return taint->carrier ? 0 : pipe_join(inode, taint);
	if (is_regular(inode))
		return taint->carrier ? 0 : file_join_traced(file, taint);
	sock = bpf_sock_from_file(file);
	return sock && sock->sk ? sock_join_out(sock->sk, taint) : 0;
}

/* Return: 1 if @taint grew. */
static __always_inline int call_pull_label(const struct domicile_inode_label *label,
					   struct domicile_taint *taint)
{
	if (!label || label_set_covers(&taint->set, &label->set))
		return 0;
	label_set_join_shared(&taint->set, &label->set);
	taint->origin = label->origin;
	return 1;
}

static __always_inline int call_pull(struct file *file, struct domicile_taint *taint)
{
	struct inode *inode = file->f_inode;

	if (is_regular(inode))
		return file_pull(file, taint);
	return is_pipe(inode) ? call_pull_label(pipe_label(inode), taint) : 0;
}

/*
 * The descriptor of the call is gone. What it reads from a pipe can be had all the same;
 * a label cannot be given to what it writes to.
 */
static __always_inline int call_visit_lost(const struct lost_descriptor *lost,
					   struct domicile_taint *taint, enum call_way way)
{
	if (way == CALL_READS)
		return lost->pipe ? call_pull_label(pipe_label_at(lost->pipe), taint) : 0;
	if (!lost->pipe)
		return -EBADF;
	*(volatile __u8 *)&pipes_spliced = 1;
	return taint->carrier ? 0 : pipe_join_at(lost->pipe, taint);
}

/*
 * Inlined with @way known: the verifier counts frames, and those of call_push()
 * are not to be under taint_refresh().
 *
 * Return: what call_push() or call_pull() returned.
 */
static __always_inline int call_visit(struct task_struct *other, struct domicile_taint *taint,
				      enum call_way way)
{
	struct lost_descriptor *lost;
	int descriptor, result;
	struct file *file;
	struct call call;

	call_get(other, &call);
	descriptor = call_descriptor(&call, way);
	lost = lost_find(other, &call, descriptor, way);
	if (lost)
		return call_visit_lost(lost, taint, way);
	file = domicile_file_get(other, descriptor);
	if (!file)
		return 0;
	result = way == CALL_WRITES ? call_push(file, taint) : call_pull(file, taint);
	domicile_file_put(file);
	return result;
}

/* Return: the or of what call_visit() returned for who has the memory of current. */
static __always_inline int calls_visit(struct domicile_taint *taint, enum call_way way)
{
	struct task_struct *task = bpf_get_current_task_btf(), *other;
	int result = 0;

	if (!taint || !memory_is_threaded(task))
		return 0;
	bpf_rcu_read_lock();
	bpf_for_each(task, other, task, others(task)) {
		if (other != task && seen(other)->mm == seen(task)->mm)
			result |= call_visit(other, taint, way);
	}
	bpf_rcu_read_unlock();
	return result;
}

__noinline int lost_call_refuse_label(const struct domicile_taint *taint)
{
	struct audit_event event = {
		.hook = DOMICILE_HOOK_FILE_OPEN,
		.verdict = DOMICILE_VERDICT_DENY,
		.reason = DOMICILE_REASON_LOST_CALL,
	};

	if (!taint)
		return 0;
	event.origin = taint->origin;
	event.denied = taint->set;
	return audit_emit_traced(&event, &taint->set);
}

/*
 * The current process has picked up @taint: what others are writing gets it, too.
 *
 * Return: 0, or a negative errno: the process does not get the data, or has to end.
 */
__noinline int calls_push(struct domicile_taint *taint)
{
	int result = calls_visit(taint, CALL_WRITES);

	if (result == -EBADF) {
		lost_call_refuse_label(taint);
		return -EPERM;
	}
	return result ? -ENOMEM : 0;
}

/* As calls_push(), for who maps the file that the module visits. */
__noinline int calls_push_linked(struct domicile_taint *taint)
{
	struct task_struct *other;
	int result = 0;

	if (!taint)
		return 0;
	bpf_rcu_read_lock();
	bpf_for_each(task, other, NULL, TASK_ITER_ALL_THREADS) {
		if (domicile_link_maps(other))
			result |= call_visit(other, taint, CALL_WRITES);
	}
	bpf_rcu_read_unlock();
	return result ? -ENOMEM : 0;
}

/* Take into @taint what others are reading from pipes and files. Return: 1 if it grew. */
__noinline int calls_pull(struct domicile_taint *taint)
{
	return calls_visit(taint, CALL_READS);
}

#endif /* DOMICILE_CALL_BPF_H */
