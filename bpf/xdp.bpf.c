// SPDX-License-Identifier: GPL-2.0-only
/*
 * AF_XDP sends what is in shared rings when somebody polls, or by itself: no
 * hook sees it. So who holds such a socket, or did, takes no label, and who has
 * a label gets no such socket.
 */
#include "holder.bpf.h"

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

static __noinline int xdp_obtained(__u16 hook)
{
	struct domicile_taint *taint;

	if (hold_current(DOMICILE_HOLDS_XDP))
		return -ENOMEM;
	taint = taint_own();
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
