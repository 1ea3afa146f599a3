/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls that have lost their descriptor: another thread closed it, or put another
 * file in its place, and the call goes on with the file that it began with. Who
 * looks for what the thread moves would not find that one.
 */
#ifndef DOMICILE_LOST_BPF_H
#define DOMICILE_LOST_BPF_H

#include "maps.bpf.h"
#include "peek.bpf.h"
#include "syscall.bpf.h"

struct lost_descriptor {
	__u64 pipe; /* what it was of, by address; 0: of something else */
	__u32 nr; /* of the call */
	__s32 descriptor;
};

/* Of a thread: where it reads from and where it writes to. */
struct lost_call {
	struct lost_descriptor from, to;
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct lost_call);
} lost_calls SEC(".maps");

/* Never cleared: on most hosts no call ever does. */
__u8 calls_lost;

static __always_inline struct lost_descriptor *lost_in(struct lost_call *lost, enum call_way way)
{
	return way == CALL_WRITES ? &lost->to : &lost->from;
}

/* Return: what is known of it if @task is in a call that lost @descriptor, or NULL. */
static __always_inline struct lost_descriptor *lost_find(struct task_struct *task,
							 const struct call *call,
							 int descriptor, enum call_way way)
{
	struct lost_descriptor *found;
	struct lost_call *lost;

	if (!*(volatile __u8 *)&calls_lost || descriptor < 0)
		return NULL;
	lost = bpf_task_storage_get(&lost_calls, task, 0, 0);
	if (!lost)
		return NULL;
	found = lost_in(lost, way);
	return found->nr == call->nr && found->descriptor == descriptor ? found : NULL;
}

static __always_inline bool lost_still(struct task_struct *task, const struct call *call,
				       enum call_way way, __u64 inode)
{
	int descriptor = call_descriptor(call, way);
	struct file *file;
	bool found;

	if (!lost_find(task, call, descriptor, way))
		return false;
	file = domicile_file_get(task, descriptor);
	if (!file)
		return true;
	found = inode_address(file->f_inode) == inode;
	domicile_file_put(file);
	return !found;
}

/*
 * The current thread uses @inode, by address. What it lost is over, unless this is the
 * call that lost it: one that asks several times, or had only just looked it up.
 */
__noinline int lost_ends(__u64 inode)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct call call;

	call_get(task, &call);
	if (!lost_still(task, &call, CALL_READS, inode) &&
	    !lost_still(task, &call, CALL_WRITES, inode))
		bpf_task_storage_delete(&lost_calls, task);
	return 0;
}

/* May the current thread have lost a call? */
static __always_inline bool lost_any(void)
{
	return *(volatile __u8 *)&calls_lost && seen(bpf_get_current_task_btf())->bpf_storage;
}

#endif /* DOMICILE_LOST_BPF_H */
