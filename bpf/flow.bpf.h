/* SPDX-License-Identifier: GPL-2.0-only */
/* What a process takes from a socket, and what becomes of one that took too much. */
#ifndef DOMICILE_FLOW_BPF_H
#define DOMICILE_FLOW_BPF_H

#include "label.bpf.h"
#include "socket.bpf.h"
#include "source.bpf.h"

/*
 * A process got data that its taint could not be made to show. Nothing takes
 * the data back: the process ends.
 */
static __noinline int flow_lost(__u16 hook, const struct domicile_label_set *set)
{
	struct audit_event event = {
		.hook = hook,
		.verdict = DOMICILE_VERDICT_KILL,
		.reason = DOMICILE_REASON_NO_MEMORY,
	};

	bpf_send_signal(SIGKILL);
	count(DOMICILE_COUNT_KILLED);
	event.denied = *set;
	audit_emit_traced(&event, set);
	return 0;
}

static const struct domicile_label_set all_labels = { { ~0ull, ~0ull, ~0ull, ~0ull } };

/* For tracing programs: labelled data reaches the current process. Always 0. */
__noinline int data_taken(const struct domicile_label_set *set, __u64 origin, __u16 hook)
{
	if (set && taint_join_traced(set, origin))
		flow_lost(hook, &all_labels);
	return 0;
}

/* Data goes into @pipe by another way than a write. Always 0. */
static __noinline int pipe_filled(struct pipe_inode_info *pipe)
{
	struct domicile_taint *taint = taint_current_traced();

	if (!taint)
		return 0;
	pipes_spliced = 1;
	if (pipe_join_at((__u64)pipe, taint))
		flow_lost(DOMICILE_HOOK_PIPE, &all_labels);
	return 0;
}

/* Return: 0, -EPERM or -ENOMEM. */
static __always_inline int sock_take_set(struct sock *sk, const struct domicile_label_set *set,
					 __u64 origin)
{
	if (carriers_refuse() && is_connection(sk) &&
	    carrier_declines(set, origin, CARRIER_REFUSES_CONNECTED,
			     DOMICILE_HOOK_SOCKET_RECVMSG))
		return -EPERM;
	return taint_join(bpf_get_current_task_btf(), set, origin);
}

/* For LSM programs. Return: 0, or a negative errno. */
static __noinline int source_take(struct sock *sk)
{
	struct source source = {};

	if (!source_of_stream(sk, &source))
		return 0;
	return taint_join(bpf_get_current_task_btf(), &source.set, source.origin);
}

/*
 * The journal hands its lines to syslog: what one carrier has got, the next may not
 * send out of the host, either. For LSM programs. Return: 0, or a negative errno.
 */
static __always_inline int sock_take_kept(const struct domicile_label_set *kept, __u64 origin)
{
	if (label_set_empty(kept) || !carrier_takes_kept())
		return 0;
	return taint_join(bpf_get_current_task_btf(), kept, origin);
}

/* For LSM programs. Return: 0, or a negative errno. */
static __always_inline int sock_take(struct sock *sk)
{
	struct domicile_sock_label *label;

	if (sources_listen() && source_take(sk))
		return -EPERM;
	label = sock_label(sk, 0);
	if (label && (sock_take_set(sk, &label->in, label->in_origin) ||
		      sock_take_kept(&label->kept_in, label->in_origin)))
		return -EPERM;
	label = unix_peer_label(sk);
	if (label && (sock_take_set(sk, &label->out, label->out_origin) ||
		      sock_take_kept(&label->kept, label->out_origin)))
		return -EPERM;
	return 0;
}

static __always_inline void sock_take_kept_traced(struct domicile_label_set *kept, __u64 origin)
{
	if (!label_set_empty(kept) && carrier_takes_kept())
		data_taken(kept, origin, DOMICILE_HOOK_SOCKET_RECVMSG);
}

/* For tracing programs, when the data has arrived. */
static __always_inline void sock_take_traced(struct sock *sk)
{
	struct domicile_sock_label *label;
	struct source source = {};

	if (sources_listen() && source_of_stream(sk, &source))
		data_taken(&source.set, source.origin, DOMICILE_HOOK_SOCKET_RECVMSG);
	label = sock_label(sk, 0);
	if (label) {
		data_taken(&label->in, label->in_origin, DOMICILE_HOOK_SOCKET_RECVMSG);
		sock_take_kept_traced(&label->kept_in, label->in_origin);
	}
	label = unix_peer_label(sk);
	if (label) {
		data_taken(&label->out, label->out_origin, DOMICILE_HOOK_SOCKET_RECVMSG);
		sock_take_kept_traced(&label->kept, label->out_origin);
	}
}

#endif /* DOMICILE_FLOW_BPF_H */
