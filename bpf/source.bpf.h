/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Labels come in from the network: what arrives at a port that the policy names as
 * a source. Looked up when data is received, so that connections and packets that
 * were there before the policy count too.
 */
#ifndef DOMICILE_SOURCE_BPF_H
#define DOMICILE_SOURCE_BPF_H

#include "network.bpf.h"

#define SOCK_BINDPORT_LOCK 8

/* User space: one inner map a slot. Keys and values: see struct domicile_listen. */
struct listens_slot {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(struct domicile_listen));
	__uint(value_size, sizeof(struct domicile_label_set));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, DOMICILE_SLOTS);
	__type(key, __u32);
	__array(values, struct listens_slot);
} listens SEC(".maps");

/* What a receiver takes. */
struct source {
	struct domicile_label_set set;
	__u64 origin;
};

/* May data that arrives be labelled for where it comes from? */
static __always_inline bool sources_listen(void)
{
	struct domicile_state *st = state_get();

	return st && st->listens;
}

/* Can data that is received be labelled? */
static __always_inline bool arrivals_labelled(void)
{
	struct domicile_state *st = state_get();

	return st && (st->tainted || st->listens);
}

/*
 * The labels of what @peer sends to its local port. Where its class cannot be
 * told: all that there are for the port.
 *
 * Return: 0 if it gets none.
 */
__noinline int source_labels(const struct domicile_peer *peer, struct domicile_label_set *set)
{
	struct domicile_state *st = state_get();
	__u32 slot = st ? st->generation % DOMICILE_SLOTS : 0;
	void *table = bpf_map_lookup_elem(&listens, &slot);
	struct domicile_label_set *some, *found;
	struct domicile_listen key = {};

	if (!peer || !set || !st || !table)
		return 0;
	key.protocol = peer->protocol;
	key.port = peer->local_port;
	key.class = DOMICILE_CLASS_SOME;
	some = bpf_map_lookup_elem(table, &key);
	if (!some)
		return 0;
	key.class = DOMICILE_CLASS_ANY;
	found = bpf_map_lookup_elem(table, &key);
	label_set_clear(set);
	if (found)
		*set = *found;
	if (label_set_covers(set, some))
		return 1;
	key.class = address_class(st, slot, peer->family, peer->address);
	found = key.class == CLASS_UNKNOWN ? some : bpf_map_lookup_elem(table, &key);
	if (found)
		label_set_join(set, found);
	return !label_set_empty(set);
}

/* Remembers where from. Return: the origin. */
__noinline __u64 source_origin(const struct domicile_peer *peer)
{
	struct domicile_origin *origin;
	const __u64 *words;
	__u64 key;

	if (!peer)
		return 0;
	words = (const __u64 *)peer;
	key = words[0] * 0x9e3779b97f4a7c15ull;
	key = (key ^ key >> 29 ^ words[1]) * 0x9e3779b97f4a7c15ull;
	key = (key ^ key >> 29 ^ words[2]) * 0x9e3779b97f4a7c15ull;
	bpf_map_update_elem(&origins, &key, &origin_unknown, BPF_NOEXIST);
	origin = bpf_map_lookup_elem(&origins, &key);
	if (!origin || origin->time)
		return key;
	origin->pid = bpf_get_current_pid_tgid() >> 32;
	origin->peer = *peer;
	origin->time = bpf_ktime_get_boot_ns();
	return key;
}

static __always_inline bool source_find(const struct domicile_peer *peer, struct source *source)
{
	if (!source_labels(peer, &source->set))
		return false;
	source->origin = source_origin(peer);
	return true;
}

static __always_inline void peer_v4(struct domicile_peer *peer, __be32 address)
{
	peer->family = AF_INET;
	__builtin_memset(peer->address, 0, sizeof(peer->address));
	*(__be32 *)peer->address = address;
}

/*
 * Did @sk make its connection itself? A socket that was accepted has the port of
 * the one that listened, without a lock of its own; the port of one that connects
 * was bound by the program, or given to it for nothing but connections.
 */
static __always_inline bool has_connected(struct sock *sk)
{
	struct inet_bind_bucket *bucket;

	if (BPF_CORE_READ_BITFIELD_PROBED(sk, sk_userlocks) & SOCK_BINDPORT_LOCK)
		return true;
	bucket = BPF_CORE_READ((struct inet_connection_sock *)sk, icsk_bind_hash);
	return bucket && BPF_CORE_READ(bucket, fastreuse) < 0;
}

/* What data that arrives on the stream socket @sk is labelled with. False: with nothing. */
static __noinline bool source_of_stream(struct sock *sk, struct source *source)
{
	struct domicile_peer peer = { .protocol = IPPROTO_TCP };
	__u16 protocol = BPF_CORE_READ(sk, sk_protocol);

	if (!source || (protocol != IPPROTO_TCP && protocol != IPPROTO_MPTCP) || has_connected(sk))
		return false;
	peer.family = BPF_CORE_READ(sk, __sk_common.skc_family);
	peer.port = BPF_CORE_READ(sk, __sk_common.skc_dport);
	peer.local_port = BPF_CORE_READ((struct inet_sock *)sk, inet_sport);
	if (peer.family == AF_INET6)
		BPF_CORE_READ_INTO(&peer.address, sk, __sk_common.skc_v6_daddr.in6_u.u6_addr8);
	if (peer.family == AF_INET)
		peer_v4(&peer, BPF_CORE_READ(sk, __sk_common.skc_daddr));
	else if (peer.family == AF_INET6 && is_v4_mapped(peer.address))
		peer_v4(&peer, *(__be32 *)(peer.address + 12));
	else if (peer.family != AF_INET6)
		return false;
	return source_find(&peer, source);
}

/* As source_of_stream(), of a datagram that @sk received. */
static __noinline bool source_of_datagram(struct sock *sk, struct sk_buff *skb,
					  struct source *source)
{
	struct domicile_peer peer = { .protocol = IPPROTO_UDP };
	void *head = BPF_CORE_READ(skb, head), *header;
	struct udphdr *udp;

	if (!source || BPF_CORE_READ(sk, sk_protocol) != IPPROTO_UDP ||
	    !(BPF_CORE_READ_BITFIELD_PROBED(sk, sk_userlocks) & SOCK_BINDPORT_LOCK))
		return false;
	header = head + BPF_CORE_READ(skb, network_header);
	udp = head + BPF_CORE_READ(skb, transport_header);
	peer.port = BPF_CORE_READ(udp, source);
	peer.local_port = BPF_CORE_READ((struct inet_sock *)sk, inet_sport);
	if (BPF_CORE_READ(skb, protocol) == bpf_htons(ETH_P_IP)) {
		peer_v4(&peer, BPF_CORE_READ((struct iphdr *)header, saddr));
	} else {
		peer.family = AF_INET6;
		BPF_CORE_READ_INTO(&peer.address, (struct ipv6hdr *)header, saddr.in6_u.u6_addr8);
	}
	return source_find(&peer, source);
}

#endif /* DOMICILE_SOURCE_BPF_H */
