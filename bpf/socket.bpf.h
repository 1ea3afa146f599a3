/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Objects: the labels of sockets. What was sent and what arrived are kept
 * apart, so that who answers on a socket is not taken for who listens on it.
 */
#ifndef DOMICILE_SOCKET_BPF_H
#define DOMICILE_SOCKET_BPF_H

#include "compat.bpf.h"
#include "maps.bpf.h"

static __always_inline struct domicile_sock_label *sock_label(struct sock *sk, __u64 flags)
{
	if (flags)
		return storage_make(sk, &sock_labels, sk);
	return seen(sk)->sk_bpf_storage ? bpf_sk_storage_get(&sock_labels, sk, 0, 0) : NULL;
}

static __always_inline bool is_connection(struct sock *sk)
{
	return sk->sk_type == SOCK_STREAM || sk->sk_type == SOCK_SEQPACKET;
}

static __always_inline struct sock *unix_peer(struct sock *sk)
{
	struct unix_sock *unix;

	if (sk->__sk_common.skc_family != AF_UNIX)
		return NULL;
	unix = bpf_skc_to_unix_sock(sk);
	return unix ? unix->peer : NULL;
}

/* What a connected unix socket receives is what its peer sent. */
static __always_inline struct domicile_sock_label *unix_peer_label(struct sock *sk)
{
	struct sock *peer = unix_peer(sk);

	return peer ? sock_label(peer, 0) : NULL;
}

/* Data of a process that holds @taint arrived at @sk. Return: 0, or -ENOMEM. */
static __always_inline int sock_join_in(struct sock *sk, const struct domicile_taint *taint)
{
	struct domicile_sock_label *label;
	struct domicile_label_set *set;

	label = sock_label(sk, BPF_SK_STORAGE_GET_F_CREATE);
	if (!label) {
		count(DOMICILE_COUNT_NO_MEMORY);
		return -ENOMEM;
	}
	set = taint->carrier ? &label->kept_in : &label->in;
	if (!label_set_covers(set, &taint->set)) {
		label_set_join_shared(set, &taint->set);
		label->in_origin = taint->origin;
	}
	return 0;
}

/* The current process sends labelled data on @sk. Return: 0, or -ENOMEM. */
static __always_inline int sock_join_out(struct sock *sk, const struct domicile_taint *taint)
{
	struct domicile_sock_label *label;
	struct domicile_label_set *set;

	label = sock_label(sk, BPF_SK_STORAGE_GET_F_CREATE);
	if (!label) {
		count(DOMICILE_COUNT_NO_MEMORY);
		return -ENOMEM;
	}
	set = taint->carrier ? &label->kept : &label->out;
	if (label_set_covers(set, &taint->set) && label->out_origin == taint->origin &&
	    label->pid == (__u32)(bpf_get_current_pid_tgid() >> 32))
		return 0;
	label_set_join_shared(set, &taint->set);
	label->out_origin = taint->origin;
	label->pid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(label->comm, sizeof(label->comm));
	return 0;
}

#endif /* DOMICILE_SOCKET_BPF_H */
