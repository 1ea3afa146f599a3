// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sinks: where labelled data would leave the host. Refused at the call that
 * would send it, and once more packet by packet.
 */
#include "allow.bpf.h"
#include "netdev.bpf.h"
#include "label.bpf.h"
#include "network.bpf.h"
#include "refuse.bpf.h"
#include "resolver.bpf.h"
#include "socket.bpf.h"
#include "taint.bpf.h"
#include "zerocopy.bpf.h"

/* Sent to an address of this host, data stays: a flow, and no sink. */
static __always_inline bool stays_here(struct socket *sock, const struct destination *to)
{
	return domicile_address_is_local(sock, to->family, to->address, sizeof(to->address));
}

/* Labelled data may go to @to. Always 0. */
static __noinline int egress_allow(struct socket *sock, const struct destination *to,
				   const struct domicile_taint *taint, struct audit_event *event)
{
	struct allowed_flow_label label = {};
	struct domicile_state *st = state_get();
	struct allowed_flow flow = {};

	if (!st || !to || !taint || !event)
		return 0;
	allowed_flow_make(&flow, sock->sk, to);
	label.set = taint->set;
	label.generation = st->generation;
	if (allowed_before(&flow, &label.set, label.generation))
		return 0;
	if (!stays_here(sock, to)) {
		if (!allow_has_room())
			return 0;
		event->verdict = DOMICILE_VERDICT_ALLOW;
		event->origin = taint->origin;
		audit_emit(event, &label.set);
	}
	bpf_map_update_elem(&allowed_flows, &flow, &label, BPF_ANY);
	return 0;
}

/*
 * To a declared resolver: datagrams are looked at as packets, where nobody can
 * change them any more; what a connection carries is not, and not let through.
 */
static __noinline int resolver_check(const struct destination *to,
				     const struct domicile_taint *taint, __u16 hook)
{
	struct audit_event event = {
		.hook = hook,
		.verdict = DOMICILE_VERDICT_DENY,
		.reason = DOMICILE_REASON_RESOLVER,
		.object = DOMICILE_OBJECT_ADDRESS,
	};

	if (!to || !taint || to->type == SOCK_DGRAM)
		return 0;
	event.family = to->family;
	event.type = to->type;
	event.protocol = to->protocol;
	event.port = to->port;
	__builtin_memcpy(event.address, to->address, sizeof(event.address));
	event.class = CLASS_UNKNOWN;
	event.denied = taint->set;
	event.origin = taint->origin;
	audit_emit(&event, &taint->set);
	return -EPERM;
}

static __always_inline bool is_resolver(const struct destination *to)
{
	if (to->protocol != IPPROTO_UDP && to->protocol != IPPROTO_TCP)
		return false;
	return to->type != SOCK_RAW && resolver_find(to) >= 0;
}

/* Return: 0, or -EPERM, with a record. */
static __noinline int egress_check(struct socket *sock, const struct destination *to,
				   const struct domicile_taint *taint, __u16 hook, __u64 bytes)
{
	struct audit_event event = { .hook = hook, .bytes = bytes };
	int verdict;

	if (!taint || !to)
		return 0;
	if (is_resolver(to))
		return resolver_check(to, taint, hook);
	verdict = network_judge(to, &taint->set, &event);
	if (!verdict)
		return egress_allow(sock, to, taint, &event);
	if (stays_here(sock, to))
		return 0;
	event.origin = taint->origin;
	audit_emit(&event, &taint->set);
	return verdict == DOMICILE_VERDICT_DENY ? -EPERM : 0;
}

/*
 * Does the socket's route, or the device it leaves by, repack what is sent? Where
 * no route is known yet, the packet check finds out.
 */
static __noinline int way_check(struct sock *sk, const struct destination *to,
				const struct domicile_taint *taint)
{
	struct audit_event event = {
		.hook = DOMICILE_HOOK_SOCKET_SENDMSG,
		.verdict = DOMICILE_VERDICT_DENY,
		.reason = DOMICILE_REASON_ROUTE,
		.object = DOMICILE_OBJECT_ADDRESS,
	};
	struct dst_entry *route = BPF_CORE_READ(sk, sk_dst_cache);

	if (!taint || !to || !route)
		return 0;
	if (route_is_plain(route)) {
		if (device_is_plain(BPF_CORE_READ(route, dev)))
			return 0;
		event.reason = DOMICILE_REASON_NETDEV;
	}
	event.family = to->family;
	event.type = to->type;
	event.protocol = to->protocol;
	event.port = to->port;
	__builtin_memcpy(event.address, to->address, sizeof(event.address));
	event.class = CLASS_UNKNOWN;
	event.denied = taint->set;
	event.origin = taint->origin;
	audit_emit(&event, &taint->set);
	return -EPERM;
}

/* A socket family that no label follows. Always -EPERM. */
static __noinline int egress_refuse(const struct domicile_taint *taint, __u16 hook,
				    __u16 reason, __u32 family_type, __u16 protocol)
{
	struct audit_event event = {
		.hook = hook,
		.verdict = DOMICILE_VERDICT_DENY,
		.reason = reason,
		.object = DOMICILE_OBJECT_FAMILY,
		.family = family_type >> 16,
		.type = family_type,
		.protocol = protocol,
	};

	if (!taint)
		return -EPERM;
	event.denied = taint->set;
	event.origin = taint->origin;
	audit_emit(&event, &taint->set);
	return -EPERM;
}

static __always_inline int refuse_family(struct sock *sk, const struct domicile_taint *taint,
					 __u16 hook, __u16 reason)
{
	return egress_refuse(taint, hook, reason,
			     (__u32)sk->__sk_common.skc_family << 16 | sk->sk_type,
			     sk->sk_protocol);
}

static __always_inline bool is_followed(int family)
{
	return family == AF_UNIX || family == AF_INET || family == AF_INET6 ||
	       family == AF_NETLINK;
}

/*
 * Protocols of AF_INET and AF_INET6 whose packets leave from the very socket
 * that the data was sent on. MPTCP has sockets below its socket, and SMC may
 * leave IP altogether.
 */
static __always_inline bool is_followed_protocol(struct sock *sk)
{
	switch (sk->sk_protocol) {
	case IPPROTO_MPTCP:
	case IPPROTO_SMC:
		return sk->sk_type == SOCK_RAW;
	default:
		return true;
	}
}

/*
 * The owner of a user namespace rewrites addresses, sniffs and tunnels in its
 * networks as it likes: what an address says there proves nothing.
 */
static __always_inline bool is_owned_network(struct sock *sk)
{
	return sk->__sk_common.skc_net.net->user_ns->level > 0;
}

/* --- addresses ------------------------------------------------------------- */

/* Return: true if @address names a destination. */
static __noinline bool destination_from_name(struct destination *to, const void *address,
					     int length, bool v6_socket)
{
	struct sockaddr_in6 name = {};

	if (!to || length < (int)sizeof(struct sockaddr_in))
		return false;
	if (length > (int)sizeof(name))
		length = sizeof(name);
	if (bpf_probe_read_kernel(&name, length & 31, address))
		return false;
	to->port = name.sin6_port;
	if (name.sin6_family == AF_INET6) {
		__builtin_memcpy(to->address, &name.sin6_addr, sizeof(to->address));
		destination_v6(to);
		return true;
	}
	if (name.sin6_family != AF_INET && (name.sin6_family != AF_UNSPEC || v6_socket))
		return false;
	destination_v4(to, ((struct sockaddr_in *)&name)->sin_addr.s_addr);
	return true;
}

/* Where a connected socket sends. Return: false if it is not connected. */
static __always_inline bool destination_from_sock(struct destination *to, struct sock *sk)
{
	to->port = sk->__sk_common.skc_dport;
	if (sk->__sk_common.skc_family == AF_INET) {
		destination_v4(to, sk->__sk_common.skc_daddr);
		return sk->__sk_common.skc_daddr || to->port;
	}
	BPF_CORE_READ_INTO(&to->address, sk, __sk_common.skc_v6_daddr.in6_u.u6_addr8);
	destination_v6(to);
	return to->family == AF_INET || *(__u64 *)to->address ||
	       *(__u64 *)(to->address + 8) || to->port;
}

static __always_inline void destination_of(struct destination *to, struct sock *sk)
{
	to->type = sk->sk_type;
	to->protocol = sk->sk_protocol;
}

/* --- calls ----------------------------------------------------------------- */

SEC("lsm/socket_create")
int BPF_PROG(hook_socket_create, int family, int type, int protocol, int kern)
{
	struct domicile_taint *taint;

	if (kern || is_followed(family))
		return 0;
	taint = taint_own();
	if (!taint)
		return 0;
	egress_refuse(taint, DOMICILE_HOOK_SOCKET_CREATE, DOMICILE_REASON_FAMILY,
		      (__u32)family << 16 | (type & 15), protocol);
	return -EPERM;
}

SEC("lsm/socket_connect")
int BPF_PROG(hook_socket_connect, struct socket *sock, struct sockaddr *address, int addrlen)
{
	struct domicile_taint *taint = taint_own();
	struct sock *sk = sock->sk;
	struct destination to = {};
	int family;

	if (!taint || !sk)
		return 0;
	family = sk->__sk_common.skc_family;
	if (!is_followed(family) || (family != AF_UNIX && !is_followed_protocol(sk))) {
		refuse_family(sk, taint, DOMICILE_HOOK_SOCKET_CONNECT, DOMICILE_REASON_FAMILY);
		return -EPERM;
	}
	if (family != AF_UNIX && is_owned_network(sk)) {
		refuse_family(sk, taint, DOMICILE_HOOK_SOCKET_CONNECT,
			      DOMICILE_REASON_USER_NAMESPACE);
		return -EPERM;
	}
	if (family != AF_INET && family != AF_INET6)
		return 0;
	if (address->sa_family == AF_UNSPEC) /* disconnects */
		return 0;
	destination_of(&to, sk);
	if (!destination_from_name(&to, address, addrlen, family == AF_INET6))
		return 0;
	return egress_check(sock, &to, taint, DOMICILE_HOOK_SOCKET_CONNECT, 0) ? -EPERM : 0;
}

/*
 * The name of a message counts where the protocol uses it: always but on an
 * established TCP connection. What it leaves open, the packet check closes.
 */
static __noinline int inet_send(struct socket *sock, struct msghdr *msg, int size,
				const struct domicile_taint *taint)
{
	struct sock *sk = sock->sk;
	struct destination to = {};
	bool named = false;

	if (!sk || !taint)
		return 0;
	if (!is_followed_protocol(sk))
		return refuse_family(sk, taint, DOMICILE_HOOK_SOCKET_SENDMSG,
				     DOMICILE_REASON_FAMILY);
	destination_of(&to, sk);
	if (msg->msg_name)
		named = destination_from_name(&to, msg->msg_name, msg->msg_namelen,
					      sk->__sk_common.skc_family == AF_INET6);
	if (named && egress_check(sock, &to, taint, DOMICILE_HOOK_SOCKET_SENDMSG, size))
		return -EPERM;
	if (named && sk->sk_type != SOCK_STREAM && sk->sk_type != SOCK_SEQPACKET)
		return sock_join_out(sk, taint);
	if (destination_from_sock(&to, sk) &&
	    (egress_check(sock, &to, taint, DOMICILE_HOOK_SOCKET_SENDMSG, size) ||
	     way_check(sk, &to, taint)))
		return -EPERM;
	return sock_join_out(sk, taint);
}

/* Netlink to the kernel carries requests; to another process it would carry data. */
static __noinline int netlink_send(struct socket *sock, struct msghdr *msg,
				   const struct domicile_taint *taint)
{
	struct sock *sk = sock->sk;
	struct sockaddr_nl name = {};
	struct netlink_sock *nlk;

	if (!sk || !taint)
		return 0;
	if (msg->msg_name && msg->msg_namelen >= (int)sizeof(name)) {
		bpf_probe_read_kernel(&name, sizeof(name), msg->msg_name);
	} else {
		nlk = (struct netlink_sock *)sk;
		name.nl_pid = BPF_CORE_READ(nlk, dst_portid);
		name.nl_groups = BPF_CORE_READ(nlk, dst_group);
	}
	if (!name.nl_pid && !name.nl_groups)
		return 0;
	return refuse_family(sk, taint, DOMICILE_HOOK_SOCKET_SENDMSG,
			     DOMICILE_REASON_NETLINK_PEER);
}

/* Pages of a pipe that was empty when the splice began bring its label. */
static __noinline int splice_take(void)
{
	__u64 thread = bpf_get_current_pid_tgid();
	__u64 *pipe = bpf_map_lookup_elem(&splices, &thread);
	struct domicile_inode_label *label = pipe ? pipe_label_at(*pipe) : NULL;

	return label ? taint_join(bpf_get_current_task_btf(), &label->set, label->origin) : 0;
}

static __always_inline int unix_send(struct sock *sk, const struct domicile_taint *taint)
{
	if (!taint->carrier && carriers_refuse() &&
	    unix_refuses(unix_peer(sk), taint, DOMICILE_HOOK_SOCKET_SENDMSG))
		return -EPERM;
	return sock_join_out(sk, taint);
}

static __always_inline int send_judge(struct socket *sock, struct sock *sk, struct msghdr *msg,
				      int size, const struct domicile_taint *taint)
{
	if (sk->__sk_common.skc_family != AF_UNIX && is_owned_network(sk))
		return refuse_family(sk, taint, DOMICILE_HOOK_SOCKET_SENDMSG,
				     DOMICILE_REASON_USER_NAMESPACE);
	switch (sk->__sk_common.skc_family) {
	case AF_UNIX:
		return unix_send(sk, taint);
	case AF_INET:
	case AF_INET6:
		return inet_send(sock, msg, size, taint);
	case AF_NETLINK:
		return taint->carrier ? 0 : netlink_send(sock, msg, taint);
	default:
		return refuse_family(sk, taint, DOMICILE_HOOK_SOCKET_SENDMSG,
				     DOMICILE_REASON_FAMILY);
	}
}

SEC("lsm/socket_sendmsg")
int BPF_PROG(hook_socket_sendmsg, struct socket *sock, struct msghdr *msg, int size)
{
	__u32 flags = msg->msg_flags;
	struct domicile_taint *taint;
	struct sock *sk = sock->sk;
	int owed = 0;

	if (lost_any())
		lost_ends(sock_inode_address(sock));
	if (!sk)
		return 0;
	/* Also before any label was seen: what is queued can still change then. */
	if (flags & (MSG_SPLICE_PAGES | MSG_ZEROCOPY))
		owed = domicile_send_copy(sock, msg);
	if (tainted_host()) {
		if (flags & MSG_SPLICE_PAGES && splice_take())
			return -EPERM;
		taint = taint_own();
		if (taint) {
			carrier_refresh(taint);
			if (send_judge(sock, sk, msg, size, taint))
				return -EPERM;
		}
	}
	return owed && zerocopy_note() ? -ENOBUFS : 0;
}
