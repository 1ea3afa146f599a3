/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Labelled data that a rule lets go: one record for each socket and destination, so
 * that it can be said where the data went.
 */
#ifndef DOMICILE_ALLOW_BPF_H
#define DOMICILE_ALLOW_BPF_H

#include "network.bpf.h"

#define BPF_RB_AVAIL_DATA 0

struct allowed_flow {
	__u64 socket; /* cookie */
	__u16 family;
	__u16 protocol;
	__u16 reserved;
	__be16 port;
	__u8 address[16];
};

struct allowed_flow_label {
	struct domicile_label_set set;
	__u64 generation; /* of the policy */
};

/* Programs: what was recorded already. One that is forgotten is recorded anew. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct allowed_flow);
	__type(value, struct allowed_flow_label);
} allowed_flows SEC(".maps");

static __always_inline void allowed_flow_make(struct allowed_flow *flow, struct sock *sk,
					      const struct destination *to)
{
	flow->socket = bpf_get_socket_cookie(sk);
	flow->family = to->family;
	flow->protocol = to->protocol;
	flow->port = to->port;
	__builtin_memcpy(flow->address, to->address, sizeof(flow->address));
}

static __always_inline bool allowed_before(const struct allowed_flow *flow,
					   const struct domicile_label_set *set, __u64 generation)
{
	struct allowed_flow_label *label = bpf_map_lookup_elem(&allowed_flows, flow);

	return label && label->generation == generation && label_set_covers(&label->set, set);
}

/*
 * The room in the ring that records of refusals may need stays free. What is not
 * recorded now is when more is sent.
 */
static __always_inline bool allow_has_room(void)
{
	if (bpf_ringbuf_query(&records, BPF_RB_AVAIL_DATA) <= RECORDS_SIZE / 2)
		return true;
	count(DOMICILE_COUNT_ALLOWED_UNRECORDED);
	return false;
}

#endif /* DOMICILE_ALLOW_BPF_H */
