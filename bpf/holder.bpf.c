// SPDX-License-Identifier: GPL-2.0-only
/* The children of holders are held to the same, until they execute something else. */
#include "holder.bpf.h"

SEC("lsm/task_alloc")
int BPF_PROG(hook_task_alloc_holder, struct task_struct *task, unsigned long clone_flags)
{
	__u32 holds = clone_flags & CLONE_THREAD ? 0 : holds_of(bpf_get_current_task_btf());

	if (!holds)
		return 0;
	return hold(storage_make(task, &task_taints, task), holds) ? -ENOMEM : 0;
}

/* As for taints: the thread that calls exec becomes the leader. */
SEC("lsm/bprm_check_security")
int BPF_PROG(hook_bprm_check_security_holder, struct linux_binprm *bprm)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u32 holds = task->pid == task->tgid ? 0 : holds_of(task);

	if (!holds)
		return 0;
	return hold(storage_make(task, &task_taints, task), holds) ? -ENOMEM : 0;
}

/* The old memory is another's, or nobody's, by now. What was inherited can be mapped anew. */
SEC("lsm/bprm_committed_creds")
int BPF_PROG(hook_bprm_committed_creds, struct linux_binprm *bprm)
{
	struct domicile_taint *taint;

	taint = *(volatile __u8 *)&holders_seen ? taint_of(bpf_get_current_task_btf(), 0) : NULL;
	if (taint)
		__sync_fetch_and_and(&taint->holds, ~DOMICILE_HOLDS_MEMORY);
	return 0;
}
