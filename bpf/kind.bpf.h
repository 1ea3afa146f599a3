/* SPDX-License-Identifier: GPL-2.0-only */
/* What kind of object an inode is. */
#ifndef DOMICILE_KIND_BPF_H
#define DOMICILE_KIND_BPF_H

#include "compat.bpf.h"

static __always_inline bool is_regular(struct inode *inode)
{
	return (inode->i_mode & S_IFMT) == S_IFREG;
}

/* Regular files that stand for something else of the kernel's, and hold no data. */
static __always_inline bool is_kernel_object(struct inode *inode)
{
	unsigned long magic = seen(inode)->i_sb->s_magic;

	return magic == PROC_SUPER_MAGIC || magic == PID_FS_MAGIC || magic == NSFS_MAGIC ||
	       magic == MQUEUE_MAGIC;
}

/* Files that are the kernel's own: what is written there sets something. */
static __always_inline bool is_control(struct inode *inode)
{
	switch (seen(inode)->i_sb->s_magic) {
	case SYSFS_MAGIC:
	case CGROUP_SUPER_MAGIC:
	case CGROUP2_SUPER_MAGIC:
	case CONFIGFS_MAGIC:
	case DEBUGFS_MAGIC:
	case TRACEFS_MAGIC:
	case SECURITYFS_MAGIC:
	case BPF_FS_MAGIC:
	case BINFMTFS_MAGIC:
		return true;
	default:
		return is_kernel_object(inode);
	}
}

static __always_inline bool is_pipe(struct inode *inode)
{
	return (inode->i_mode & S_IFMT) == S_IFIFO;
}

static __always_inline bool is_socket(struct inode *inode)
{
	return (inode->i_mode & S_IFMT) == S_IFSOCK;
}

/* An anonymous inode of the kernel's, by the name that its files have. @size: with the NUL. */
static __always_inline bool is_named(struct file *file, const char *name, __u32 size)
{
	char buffer[16] = {};

	return !(file->f_inode->i_mode & S_IFMT) &&
	       bpf_probe_read_kernel_str(buffer, sizeof(buffer),
					 file->f_path.dentry->d_name.name) > 0 &&
	       !bpf_strncmp(buffer, size, name);
}

#endif /* DOMICILE_KIND_BPF_H */
