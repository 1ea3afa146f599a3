/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Access: who may read labelled files, and who may change them. Asked of files that
 * are labelled, and while a rule says so, alone.
 */
#ifndef DOMICILE_ACCESS_BPF_H
#define DOMICILE_ACCESS_BPF_H

#include "label.bpf.h"

/* User space, one list a slot. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, DOMICILE_SLOTS);
	__type(key, __u32);
	__type(value, struct domicile_actors);
} actors SEC(".maps");

/* Is there a rule about that use? */
static __always_inline bool access_ruled(__u32 use)
{
	struct domicile_state *st = state_get();

	return st && st->slot[st->generation % DOMICILE_SLOTS].access[use].ruled;
}

/* What the current process executes. */
struct actor_program {
	__u64 ino;
	__u32 dev;
	__u32 generation;
};

static __always_inline void program_of_current(struct actor_program *program)
{
	struct file *exe = bpf_get_task_exe_file(bpf_get_current_task_btf());
	struct inode *inode;

	if (!exe)
		return;
	inode = BPF_CORE_READ(exe, f_inode);
	program->ino = BPF_CORE_READ(inode, i_ino);
	program->dev = BPF_CORE_READ(inode, i_sb, s_dev);
	program->generation = BPF_CORE_READ(inode, i_generation);
	bpf_put_file(exe);
}

/* Is the current process, which executes @program, the one that @actor means? */
__noinline int actor_is_current(const struct domicile_actor *actor,
				const struct actor_program *program)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (!actor || !program)
		return 0;
	if (actor->has & DOMICILE_ACTOR_PROGRAM &&
	    (actor->ino != program->ino || actor->dev != program->dev || !program->ino))
		return 0;
	if (actor->has & DOMICILE_ACTOR_GENERATION && actor->generation != program->generation)
		return 0;
	if (actor->has & DOMICILE_ACTOR_UID && actor->uid != (__u32)bpf_get_current_uid_gid())
		return 0;
	if (!(actor->has & DOMICILE_ACTOR_CGROUP))
		return 1;
	return domicile_carrier_find((__u64)BPF_CORE_READ(task, cgroups, dfl_cgrp),
				     &actor->cgroup, sizeof(actor->cgroup));
}

/* What the current process may use so. Always 0. */
__noinline int access_allowed(__u32 use, struct domicile_label_set *allowed)
{
	struct domicile_state *st = state_get();
	__u32 slot = st ? st->generation % DOMICILE_SLOTS : 0;
	struct domicile_actors *list = bpf_map_lookup_elem(&actors, &slot);
	struct actor_program program = {};
	int i;

	if (!st || !list || !allowed || use >= DOMICILE_USES)
		return 0;
	program_of_current(&program);
	bpf_rcu_read_lock();
	bpf_for(i, 0, DOMICILE_ACTORS_MAX) {
		struct domicile_actor *actor = &list->list[i % DOMICILE_ACTORS_MAX];

		if (!actor->has)
			break;
		if (actor_is_current(actor, &program))
			label_set_join(allowed, &actor->allowed[use % DOMICILE_USES]);
	}
	bpf_rcu_read_unlock();
	return 0;
}

/*
 * access_judge - may the current process use a file labelled @set so?
 *
 * Fills the verdict and the denied set of @event. A label without such a rule anybody
 * may use.
 *
 * Return: DOMICILE_VERDICT_DENY or DOMICILE_VERDICT_AUDIT, or 0.
 */
__noinline int access_judge(const struct domicile_label_set *set, __u32 use,
			    struct domicile_label_set *denied)
{
	struct domicile_state *st = state_get();
	struct domicile_label_set allowed = {};
	const struct domicile_access *access;

	if (!st || !set || !denied || use >= DOMICILE_USES)
		return DOMICILE_VERDICT_DENY;
	access = &st->slot[st->generation % DOMICILE_SLOTS].access[use % DOMICILE_USES];
	*denied = access->guarded;
	label_set_join(denied, &access->audited);
	label_set_meet(denied, denied, set);
	if (label_set_empty(denied))
		return 0;
	access_allowed(use, &allowed);
	label_set_meet(denied, set, &access->guarded);
	label_set_remove(denied, &allowed);
	if (!label_set_empty(denied))
		return DOMICILE_VERDICT_DENY;
	label_set_meet(denied, set, &access->audited);
	label_set_remove(denied, &allowed);
	return label_set_empty(denied) ? 0 : DOMICILE_VERDICT_AUDIT;
}

/* Return: false if there is nothing to record. */
static __always_inline bool access_event(const struct domicile_label_set *set, __u32 use,
					 struct audit_event *event)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (label_set_empty(set) || is_kernel_thread(task) ||
	    domicile_errand() != DOMICILE_ERRAND_NONE)
		return false;
	event->reason = use == DOMICILE_USE_READ ? DOMICILE_REASON_READER :
						   DOMICILE_REASON_WRITER;
	event->object = DOMICILE_OBJECT_INODE;
	event->verdict = access_judge(set, use, &event->denied);
	return event->verdict;
}

/*
 * May the current process use @file, which holds @set? @again: what is audited was
 * recorded when it was opened.
 *
 * Return: 0, or -EPERM with a record.
 */
__noinline int access_check(struct file *file __arg_trusted, const struct domicile_label_set *set,
			    __u32 use, __u16 hook, __u32 again)
{
	struct audit_event event = { .hook = hook };
	struct domicile_label_set none = {};
	struct domicile_taint *taint;

	if (!set || !access_event(set, use, &event))
		return 0;
	if (again && event.verdict == DOMICILE_VERDICT_AUDIT)
		return 0;
	taint = taint_of(bpf_get_current_task_btf(), 0);
	audit_emit_file(&event, taint ? &taint->set : &none, file);
	return event.verdict == DOMICILE_VERDICT_DENY ? -EPERM : 0;
}

/* As access_check(), by the ways in which a file is open. Return: 0, or -EPERM. */
static __always_inline int access_check_open(struct file *file,
					     const struct domicile_label_set *set, __u16 hook)
{
	if (file->f_mode & (FMODE_READ | FMODE_EXEC) && access_ruled(DOMICILE_USE_READ) &&
	    access_check(file, set, DOMICILE_USE_READ, hook, false))
		return -EPERM;
	if (file->f_mode & FMODE_WRITE && access_ruled(DOMICILE_USE_WRITE) &&
	    access_check(file, set, DOMICILE_USE_WRITE, hook, false))
		return -EPERM;
	return 0;
}

/*
 * May the current process change @file, which was open perhaps before the policy? A policy
 * with such a rule says that the host is tainted. Return: 0, or -EPERM with a record.
 */
static __always_inline int access_write_again(struct file *file, __u16 hook)
{
	struct domicile_inode_label *label;

	if (!access_ruled(DOMICILE_USE_WRITE))
		return 0;
	label = inode_label(file->f_inode, 0);
	return label ? access_check(file, &label->set, DOMICILE_USE_WRITE, hook, true) : 0;
}

#endif /* DOMICILE_ACCESS_BPF_H */
