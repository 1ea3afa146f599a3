// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keys of the kernel's keyrings: their payloads hold data, and so does what
 * request_key() tells the program that makes a key, which is a key as well. A
 * keyring holds but keys, and their names.
 */
#include "object.bpf.h"

#define KEY_NEED_WRITE 3

/* Programs: labelled keys, by address of the key. Deleted before that is freed. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct object_label);
} key_labels SEC(".maps");

static __always_inline bool is_keyring(struct key *key)
{
	char name[8] = {};

	bpf_probe_read_kernel_str(name, sizeof(name), BPF_CORE_READ(key, type, name));
	return !bpf_strncmp(name, sizeof(name), "keyring");
}

/*
 * A key is made, by whoever adds it, or by the program that request_key() starts,
 * which also gets a key with what it is told.
 */
SEC("fentry/__key_instantiate_and_link")
int BPF_PROG(trace_key_instantiate_and_link, struct key *key)
{
	struct domicile_taint *taint = taint_current_traced();

	if (taint && !is_keyring(key) && object_join(&key_labels, (__u64)key, taint))
		flow_lost(DOMICILE_HOOK_KEY, &all_labels);
	return 0;
}

/* Before a payload is replaced. The lowest bit of a reference says who owns the key. */
SEC("lsm/key_permission")
int BPF_PROG(hook_key_permission, void *reference, const struct cred *cred, unsigned int need)
{
	struct domicile_taint *taint;
	__u64 key;

	if (need != KEY_NEED_WRITE)
		return 0;
	taint = taint_current();
	if (!taint || bpf_get_func_arg(ctx, 0, &key))
		return 0;
	key &= ~1ull;
	if (is_keyring((struct key *)key))
		return 0;
	return object_join(&key_labels, key, taint) ? -ENOMEM : 0;
}

/* Whoever looks at a key's payload asks first whether it is valid, with its lock held. */
SEC("fentry/key_validate")
int BPF_PROG(trace_key_validate, struct key *key)
{
	object_take(&key_labels, (__u64)key, DOMICILE_HOOK_KEY);
	return 0;
}

SEC("fentry/security_key_free")
int BPF_PROG(trace_security_key_free, struct key *key)
{
	__u64 address = (__u64)key;

	if (tainted_host())
		bpf_map_delete_elem(&key_labels, &address);
	return 0;
}
