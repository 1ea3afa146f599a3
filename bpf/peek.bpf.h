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

/*
 * One byte for all inodes whose numbers agree modulo INODE_MARKS, set before one
 * of them gets a label and never cleared: most inodes need not be looked at.
 */
#define INODE_MARKS (1 << 18)
__u8 inode_marks[INODE_MARKS];

static __always_inline volatile __u8 *inode_mark(struct inode *inode)
{
	return &inode_marks[inode->i_ino % INODE_MARKS];
}

/* The label of @inode, a regular file, grows by @set. */
static __always_inline void inode_label_join(struct inode *inode,
					     struct domicile_inode_label *label,
					     const struct domicile_label_set *set, __u64 origin)
{
	*inode_mark(inode) = 1;
	label_set_join_shared(&label->set, set);
	label->origin = origin;
}

/* Has any file got a label that inode storage may not have yet? */
static __always_inline struct domicile_inode_label *inode_grown(struct inode *inode)
{
	struct domicile_state *st = state_get();
	__u64 key = (__u64)inode;

	return st && st->grown ? bpf_map_lookup_elem(&grown_labels, &key) : NULL;
}

#define STORAGES_MAX 16 /* maps that keep something with one inode, of all BPF users */

/* Where in inode->i_security BPF's part is, plus one; 0: not read yet. */
__u32 inode_blob;

static __always_inline __u32 inode_blob_offset(void)
{
	struct lsm_blob_sizes sizes = {};

	if (!inode_blob) {
		bpf_probe_read_kernel(&sizes, sizeof(sizes), &bpf_lsm_blob_sizes);
		inode_blob = sizes.lbs_inode + 1;
	}
	return inode_blob - 1;
}

/* Reads through bpf_core_cast() cost an instruction each, wherever they point. */
static __always_inline bool storage_peek(struct inode *inode, struct domicile_inode_label *copy)
{
	struct bpf_local_storage_elem *elem;
	struct bpf_local_storage *storage;
	void *map = &inode_labels, *blob;
	struct hlist_node *node;

	blob = bpf_core_cast(inode, struct inode)->i_security;
	if (!blob)
		return false;
	storage = bpf_core_cast(blob + inode_blob_offset(), struct bpf_storage_blob)->storage;
	if (!storage)
		return false;
	node = storage->list.first;
	for (int i = 0; i < STORAGES_MAX && node; i++) {
		elem = bpf_core_cast((void *)node - bpf_core_field_offset(
					   struct bpf_local_storage_elem, snode),
				   struct bpf_local_storage_elem);
		if (elem->sdata.smap == map)
			return !bpf_core_read(copy, sizeof(*copy), &elem->sdata.data);
		node = node->next;
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
static __noinline bool inode_label_peek(struct inode *inode, struct domicile_inode_label *copy)
{
	struct domicile_inode_label *grown;
	bool stored;

	if (!inode || !copy || !*inode_mark(inode))
		return false;
	grown = inode_grown(inode);
	stored = storage_peek(inode, copy);
	if (grown && stored)
		label_set_join(&copy->set, &grown->set);
	else if (grown)
		*copy = *grown;
	return grown || stored;
}

#endif /* DOMICILE_PEEK_BPF_H */
