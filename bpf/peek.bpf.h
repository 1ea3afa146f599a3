/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The label of an inode, for tracing programs: the kernel lets LSM programs
 * alone ask inode storage (kernel/bpf/bpf_inode_storage.c), so the module does.
 */
#ifndef DOMICILE_PEEK_BPF_H
#define DOMICILE_PEEK_BPF_H

#include "compat.bpf.h"
#include "maps.bpf.h"
#include <domicile/kfunc.h>

/*
 * A pointer in a structure as a number: the verifier lets none be shifted or given
 * to a function of its own. What it is read as is any structure that begins with a
 * 64-bit integer.
 */
static __always_inline __u64 number_at(const void *structure, __u64 offset)
{
	return bpf_core_cast(structure + offset, struct timespec64)->tv_sec;
}

/* Every inode points to itself. */
static __always_inline __u64 inode_address(struct inode *inode)
{
	return number_at(inode, bpf_core_field_offset(struct inode, i_data.host));
}

/* Of a socket: struct socket_alloc begins with it. */
static __always_inline __u64 sock_inode_address(struct socket *sock)
{
	return number_at(sock, bpf_core_field_offset(struct socket_alloc, vfs_inode.i_data.host));
}

/*
 * One mark for all inodes whose numbers agree modulo INODE_MARKS, set before one
 * of them gets a label: most inodes need not be looked at. It says which one it
 * was, until that one is gone, or that there were several.
 */
#define INODE_MARKS (1 << 18)
#define INODE_MARK_MANY (~0u)
__u32 inode_marks[INODE_MARKS];

static __always_inline __u32 *inode_mark(struct inode *inode)
{
	return &inode_marks[inode->i_ino % INODE_MARKS];
}

static __always_inline __u32 inode_print(struct inode *inode)
{
	return (inode_address(inode) >> 3) | 1;
}

static __always_inline void inode_mark_set(struct inode *inode)
{
	__u32 *mark = inode_mark(inode), print = inode_print(inode);
	__u32 old = __sync_val_compare_and_swap(mark, 0, print);

	if (old && old != print)
		*(volatile __u32 *)mark = INODE_MARK_MANY;
}

static __always_inline void inode_mark_clear(struct inode *inode)
{
	__sync_val_compare_and_swap(inode_mark(inode), inode_print(inode), 0);
}

static __always_inline bool inode_marked(struct inode *inode)
{
	__u32 mark = *(volatile __u32 *)inode_mark(inode);

	return mark && (mark == INODE_MARK_MANY || mark == inode_print(inode));
}

/* The label of @inode, a regular file, grows by @set. */
static __always_inline void inode_label_join(struct inode *inode,
					     struct domicile_inode_label *label,
					     const struct domicile_label_set *set, __u64 origin)
{
	inode_mark_set(inode);
	label_set_join_shared(&label->set, set);
	label->origin = origin;
}

/* The label of @inode that inode storage may not have yet. */
static __always_inline struct domicile_inode_label *inode_grown(struct inode *inode)
{
	__u64 key = (__u64)inode;

	return inode_marked(inode) ? bpf_map_lookup_elem(&grown_labels, &key) : NULL;
}

static __always_inline void storage_peek(__u64 inode, struct domicile_inode_label *copy)
{
	struct domicile_label_set *grown;
	struct lsm_blob_sizes sizes = {};

	bpf_probe_read_kernel(&sizes, sizeof(sizes), &bpf_lsm_blob_sizes);
	domicile_inode_peek(inode, &inode_labels, sizes.lbs_inode, copy, sizeof(*copy));
	grown = bpf_map_lookup_elem(&grown_labels, &inode);
	if (grown)
		label_set_join(&copy->set, grown);
}

/*
 * file_label_peek - copy what is remembered of the label of @file's inode
 *
 * The copy may be of any moment since; its set is empty if nothing is remembered.
 */
static __always_inline void file_label_peek(struct file *file, struct domicile_inode_label *copy)
{
	__builtin_memset(copy, 0, sizeof(*copy));
	if (inode_marked(file->f_inode))
		storage_peek(inode_address(file->f_inode), copy);
}

#endif /* DOMICILE_PEEK_BPF_H */
