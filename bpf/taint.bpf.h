/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Subjects: the taint of a thread group, kept on its leader.
 *
 * Functions that take a task run inside an RCU read-side section. Programs
 * that may sleep open one; in the others it is implied.
 */
#ifndef DOMICILE_TAINT_BPF_H
#define DOMICILE_TAINT_BPF_H

#include "audit.bpf.h"
#include "call.bpf.h"
#include "carrier.bpf.h"
#include "ring.bpf.h"

static __always_inline struct domicile_taint *taint_of(struct task_struct *task, __u64 flags)
{
	struct domicile_taint *taint;

	/* Cheaper than to ask: most tasks have no storage at all. */
	if (!flags && !seen(task)->group_leader->bpf_storage)
		return NULL;
	bpf_rcu_read_lock();
	taint = flags ? storage_make(task, &task_taints, task->group_leader) :
			bpf_task_storage_get(&task_taints, task->group_leader, 0, 0);
	bpf_rcu_read_unlock();
	return taint;
}

static __always_inline bool is_kernel_thread(struct task_struct *task)
{
	return task->flags & PF_KTHREAD;
}

/*
 * Whoever else has the memory of @task gets its taint.
 *
 * Return: 0, -EPERM if one of them takes no label, or -ENOMEM.
 */
__noinline int memory_push(struct task_struct *task __arg_trusted,
			   const struct domicile_taint *from)
{
	struct domicile_taint *taint;
	struct task_struct *other;
	int err = 0;

	if (!from || from->carrier)
		return 0;
	bpf_rcu_read_lock();
	bpf_for_each(task, other, NULL, TASK_ITER_ALL_THREADS) {
		if (seen(other)->mm != seen(task)->mm || is_kernel_thread(other) ||
		    other->tgid == task->tgid)
			continue;
		taint = storage_make(task, &task_taints, other->group_leader);
		if (!taint || taint->holds) {
			err = taint ? -EPERM : -ENOMEM;
			break;
		}
		label_set_join_shared(&taint->set, &from->set);
		taint->origin = from->origin;
	}
	bpf_rcu_read_unlock();
	return err;
}

static const struct domicile_taint taint_none;

/*
 * A taint that goes with the call: there is no room for one that stays. A tracing program
 * that interrupts another on its CPU may find none, either (bpf_task_storage_trylock()).
 */
static __always_inline struct domicile_taint *taint_passing(void)
{
	__u64 thread = bpf_get_current_pid_tgid();

	bpf_map_update_elem(&passing_taints, &thread, &taint_none, BPF_ANY);
	return bpf_map_lookup_elem(&passing_taints, &thread);
}

/*
 * Brings the taint of the current process up to date with what it maps, and what
 * its threads read.
 *
 * Return: 1 if it grew, and has to be given to what the process maps; -ENOMEM if
 * it could not be kept, or given to who has the same memory; else 0.
 */
__noinline int taint_refresh(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct domicile_state *st = state_get();
	struct domicile_taint *taint;
	__u64 shared, calls;
	bool stays;
	int grew = 0;

	if (!st || is_kernel_thread(task))
		return 0;
	shared = st->shared_generation;
	calls = st->call_generation;
	taint = taint_of(task, BPF_LOCAL_STORAGE_GET_F_CREATE);
	stays = taint;
	if (!stays)
		taint = taint_passing();
	if (!taint) {
		count(DOMICILE_COUNT_NO_MEMORY);
		return -ENOMEM;
	}
	if (taint->shared_generation != shared)
		grew = shared_pull(taint);
	if (taint->call_generation != calls)
		grew |= calls_pull(taint);
	taint->shared_generation = shared;
	taint->call_generation = calls;
	if (!grew)
		return 0;
	count(DOMICILE_COUNT_TAINTS);
	if (!carrier_refresh(taint) && storage_ruled() &&
	    storage_mapped(task, &taint->set, taint->origin)) {
		bpf_send_signal(SIGKILL);
		count(DOMICILE_COUNT_KILLED);
	}
	if (!stays || (memory_is_shared(task) && memory_push(task, taint))) {
		count(DOMICILE_COUNT_NO_MEMORY);
		return -ENOMEM;
	}
	return 1;
}

/*
 * The taint of a process whose own could not be kept: every label. The process ends,
 * and the call that it is in goes nowhere. `domicile up` keeps this taint with a
 * kernel thread, which takes no label of its own.
 */
static __noinline struct domicile_taint *taint_unkept(void)
{
	struct task_struct *keeper = bpf_task_from_pid(DOMICILE_KEEPER_PID);
	struct domicile_taint *taint = NULL;

	bpf_send_signal(SIGKILL);
	count(DOMICILE_COUNT_KILLED);
	if (!keeper)
		return NULL;
	bpf_rcu_read_lock();
	taint = bpf_task_storage_get(&task_taints, keeper, 0, 0);
	bpf_rcu_read_unlock();
	bpf_task_release(keeper);
	return taint;
}

/*
 * Has anything grown since the current process looked last: what it maps, or what
 * other threads of it may be reading?
 */
static __always_inline bool taint_is_old(struct task_struct *task,
					 const struct domicile_taint *taint)
{
	struct domicile_state *st = state_get();

	if (!st)
		return false;
	if (st->shared_generation &&
	    (!taint || taint->shared_generation != st->shared_generation))
		return true;
	return st->call_generation &&
	       (!taint || taint->call_generation != st->call_generation) &&
	       memory_is_threaded(task);
}

/*
 * Another thread may have brought one and ended since @taint was found to be none. What the
 * keeper keeps is not its own.
 */
static __always_inline struct domicile_taint *taint_held(struct task_struct *task,
							 struct domicile_taint *taint)
{
	taint = taint ?: taint_of(task, 0);
	return taint && !label_set_empty(&taint->set) && !is_kernel_thread(task) ? taint : NULL;
}

/*
 * taint_own - the taint of the current process, up to date with what it shares
 *
 * For sinks, and what stays with the process; taint_current() is for all else.
 *
 * Return: NULL if it holds no label.
 */
static __always_inline struct domicile_taint *taint_own(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct domicile_taint *taint;

	if (!tainted_host())
		return NULL;
	taint = taint_of(task, 0);
	if (taint_is_old(task, taint)) {
		int grew = taint_refresh();

		if (grew < 0)
			return taint_unkept();
		taint = taint_of(task, 0);
		if (taint && grew && (calls_push(taint) || shared_push(taint)))
			bpf_send_signal(SIGKILL);
	}
	return taint_held(task, taint);
}

/*
 * taint_current - the taint of the current process, as far as it goes with what
 * the process writes, sends, starts and shares
 *
 * Return: NULL if it holds no label, or is a carrier that keeps its labels.
 */
static __always_inline struct domicile_taint *taint_current(void)
{
	struct domicile_taint *taint = taint_own();

	return taint && !carrier_refresh(taint) ? taint : NULL;
}

/* As taint_current(), for tracing programs. */
static __always_inline struct domicile_taint *taint_current_traced(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct domicile_taint *taint;

	if (!tainted_host())
		return NULL;
	taint = taint_of(task, 0);
	if (taint_is_old(task, taint)) {
		int grew = taint_refresh();

		if (grew < 0)
			return taint_unkept();
		taint = taint_of(task, 0);
		if (taint && grew && (calls_push(taint) || shared_push_traced(taint)))
			bpf_send_signal(SIGKILL);
		if (grew)
			domicile_label_recall(NULL);
	}
	taint = taint_held(task, taint);
	return taint && !carrier_refresh(taint) ? taint : NULL;
}

/* See holder.bpf.h. @holds: of the process, or 0 if it is one that shares its memory. */
__noinline int holder_refuse_label(const struct domicile_label_set *set, __u64 origin,
				   __u32 holds)
{
	struct audit_event event = {
		.hook = DOMICILE_HOOK_FILE_OPEN,
		.verdict = DOMICILE_VERDICT_DENY,
		.reason = DOMICILE_REASON_MEMORY_HOLDER,
		.origin = origin,
	};

	if (!set)
		return 0;
	if (holds & DOMICILE_HOLDS_XDP)
		event.reason = DOMICILE_REASON_XDP_HOLDER;
	event.denied = *set;
	return audit_emit_traced(&event, set);
}

/* @alone: whoever shares the memory of @task is told another time. */
static __noinline struct domicile_taint *taint_raise(struct task_struct *task,
						     const struct domicile_label_set *set,
						     __u64 origin, bool alone)
{
	struct domicile_state *st = state_get();
	struct domicile_taint *taint;
	__u32 raised;
	bool stores;
	int err;

	taint = taint_of(task, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!taint || !st || !set) {
		count(DOMICILE_COUNT_NO_MEMORY);
		return NULL;
	}
	if (taint->holds) {
		holder_refuse_label(set, origin, taint->holds);
		return NULL;
	}
	taint->carrier = carrier_keeps(task);
	stores = !taint->carrier && storage_ruled();
	if (stores && storage_mapped(task, set, origin))
		return NULL;
	st->tainted = 1;
	raised = __sync_fetch_and_add(&taint->alone, 1) + 1;
	taint->origin = origin;
	label_set_join_shared(&taint->set, set);
	count(DOMICILE_COUNT_TAINTS);
	/* Another thread may have got hold of something just now, or mapped it. */
	if (*(volatile __u32 *)&taint->holds)
		return NULL;
	if (stores && memory_is_threaded(task) && storage_mapped(task, set, origin))
		return NULL;
	if (memory_is_shared(task)) {
		if (alone)
			return taint;
		err = memory_push(task, taint);
		if (err == -EPERM)
			holder_refuse_label(set, origin, 0);
		else if (err)
			count(DOMICILE_COUNT_NO_MEMORY);
		if (err)
			return NULL;
	}
	/* Not if another thread has raised it since. */
	__sync_val_compare_and_swap(&taint->alone, raised, 0);
	return taint;
}

/* What exec reads is for the new memory, and not for the old one. */
static __always_inline bool executes(struct task_struct *task)
{
	return BPF_CORE_READ_BITFIELD(task, in_execve);
}

/*
 * @told: and does everybody who shares its memory? A holder has nothing that it
 * was not refused.
 */
static __always_inline bool taint_has(struct task_struct *task,
				      const struct domicile_label_set *set, bool told)
{
	struct domicile_taint *taint;

	if (label_set_empty(set) || is_kernel_thread(task))
		return true;
	taint = taint_of(task, 0);
	if (!taint || taint->holds || !label_set_covers(&taint->set, set))
		return false;
	return !told || !taint->alone || executes(task);
}

static __always_inline bool taint_covers(struct task_struct *task,
					 const struct domicile_label_set *set)
{
	return taint_has(task, set, true);
}

/* What others are in the middle of, unless they are told another time. */
static __always_inline int others_push(struct domicile_taint *taint)
{
	return taint->alone ? 0 : calls_push(taint);
}

/* Once for each program, and not for each of its calls, the verifier goes through these. */
__noinline int taint_joined(struct task_struct *task __arg_trusted,
			    const struct domicile_label_set *set, __u64 origin)
{
	struct domicile_taint *taint = set ? taint_raise(task, set, origin, executes(task)) :
					     NULL;

	if (!taint)
		return -EPERM;
	if (task != bpf_get_current_task_btf())
		return domicile_task_recall(task);
	return others_push(taint) ?: shared_push(taint) || ring_push(taint) ? -ENOMEM : 0;
}

__noinline int taint_joined_traced(const struct domicile_label_set *set, __u64 origin)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct domicile_taint *taint = set ? taint_raise(task, set, origin, executes(task)) :
					     NULL;

	return !taint || others_push(taint) || shared_push_traced(taint) ? -ENOMEM : 0;
}

__noinline int taint_obtained(const struct domicile_label_set *set, __u64 origin)
{
	struct domicile_taint *taint;

	if (!set || (carriers_refuse() && carrier_declines(set, origin, CARRIER_REFUSES,
							   DOMICILE_HOOK_FILE_OPEN)))
		return -EPERM;
	taint = taint_raise(bpf_get_current_task_btf(), set, origin, true);
	if (!taint)
		return -EPERM;
	return others_push(taint) ?: shared_push(taint) || ring_push(taint) ? -ENOMEM : 0;
}

/*
 * taint_join - labelled data reaches @task
 *
 * Only @task itself can give its taint to what it maps: another is called in to
 * do so.
 *
 * Return: 0, -EPERM or -ENOMEM when the taint could not be kept: the caller refuses
 * the data.
 */
static __always_inline int taint_join(struct task_struct *task,
				      const struct domicile_label_set *set, __u64 origin)
{
	return taint_covers(task, set) ? 0 : taint_joined(task, set, origin);
}

/*
 * taint_obtain - the current process can read labelled data from now on
 *
 * As taint_join(), but of those who share its memory nothing is known yet: a
 * child of vfork() opens the program that it goes on to execute, and its parent
 * gets none of it. They are told when the data is read.
 */
static __always_inline int taint_obtain(const struct domicile_label_set *set, __u64 origin)
{
	if (taint_has(bpf_get_current_task_btf(), set, false))
		return 0;
	return taint_obtained(set, origin);
}

/*
 * taint_join_traced - labelled data has reached the current process
 *
 * For tracing programs: the files that the process maps get the label in memory
 * now, and on disk before it returns to user mode, from the program on
 * inode_getxattr, which the program file serves to call.
 *
 * Return: 0, or a negative errno: the process has to end.
 */
static __always_inline int taint_join_traced(const struct domicile_label_set *set, __u64 origin)
{
	if (taint_covers(bpf_get_current_task_btf(), set))
		return 0;
	return taint_joined_traced(set, origin) ?: domicile_label_recall(NULL);
}

#endif /* DOMICILE_TAINT_BPF_H */
