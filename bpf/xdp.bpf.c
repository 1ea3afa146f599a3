// SPDX-License-Identifier: GPL-2.0-only
/*
 * AF_XDP sends what is in shared rings when somebody polls, or by itself: no
 * hook sees it. So who holds such a socket, or did, takes no label, and who has
 * a label gets no such socket. Its children are held to the same.
 */
#include "flow.bpf.h"

__u8 xdp_seen; /* most forks need not look */

static __always_inline int xdp_hold(struct domicile_taint *taint)
{
	if (!taint)
		return -ENOMEM;
	xdp_seen = 1;
	__sync_fetch_and_or(&taint->xdp, 1);
	return 0;
}

static __always_inline bool xdp_holder(struct task_struct *task)
{
	struct domicile_taint *taint;

	taint = *(volatile __u8 *)&xdp_seen ? taint_of(task, 0) : NULL;
	return taint && taint->xdp;
}

static __noinline int xdp_refuse(const struct domicile_taint *taint, __u16 hook)
{
	struct audit_event event = {
		.hook = hook,
		.verdict = DOMICILE_VERDICT_DENY,
		.reason = DOMICILE_REASON_FAMILY,
		.object = DOMICILE_OBJECT_FAMILY,
		.family = AF_XDP,
	};

	if (!taint)
		return -EPERM;
	event.denied = taint->set;
	event.origin = taint->origin;
	audit_emit(&event, &taint->set);
	return -EPERM;
}

/* First held, then looked at: another thread may be taking a label just now. */
static __noinline int xdp_obtained(__u16 hook)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct domicile_taint *taint;

	if (xdp_hold(taint_of(task, BPF_LOCAL_STORAGE_GET_F_CREATE)))
		return -ENOMEM;
	taint = taint_current();
	return taint ? xdp_refuse(taint, hook) : 0;
}

SEC("lsm/socket_post_create")
int BPF_PROG(hook_socket_post_create, struct socket *sock, int family, int type, int protocol,
	     int kern)
{
	if (family != AF_XDP || kern)
		return 0;
	return xdp_obtained(DOMICILE_HOOK_SOCKET_POST_CREATE) ? -EPERM : 0;
}

SEC("lsm/file_receive")
int BPF_PROG(hook_file_receive_xdp, struct file *file)
{
	struct socket *sock = bpf_sock_from_file(file);

	if (!sock || !sock->sk || sock->sk->__sk_common.skc_family != AF_XDP)
		return 0;
	return xdp_obtained(DOMICILE_HOOK_FILE_RECEIVE) ? -EPERM : 0;
}

SEC("lsm/task_alloc")
int BPF_PROG(hook_task_alloc_xdp, struct task_struct *task, unsigned long clone_flags)
{
	if (clone_flags & CLONE_THREAD || !xdp_holder(bpf_get_current_task_btf()))
		return 0;
	return xdp_hold(bpf_task_storage_get(&task_taints, task, 0,
					     BPF_LOCAL_STORAGE_GET_F_CREATE)) ? -ENOMEM : 0;
}

/* As for taints: the thread that calls exec becomes the leader. */
SEC("lsm/bprm_check_security")
int BPF_PROG(hook_bprm_check_security_xdp, struct linux_binprm *bprm)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (task->pid == task->tgid || !xdp_holder(task))
		return 0;
	return xdp_hold(bpf_task_storage_get(&task_taints, task, 0,
					     BPF_LOCAL_STORAGE_GET_F_CREATE)) ? -ENOMEM : 0;
}
