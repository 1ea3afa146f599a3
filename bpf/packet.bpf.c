// SPDX-License-Identifier: GPL-2.0-only
/*
 * Labelled packets: judged once more on their way out, because a call may name
 * one destination and a packet another, and policies change while packets wait;
 * and followed where they go to this host itself.
 */
#include "netdev.bpf.h"
#include "label.bpf.h"
#include "network.bpf.h"
#include "resolver.bpf.h"
#include "socket.bpf.h"

struct packet {
	struct destination to;
	struct local_flow flow;
	__u32 payload; /* offset of the transport header */
	bool stops; /* names other places where it goes before, or after, its destination */
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

/* A routing header is the first of all, but for hop-by-hop options. */
static __always_inline bool has_stops(struct __sk_buff *skb, __u8 next)
{
	if (next == IPPROTO_HOPOPTS && bpf_skb_load_bytes(skb, sizeof(struct ipv6hdr), &next, 1))
		return true;
	return next == IPPROTO_ROUTING;
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
	packet->stops = has_stops(skb, ip.nexthdr);
	return true;
}

static __always_inline bool has_ports(__u8 protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		return true;
	default:
		return false;
	}
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
	if (!has_ports(packet->to.protocol))
		return true;
	if (!bpf_skb_load_bytes(skb, packet->payload & 0xff, ports, sizeof(ports))) {
		packet->flow.sport = ports[0];
		packet->flow.dport = packet->to.port = ports[1];
	}
	return true;
}

#define LOCAL_FLOW_LIFE (5ull * 1000 * 1000 * 1000) /* ns; a packet takes far less */
#define LOCAL_FLOW_WALK (100ull * 1000 * 1000) /* ns; between two looks at all of them */
#define LOCAL_FLOWS_EACH 4096 /* new ones of one process in LOCAL_FLOW_LIFE */

/* Another CPU's clock may be a little ahead: a label of the future is a new one. */
static __always_inline bool local_flow_is_over(const struct local_flow_label *label)
{
	return (__s64)(bpf_ktime_get_boot_ns() - label->time) > (__s64)LOCAL_FLOW_LIFE;
}

static long local_flow_expire(void *map, struct local_flow *key, struct local_flow_label *label,
			      void *context)
{
	if (local_flow_is_over(label))
		bpf_map_delete_elem(&local_flows, key);
	return 0;
}

__u64 local_flows_walked; /* CLOCK_BOOTTIME, ns */

static __always_inline void local_flows_expire(__u64 now)
{
	__u64 last = local_flows_walked;

	if (now - last > LOCAL_FLOW_WALK &&
	    __sync_val_compare_and_swap(&local_flows_walked, last, now) == last)
		bpf_for_each_map_elem(&local_flows, local_flow_expire, NULL, 0);
}

/* One process that sends everywhere leaves room for the others. */
static __always_inline bool local_flow_granted(__u32 pid, __u64 now)
{
	struct local_flow_quota *quota = bpf_map_lookup_elem(&local_flow_quotas, &pid);
	struct local_flow_quota new = { .since = now };

	if (!quota || now - quota->since > LOCAL_FLOW_LIFE) {
		bpf_map_update_elem(&local_flow_quotas, &pid, &new, BPF_ANY);
		return true;
	}
	return __sync_fetch_and_add(&quota->count, 1) < LOCAL_FLOWS_EACH;
}

/* Return: 0, or -ENOMEM. */
static __noinline int local_flow_new(const struct local_flow *flow,
				     const struct domicile_sock_label *label)
{
	__u64 now = bpf_ktime_get_boot_ns();
	struct local_flow_label new = {};

	if (!flow || !label || !local_flow_granted(label->pid, now))
		return -ENOMEM;
	new.set = label->out;
	new.origin = label->out_origin;
	new.time = now;
	if (!bpf_map_update_elem(&local_flows, flow, &new, BPF_ANY))
		return 0;
	local_flows_expire(now);
	return bpf_map_update_elem(&local_flows, flow, &new, BPF_ANY) ? -ENOMEM : 0;
}

/* A labelled packet sets out for this host itself. Return: 0, or -ENOMEM. */
static __noinline int local_flow_note(const struct local_flow *flow,
				      const struct domicile_sock_label *label)
{
	struct domicile_state *st = state_get();
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
	if (!local_flow_new(flow, label))
		return 0;
	count(DOMICILE_COUNT_NO_MEMORY);
	return -ENOMEM;
}

/* SKB_DST_NOREF is no part of the address. */
static __always_inline struct dst_entry *route_of(struct sk_buff *skb)
{
	return (struct dst_entry *)(skb->_skb_refdst & ~1ul);
}

/*
 * May data labelled @set go out by the packet's route and device? One that puts
 * packets into others, or hands them to a process, is a sink that no rule names.
 */
static __always_inline bool way_judge(struct __sk_buff *skb, const struct packet *packet,
				      const struct domicile_label_set *set,
				      struct audit_event *event)
{
	struct sk_buff *kernel_skb = bpf_cast_to_kern_ctx(skb);

	if (packet->stops || !route_is_plain(route_of(kernel_skb)))
		event->reason = DOMICILE_REASON_ROUTE;
	else if (!device_is_plain(kernel_skb->dev))
		event->reason = DOMICILE_REASON_NETDEV;
	else
		return true;
	event->verdict = DOMICILE_VERDICT_DENY;
	event->denied = *set;
	return false;
}

/*
 * A labelled packet to a declared resolver, by UDP: 1 passes, 0 drops. IP options
 * would say more than the query.
 */
static __noinline int resolver_packet(struct __sk_buff *skb, const struct packet *packet,
				      const struct domicile_sock_label *label,
				      const struct domicile_label_set *set, int index)
{
	const struct domicile_resolver *resolver = resolver_get(index);
	struct audit_event event = {
		.hook = DOMICILE_HOOK_CGROUP_EGRESS,
		.verdict = DOMICILE_VERDICT_DENY,
		.reason = DOMICILE_REASON_RESOLVER,
		.object = DOMICILE_OBJECT_ADDRESS,
	};
	__u32 payload;

	if (!resolver || !packet || !label || !set)
		return 0;
	payload = packet->to.family == AF_INET ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
	event.family = packet->to.family;
	event.type = packet->to.type;
	event.protocol = packet->to.protocol;
	event.port = packet->to.port;
	__builtin_memcpy(event.address, packet->to.address, sizeof(event.address));
	event.class = CLASS_UNKNOWN;
	event.origin = label->out_origin;
	event.bytes = skb->len;
	if (packet->payload == payload &&
	    dns_query_is_plain(skb, payload + sizeof(struct udphdr), resolver->length) &&
	    resolver_granted(label->pid, resolver->rate))
		event.verdict = DOMICILE_VERDICT_ALLOW;
	else
		event.denied = *set;
	if (event.verdict == DOMICILE_VERDICT_DENY || allow_has_room())
		audit_emit_packet(&event, label, set);
	return event.verdict == DOMICILE_VERDICT_ALLOW;
}

/* A labelled packet: 1 passes, 0 drops. */
static __noinline int egress_packet(struct __sk_buff *skb, __u32 type,
				    struct domicile_sock_label *label)
{
	struct audit_event event = { .hook = DOMICILE_HOOK_CGROUP_EGRESS };
	struct domicile_label_set set;
	struct packet packet = {};
	int resolver;

	if (!label || !packet_parse(skb, &packet))
		return 0;
	packet.to.type = type;
	set = label->out;
	label_set_join(&set, &label->kept);
	if (type == SOCK_DGRAM && packet.to.protocol == IPPROTO_UDP) {
		resolver = resolver_find(&packet.to);
		if (resolver >= 0)
			return resolver_packet(skb, &packet, label, &set, resolver);
	}
	if (skb->ifindex == LOOPBACK_IFINDEX)
		return label_set_empty(&label->out) || !local_flow_note(&packet.flow, label);
	if (!network_judge(&packet.to, &set, &event) && way_judge(skb, &packet, &set, &event))
		return 1;
	event.origin = label->out_origin;
	event.bytes = skb->len;
	audit_emit_packet(&event, label, &set);
	return event.verdict != DOMICILE_VERDICT_DENY;
}

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
	if (!label || (label_set_empty(&label->out) && label_set_empty(&label->kept)))
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
	if (!label || local_flow_is_over(label))
		return 1;
	sk = bpf_sk_fullsock(sk);
	if (!sk)
		return 1;
	if (sk->state == BPF_TCP_LISTEN && packet.to.protocol == IPPROTO_TCP)
		return !tcp_has_data(skb, &packet);
	if (is_subflow(skb))
		return 0;
	socket = storage_make(sk, &sock_labels, sk);
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
