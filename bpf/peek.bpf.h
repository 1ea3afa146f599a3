/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The label of an inode, for tracing programs: the kernel lets LSM programs
 * alone ask inode storage (kernel/bpf/bpf_inode_storage.c), so this walks it as
 * the kernel does, through the part of inode->i_security that is BPF's.
 */
#ifndef DOMICILE_PEEK_BPF_H
#define DOMICILE_PEEK_BPF_H

#include "compat.bpf.h"
#include "maps.bpf.h"

/* Has any file got a label that inode storage may not have yet? */
static __always_inline struct domicile_inode_label *inode_grown(struct inode *inode)
{
	struct domicile_state *st = state_get();
	__u64 key = (__u64)inode;

	return st && st->grown ? bpf_map_lookup_elem(&grown_labels, &key) : NULL;
}

#define STORAGES_MAX 16 /* maps that keep something with one inode, of all BPF users */

static __always_inline struct bpf_local_storage *inode_storage(struct inode *inode)
{
	void *blob = BPF_CORE_READ(inode, i_security);
	struct bpf_local_storage *storage = NULL;
	struct lsm_blob_sizes sizes;

	if (!blob || bpf_probe_read_kernel(&sizes, sizeof(sizes), &bpf_lsm_blob_sizes))
		return NULL;
	blob += sizes.lbs_inode;
	bpf_core_read(&storage, sizeof(storage), &((struct bpf_storage_blob *)blob)->storage);
	return storage;
}

static __noinline bool storage_peek(struct inode *inode, struct domicile_inode_label *copy)
{
	void *map = &inode_labels;
	struct bpf_local_storage *storage = inode ? inode_storage(inode) : NULL;
	struct hlist_node *node;

	if (!storage || !copy)
		return false;
	node = BPF_CORE_READ(storage, list.first);
	for (int i = 0; i < STORAGES_MAX && node; i++) {
		struct bpf_local_storage_elem *elem = (void *)node -
			bpf_core_field_offset(struct bpf_local_storage_elem, snode);

		if (BPF_CORE_READ(elem, sdata.smap) == map)
			return !bpf_core_read(copy, sizeof(*copy), &elem->sdata.data);
		node = BPF_CORE_READ(node, next);
	}
	return false;
}

/*
 * inode_label_peek - copy what is remembered of @inode's label
 *
 * Inside an RCU read-side section; the copy may be of any moment since.
 *
 * Return: false if nothing is remembered.
 */
static __always_inline bool inode_label_peek(struct inode *inode,
					     struct domicile_inode_label *copy)
{
	struct domicile_inode_label *grown = inode_grown(inode);
	bool stored = storage_peek(inode, copy);

	if (grown && stored)
		label_set_join(&copy->set, &grown->set);
	else if (grown)
		*copy = *grown;
	return grown || stored;
}

#endif /* DOMICILE_PEEK_BPF_H */
