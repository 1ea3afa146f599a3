// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages of System V and POSIX queues. All of them are made by load_msg() in
 * the context of who sends, and taken by store_msg() in that of who receives,
 * whether it waited or not; what lies in between has hooks for some of them.
 */
#include "object.bpf.h"

/* Programs: labelled messages, by address of the msg_msg. Deleted before that is freed. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct object_label);
} message_labels SEC(".maps");

SEC("lsm/msg_msg_alloc_security")
int BPF_PROG(hook_msg_msg_alloc_security, struct msg_msg *msg)
{
	struct domicile_taint *taint = taint_current();

	return taint && object_join(&message_labels, (__u64)msg, taint) ? -ENOMEM : 0;
}

SEC("lsm/msg_msg_free_security")
int BPF_PROG(hook_msg_msg_free_security, struct msg_msg *msg)
{
	__u64 key = (__u64)msg;

	if (tainted_host())
		bpf_map_delete_elem(&message_labels, &key);
	return 0;
}

SEC("fentry/store_msg")
int BPF_PROG(trace_store_msg, void *to, struct msg_msg *msg)
{
	object_take(&message_labels, (__u64)msg, DOMICILE_HOOK_MESSAGE);
	return 0;
}

/* MSG_COPY: the receiver gets a message of its own. */
SEC("fentry/copy_msg")
int BPF_PROG(trace_copy_msg, struct msg_msg *from, struct msg_msg *to)
{
	object_take(&message_labels, (__u64)from, DOMICILE_HOOK_MESSAGE);
	return 0;
}
