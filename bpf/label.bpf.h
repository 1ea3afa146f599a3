/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Objects: the labels of files, from disk or remembered, and of pipes.
 */
#ifndef DOMICILE_LABEL_BPF_H
#define DOMICILE_LABEL_BPF_H

#include "audit.bpf.h"
#include "taint.bpf.h"

/* Origins are kept by file, so that a file that is read often is one origin. */
static __always_inline __u64 origin_key(struct inode *inode)
{
	__u64 key = inode->i_ino * 0x9e3779b97f4a7c15ull ^ inode->i_sb->s_dev;

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
	origin->dev = inode->i_sb->s_dev;
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

static __always_inline bool is_regular(struct inode *inode)
{
	return (inode->i_mode & S_IFMT) == S_IFREG;
}

/* Regular files that stand for something else of the kernel's, and hold no data. */
static __always_inline bool is_kernel_object(struct inode *inode)
{
	unsigned long magic = inode->i_sb->s_magic;

	return magic == PROC_SUPER_MAGIC || magic == PID_FS_MAGIC || magic == NSFS_MAGIC ||
	       magic == MQUEUE_MAGIC;
}

static __always_inline bool is_pipe(struct inode *inode)
{
	return (inode->i_mode & S_IFMT) == S_IFIFO;
}

static __always_inline bool is_socket(struct inode *inode)
{
	return (inode->i_mode & S_IFMT) == S_IFSOCK;
}

static __always_inline struct domicile_inode_label *inode_label(struct inode *inode, __u64 flags)
{
	return bpf_inode_storage_get(&inode_labels, inode, 0, flags);
}

/*
 * One byte for all pipes whose inode numbers agree modulo PIPE_MARKS, set
 * before one of them gets a label and never cleared: most pipes need not be
 * looked up. Who splices into a pipe does not know its inode and sets
 * pipes_spliced, which stands for all of them.
 */
#define PIPE_MARKS 8192
__u8 pipe_marks[PIPE_MARKS];
__u8 pipes_spliced;

static __always_inline __u8 *pipe_mark(struct inode *inode)
{
	return &pipe_marks[inode->i_ino % PIPE_MARKS];
}

static __always_inline struct domicile_inode_label *pipe_label_at(__u64 pipe)
{
	return bpf_map_lookup_elem(&pipe_labels, &pipe);
}

static __always_inline struct domicile_inode_label *pipe_label(struct inode *inode)
{
	if (!*(volatile __u8 *)pipe_mark(inode) && !*(volatile __u8 *)&pipes_spliced)
		return NULL;
	return pipe_label_at((__u64)inode->i_pipe);
}

/* Return: 0, or -ENOMEM. */
static __noinline int pipe_join_at(__u64 pipe, const struct domicile_taint *taint)
{
	struct domicile_inode_label *label = pipe_label_at(pipe);
	struct domicile_inode_label new = {};

	if (!taint)
		return 0;
	if (!label) {
		new.set = taint->set;
		new.origin = taint->origin;
		bpf_map_update_elem(&pipe_labels, &pipe, &new, BPF_NOEXIST);
		label = pipe_label_at(pipe);
	}
	if (!label) {
		count(DOMICILE_COUNT_NO_MEMORY);
		return -ENOMEM;
	}
	if (!label_set_covers(&label->set, &taint->set)) {
		label_set_join_shared(&label->set, &taint->set);
		label->origin = taint->origin;
	}
	return 0;
}

static __always_inline int pipe_join(struct inode *inode, const struct domicile_taint *taint)
{
	*(volatile __u8 *)pipe_mark(inode) = 1;
	return pipe_join_at((__u64)inode->i_pipe, taint);
}

#endif /* DOMICILE_LABEL_BPF_H */
