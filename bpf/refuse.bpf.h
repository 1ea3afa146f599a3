/* SPDX-License-Identifier: GPL-2.0-only */
/* What a labelled process may not send to: unix sockets of carriers that refuse. */
#ifndef DOMICILE_REFUSE_BPF_H
#define DOMICILE_REFUSE_BPF_H

#include "carrier.bpf.h"
#include "socket.bpf.h"
#include "taint.bpf.h"

/*
 * The carrier that has @sk, as the id of its cgroup: who accepts there or, where no
 * carrier has been seen to, who made it, often a service manager for another.
 *
 * Return: the id, or 0.
 */
static __always_inline __u64 sock_holder(struct sock *sk)
{
	struct domicile_sock_label *label = sock_label(sk, 0);
	struct cgroup *maker = BPF_CORE_READ(sk, sk_cgrp_data.cgroup);

	if (label && label->holder)
		return label->holder;
	return carrier_at((__u64)maker) & CARRIER_REFUSES ? BPF_CORE_READ(maker, kn, id) : 0;
}

/* May @taint reach @to, a unix socket? Return: 0, or -EPERM with a record. */
static __noinline int unix_refuses(struct sock *to, const struct domicile_taint *taint,
				   __u16 hook)
{
	__u64 holder = to ? sock_holder(to) : 0;
	__u32 number;

	if (!holder || !taint)
		return 0;
	number = carrier_by_id(holder);
	if (!(number & (is_connection(to) ? CARRIER_REFUSES_CONNECTED : CARRIER_REFUSES)))
		return 0;
	return carrier_refusal(&taint->set, taint->origin, number, hook);
}

#endif /* DOMICILE_REFUSE_BPF_H */
