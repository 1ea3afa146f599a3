/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names that labelled processes look up: a resolver that the policy declares
 * answers everybody, and is not labelled for it. What it can be told is limited
 * instead: one name a query, so long and so often, and nothing beside it.
 */
#ifndef DOMICILE_RESOLVER_BPF_H
#define DOMICILE_RESOLVER_BPF_H

#include "allow.bpf.h"

#define DNS_HEADER 12
#define DNS_LABELS_MAX 127
#define DNS_TYPE_OPT 41
#define DNS_CLASS_IN 1
#define NSEC_PER_SEC 1000000000ull

/* What follows the name. */
struct dns_question {
	__be16 type;
	__be16 class;
};

/* EDNS, RFC 6891, without options. */
struct dns_opt {
	__u8 name;
	__be16 type;
	__be16 size;
	__u8 rcode;
	__u8 version;
	__be16 flags; /* the highest bit: DNSSEC is understood */
	__be16 length;
} __attribute__((packed));

/* Programs: when the next query of a process (pid) is due at its rate, CLOCK_BOOTTIME, ns. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, __u64);
} resolver_quotas SEC(".maps");

/* Return: the index of the declared resolver that @to is, or -1. */
__noinline int resolver_find(const struct destination *to)
{
	struct domicile_state *st = state_get();
	const struct domicile_slot *slot;

	if (!st || !to)
		return -1;
	slot = &st->slot[st->generation % DOMICILE_SLOTS];
	for (__u32 i = 0; i < DOMICILE_RESOLVERS_MAX && i < slot->resolver_count; i++) {
		const struct domicile_resolver *resolver = &slot->resolvers[i];

		if (resolver->family == to->family && resolver->port == to->port &&
		    *(const __u64 *)resolver->address == *(const __u64 *)to->address &&
		    *(const __u64 *)(resolver->address + 8) == *(const __u64 *)(to->address + 8))
			return i;
	}
	return -1;
}

static __always_inline const struct domicile_resolver *resolver_get(int index)
{
	struct domicile_state *st = state_get();

	if (!st || index < 0 || index >= DOMICILE_RESOLVERS_MAX)
		return NULL;
	return &st->slot[st->generation % DOMICILE_SLOTS].resolvers[index];
}

/* Return: the offset behind the name at @offset, or 0 if it is longer than @length. */
__noinline int dns_name(struct __sk_buff *skb, __u32 offset, __u32 length)
{
	__u32 at = offset;
	__u8 size;

	for (int i = 0; i < DNS_LABELS_MAX; i++) {
		if (bpf_skb_load_bytes(skb, at, &size, sizeof(size)) || size > 63)
			return 0;
		at += 1 + size;
		if (!size)
			return at;
		if (at - offset > length + 1)
			return 0;
	}
	return 0;
}

/* An additional record that says no more than what the client understands. */
static __always_inline bool dns_opt_is_plain(struct __sk_buff *skb, __u32 at)
{
	struct dns_opt opt;

	return !bpf_skb_load_bytes(skb, at, &opt, sizeof(opt)) && !opt.name &&
	       opt.type == bpf_htons(DNS_TYPE_OPT) && !opt.rcode && !opt.version &&
	       !(opt.flags & bpf_htons(0x7fff)) && !opt.length;
}

/* Is the packet from @offset on one question, for a name of at most @length characters? */
__noinline int dns_query_is_plain(struct __sk_buff *skb, __u32 offset, __u32 length)
{
	struct dns_question question;
	__be16 header[6];
	__u32 at;

	if (bpf_skb_load_bytes(skb, offset, header, sizeof(header)))
		return 0;
	/* A query that may ask for recursion, DNSSEC data, and that it is not checked. */
	if (header[1] & bpf_htons(0xfecf) || header[2] != bpf_htons(1) || header[3] || header[4] ||
	    header[5] & bpf_htons(0xfffe))
		return 0;
	at = dns_name(skb, offset + DNS_HEADER, length);
	if (!at || bpf_skb_load_bytes(skb, at, &question, sizeof(question)) ||
	    question.class != bpf_htons(DNS_CLASS_IN))
		return 0;
	at += sizeof(question);
	if (header[5]) {
		if (!dns_opt_is_plain(skb, at))
			return 0;
		at += sizeof(struct dns_opt);
	}
	return at == skb->len;
}

/* May the process ask now? It may save up queries of one second. */
static __noinline bool resolver_granted(__u32 pid, __u32 rate)
{
	__u64 now = bpf_ktime_get_boot_ns(), old, new;
	__u64 *due;

	if (!rate)
		return false;
	due = bpf_map_lookup_elem(&resolver_quotas, &pid);
	if (!due) {
		new = now + NSEC_PER_SEC / rate;
		return !bpf_map_update_elem(&resolver_quotas, &pid, &new, BPF_NOEXIST);
	}
	old = *(volatile __u64 *)due;
	new = (old > now ? old : now) + NSEC_PER_SEC / rate;
	if (new > now + NSEC_PER_SEC)
		return false;
	return __sync_val_compare_and_swap(due, old, new) == old;
}

#endif /* DOMICILE_RESOLVER_BPF_H */
