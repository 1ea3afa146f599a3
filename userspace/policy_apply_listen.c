// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include <bpf/bpf.h>

#include "cleanup.h"
#include "policy_apply_listen.h"

struct filling {
	const struct policy *policy;
	const __u32 *indices;
	int map;
};

static int listen_add(const struct filling *filling, const struct policy_listen *listen,
		      __u32 class)
{
	struct domicile_listen key = { class, listen->protocol, htons(listen->port) };
	struct domicile_label_set set = { 0 };

	bpf_map_lookup_elem(filling->map, &key, &set);
	label_set_add(&set, filling->indices[listen->label]);
	return bpf_map_update_elem(filling->map, &key, &set, 0) ? -errno : 0;
}

static bool class_has(const struct policy_class *class, __u32 network)
{
	for (size_t i = 0; i < class->network_count; i++)
		if (class->networks[i] == network)
			return true;
	return false;
}

static int listen_fill(const struct filling *filling, const struct policy_listen *listen)
{
	const struct policy *policy = filling->policy;
	int err = listen_add(filling, listen, DOMICILE_CLASS_SOME);

	if (!err && listen->network == POLICY_ANYWHERE)
		return listen_add(filling, listen, DOMICILE_CLASS_ANY);
	for (size_t i = 0; i < policy->class_count && !err; i++)
		if (class_has(&policy->classes[i], listen->network))
			err = listen_add(filling, listen, i);
	return err;
}

static __u32 listen_entries(const struct policy *policy, const struct policy_listen *listen)
{
	__u32 count = 2;

	for (size_t i = 0; i < policy->class_count; i++)
		count += class_has(&policy->classes[i], listen->network);
	return count;
}

int policy_apply_listens(const struct policy *policy, const __u32 *indices,
			 const struct enforcement *enforcement, __u32 slot)
{
	struct filling filling = { policy, indices, -1 };
	cleanup(close_fd) int map = -1;
	__u32 entries = 1;
	int err = 0;

	for (size_t i = 0; i < policy->listen_count; i++)
		entries += listen_entries(policy, &policy->listens[i]);
	map = bpf_map_create(BPF_MAP_TYPE_HASH, "listens_slot", sizeof(struct domicile_listen),
			     sizeof(struct domicile_label_set), entries, NULL);
	if (map < 0)
		return -errno;
	filling.map = map;
	for (size_t i = 0; i < policy->listen_count && !err; i++)
		err = listen_fill(&filling, &policy->listens[i]);
	if (err)
		return err;
	return bpf_map_update_elem(enforcement->listens, &slot, &map, 0) ? -errno : 0;
}
