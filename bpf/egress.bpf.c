// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sinks: where labelled data would leave the host. Refused at the call that
 * would send it, and once more packet by packet.
 */
#include "label.bpf.h"
#include "network.bpf.h"
#include "socket.bpf.h"
#include "taint.bpf.h"

/* Sent to an address of this host, data stays: a flow, and no sink. */
static __always_inline bool stays_here(struct socket *sock, const struct destination *to)
{
	return domicile_address_is_local(sock, to->family, to->address, sizeof(to->address));
}

/* Return: 0, or -EPERM, with a record. */
static __noinline int egress_check(struct socket *sock, const struct destination *to,
				   const struct domicile_taint *taint, __u16 hook, __u64 bytes)
{
	struct audit_event event = { .hook = hook, .bytes = bytes };
	int verdict;

	if (!taint || !to)
		return 0;
	verdict = network_judge(to, &taint->set, &event);
	if (!verdict || stays_here(sock, to))
		return 0;
	event.origin = taint->origin;
	audit_emit(&event, &taint->set);
	return verdict == DOMICILE_VERDICT_DENY ? -EPERM : 0;
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
	taint = taint_current();
	if (!taint)
		return 0;
	egress_refuse(taint, DOMICILE_HOOK_SOCKET_CREATE, DOMICILE_REASON_FAMILY,
		      (__u32)family << 16 | (type & 15), protocol);
	return -EPERM;
}

SEC("lsm/socket_connect")
int BPF_PROG(hook_socket_connect, struct socket *sock, struct sockaddr *address, int addrlen)
{
	struct domicile_taint *taint = taint_current();
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
	    egress_check(sock, &to, taint, DOMICILE_HOOK_SOCKET_SENDMSG, size))
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

SEC("lsm/socket_sendmsg")
int BPF_PROG(hook_socket_sendmsg, struct socket *sock, struct msghdr *msg, int size)
{
	struct domicile_taint *taint;
	struct sock *sk = sock->sk;
	int err;

	if (!sk || !tainted_host())
		return 0;
	if (msg->msg_flags & MSG_SPLICE_PAGES && splice_take())
		return -EPERM;
	taint = taint_current();
	if (!taint)
		return 0;
	if (sk->__sk_common.skc_family != AF_UNIX && is_owned_network(sk)) {
		refuse_family(sk, taint, DOMICILE_HOOK_SOCKET_SENDMSG,
			      DOMICILE_REASON_USER_NAMESPACE);
		return -EPERM;
	}
	switch (sk->__sk_common.skc_family) {
	case AF_UNIX:
		err = sock_join_out(sk, taint);
		break;
	case AF_INET:
	case AF_INET6:
		err = inet_send(sock, msg, size, taint);
		break;
	case AF_NETLINK:
		err = netlink_send(sock, msg, taint);
		break;
	default:
		err = refuse_family(sk, taint, DOMICILE_HOOK_SOCKET_SENDMSG,
				    DOMICILE_REASON_FAMILY);
	}
	return err ? -EPERM : 0;
}

/* --- packets --------------------------------------------------------------- */

struct packet {
	struct destination to;
	struct local_flow flow;
	__u32 payload; /* offset of the transport header */
};

static __always_inline bool packet_parse_v4(struct __sk_buff *skb, struct packet *packet)
{
	struct iphdr ip;

	if (bpf_skb_load_bytes(skb, 0, &ip, sizeof(ip)))
		return false;
	packet->to.protocol = ip.protocol;
	destination_v4(&packet->to, ip.daddr);
	*(__be32 *)packet->flow.saddr = ip.saddr;
	*(__be32 *)packet->flow.daddr = ip.daddr;
	packet->payload = ip.ihl * 4;
	return true;
}

static __always_inline bool packet_parse_v6(struct __sk_buff *skb, struct packet *packet)
{
	struct ipv6hdr ip;

	if (bpf_skb_load_bytes(skb, 0, &ip, sizeof(ip)))
		return false;
	packet->to.protocol = ip.nexthdr;
	packet->to.family = AF_INET6;
	__builtin_memcpy(packet->to.address, &ip.daddr, sizeof(ip.daddr));
	__builtin_memcpy(packet->flow.saddr, &ip.saddr, sizeof(ip.saddr));
	__builtin_memcpy(packet->flow.daddr, &ip.daddr, sizeof(ip.daddr));
	packet->payload = sizeof(ip);
	return true;
}

/* Ports are left 0 where there are none, and in later fragments. */
static __noinline bool packet_parse(struct __sk_buff *skb, struct packet *packet)
{
	struct sk_buff *kernel_skb = bpf_cast_to_kern_ctx(skb);
	bool known = false;
	__be16 ports[2];

	if (!packet)
		return false;
	if (skb->protocol == bpf_htons(ETH_P_IP))
		known = packet_parse_v4(skb, packet);
	else if (skb->protocol == bpf_htons(ETH_P_IPV6))
		known = packet_parse_v6(skb, packet);
	if (!known)
		return false;
	packet->flow.protocol = packet->to.protocol;
	packet->flow.netns = kernel_skb->dev->nd_net.net->net_cookie;
	if (packet->to.protocol != IPPROTO_TCP && packet->to.protocol != IPPROTO_UDP)
		return true;
	if (!bpf_skb_load_bytes(skb, packet->payload & 0xff, ports, sizeof(ports))) {
		packet->flow.sport = ports[0];
		packet->flow.dport = packet->to.port = ports[1];
	}
	return true;
}

#define LOCAL_FLOW_LIFE (5ull * 1000 * 1000 * 1000) /* ns; a packet takes far less */

static long local_flow_expire(void *map, struct local_flow *key, struct local_flow_label *label,
			      void *context)
{
	if (bpf_ktime_get_boot_ns() - label->time > LOCAL_FLOW_LIFE)
		bpf_map_delete_elem(&local_flows, key);
	return 0;
}

/* A labelled packet sets out for this host itself. Return: 0, or -ENOMEM. */
static __noinline int local_flow_note(const struct local_flow *flow,
				      const struct domicile_sock_label *label)
{
	struct domicile_state *st = state_get();
	struct local_flow_label new = {};
	struct local_flow_label *old;

	if (!flow || !label || !st)
		return -ENOMEM;
	st->flows = 1;
	old = bpf_map_lookup_elem(&local_flows, flow);
	if (old) {
		label_set_join_shared(&old->set, &label->out);
		old->time = bpf_ktime_get_boot_ns();
		return 0;
	}
	new.set = label->out;
	new.origin = label->out_origin;
	new.time = bpf_ktime_get_boot_ns();
	if (!bpf_map_update_elem(&local_flows, flow, &new, BPF_ANY))
		return 0;
	bpf_for_each_map_elem(&local_flows, local_flow_expire, NULL, 0);
	if (!bpf_map_update_elem(&local_flows, flow, &new, BPF_ANY))
		return 0;
	count(DOMICILE_COUNT_NO_MEMORY);
	return -ENOMEM;
}

/* A labelled packet: 1 passes, 0 drops. */
static __noinline int egress_packet(struct __sk_buff *skb, __u32 type,
				    struct domicile_sock_label *label)
{
	struct audit_event event = { .hook = DOMICILE_HOOK_CGROUP_EGRESS };
	struct packet packet = {};

	if (!label || !packet_parse(skb, &packet))
		return 0;
	if (skb->ifindex == LOOPBACK_IFINDEX)
		return !local_flow_note(&packet.flow, label);
	packet.to.type = type;
	if (!network_judge(&packet.to, &label->out, &event))
		return 1;
	event.origin = label->out_origin;
	event.bytes = skb->len;
	audit_emit_packet(&event, label);
	return event.verdict != DOMICILE_VERDICT_DENY;
}

/*
 * What was let through by a call may be queued when the policy changes, and a
 * call may name one destination and a packet another.
 */
SEC("cgroup_skb/egress")
int hook_cgroup_egress(struct __sk_buff *skb)
{
	struct domicile_state *st = state_get();
	struct domicile_sock_label *label;
	struct bpf_sock *sk = skb->sk;

	if (!st || !st->tainted || !sk)
		return 1;
	sk = bpf_sk_fullsock(sk);
	if (!sk)
		return 1;
	label = bpf_sk_storage_get(&sock_labels, sk, 0, 0);
	if (!label || label_set_empty(&label->out))
		return 1;
	return egress_packet(skb, sk->type, label) ? 1 : 0;
}

static __always_inline bool tcp_has_data(struct __sk_buff *skb, struct packet *packet)
{
	__u8 offset;

	if (bpf_skb_load_bytes(skb, (packet->payload & 0xff) + 12, &offset, sizeof(offset)))
		return true;
	return skb->len > packet->payload + (offset >> 4) * 4;
}

/* Nobody reads from the sockets below an MPTCP socket: a label would end there. */
static __always_inline bool is_subflow(struct __sk_buff *skb)
{
	struct sk_buff *kernel_skb = bpf_cast_to_kern_ctx(skb);
	struct sock *sk = BPF_CORE_READ(kernel_skb, sk);
	struct socket *sock = BPF_CORE_READ(sk, sk_socket);

	return sock && BPF_CORE_READ(sock, sk) != sk;
}

/*
 * A labelled packet arrives from this host itself: its label goes to the socket
 * before its data does. Data that comes with the handshake meets the listening
 * socket, where it would taint every later connection: it is dropped, and comes
 * again when the connection has its own socket.
 */
static __noinline int ingress_packet(struct __sk_buff *skb)
{
	struct domicile_sock_label *socket;
	struct local_flow_label *label;
	struct bpf_sock *sk = skb->sk;
	struct packet packet = {};

	if (!sk)
		return 1;
	if (!packet_parse(skb, &packet))
		return 1;
	label = bpf_map_lookup_elem(&local_flows, &packet.flow);
	if (!label || bpf_ktime_get_boot_ns() - label->time > LOCAL_FLOW_LIFE)
		return 1;
	sk = bpf_sk_fullsock(sk);
	if (!sk)
		return 1;
	if (sk->state == BPF_TCP_LISTEN && packet.to.protocol == IPPROTO_TCP)
		return !tcp_has_data(skb, &packet);
	if (is_subflow(skb))
		return 0;
	socket = bpf_sk_storage_get(&sock_labels, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!socket) {
		count(DOMICILE_COUNT_NO_MEMORY);
		return 0;
	}
	label_set_join_shared(&socket->in, &label->set);
	socket->in_origin = label->origin;
	return 1;
}

SEC("cgroup_skb/ingress")
int hook_cgroup_ingress(struct __sk_buff *skb)
{
	struct domicile_state *st = state_get();

	if (!st || !st->flows || skb->ifindex != LOOPBACK_IFINDEX)
		return 1;
	return ingress_packet(skb) ? 1 : 0;
}
