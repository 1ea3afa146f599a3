/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Objects: the labels of files, from disk or remembered.
 */
#ifndef DOMICILE_LABEL_BPF_H
#define DOMICILE_LABEL_BPF_H

#include "audit.bpf.h"
#include "taint.bpf.h"

/* Origins are kept by file, so that a file that is read often is one origin. */
static __always_inline __u64 origin_key(struct inode *inode)
{
	__u64 key = inode->i_ino * 0x9e3779b97f4a7c15ull ^ seen(inode)->i_sb->s_dev;

	return key ?: 1;
}

/* A label enters with @file: remember where from. Return: the origin. */
static __noinline __u64 origin_note(struct file *file)
{
	struct inode *inode = file->f_inode;
	__u64 key = origin_key(inode);
	struct domicile_origin *origin;

	bpf_map_update_elem(&origins, &key, &origin_unknown, BPF_NOEXIST);
	origin = bpf_map_lookup_elem(&origins, &key);
	if (!origin || origin->time)
		return key;
	origin->ino = inode->i_ino;
	origin->dev = seen(inode)->i_sb->s_dev;
	origin->pid = bpf_get_current_pid_tgid() >> 32;
	origin->time = bpf_ktime_get_boot_ns();
	if (bpf_path_d_path(&file->f_path, origin->path, sizeof(origin->path)) < 0)
		origin->path[0] = 0;
	return key;
}

/* @name: that of an extended attribute, in kernel memory. */
static __always_inline bool is_label_name(const char *name)
{
	char buffer[sizeof(DOMICILE_XATTR_NAME) + 1] = {};
	const long size = sizeof(DOMICILE_XATTR_NAME);

	return bpf_probe_read_kernel_str(buffer, sizeof(buffer), name) == size &&
	       !bpf_strncmp(buffer, size, DOMICILE_XATTR_NAME);
}

static __always_inline struct domicile_inode_label *inode_label(struct inode *inode, __u64 flags)
{
	return flags ? storage_make(inode, &inode_labels, inode) :
		       bpf_inode_storage_get(&inode_labels, inode, 0, 0);
}

static __always_inline void tree_moved(void)
{
	struct domicile_state *st = state_get();

	if (st)
		__sync_fetch_and_add(&st->tree_generation, 1);
}

#endif /* DOMICILE_LABEL_BPF_H */
