// SPDX-License-Identifier: GPL-2.0-only
/*
 * Carriers that take no label from who connects to them. The socket often is
 * made by a service manager, and tells whose it is when it is accepted on.
 */
#include "refuse.bpf.h"

static __always_inline void holder_set(struct sock *sk, __u64 holder)
{
	struct domicile_sock_label *label;

	label = holder ? sock_label(sk, BPF_SK_STORAGE_GET_F_CREATE) : NULL;
	if (label)
		label->holder = holder;
}

/* The current process accepts on @sk, or has accepted it. */
static __noinline int carrier_holds(struct sock *sk)
{
	if (sk && carrier_of(bpf_get_current_task_btf()) & CARRIER_REFUSES_CONNECTED)
		holder_set(sk, BPF_CORE_READ(bpf_get_current_task_btf(), group_leader, cgroups,
					     dfl_cgrp, kn, id));
	return 0;
}

SEC("lsm/socket_accept")
int BPF_PROG(hook_socket_accept, struct socket *sock, struct socket *newsock)
{
	if (carriers_refuse())
		carrier_holds(sock->sk);
	return 0;
}

SEC("lsm/sock_graft")
int BPF_PROG(hook_sock_graft, struct sock *sk, struct socket *parent)
{
	if (carriers_refuse() && sk->__sk_common.skc_family == AF_UNIX)
		carrier_holds(sk);
	return 0;
}

SEC("lsm/unix_stream_connect")
int BPF_PROG(hook_unix_stream_connect, struct sock *sock, struct sock *other, struct sock *newsk)
{
	struct domicile_taint *taint;

	if (!carriers_refuse())
		return 0;
	/* Data can be sent before it is accepted. */
	holder_set(newsk, sock_holder(other));
	taint = taint_current();
	if (!taint)
		return 0;
	return unix_refuses(other, taint, DOMICILE_HOOK_UNIX_STREAM_CONNECT) ? -EPERM : 0;
}
