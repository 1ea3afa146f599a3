/* SPDX-License-Identifier: GPL-2.0-only */
/* Files of the kernel that anybody can read back from. */
#ifndef DOMICILE_SETTING_BPF_H
#define DOMICILE_SETTING_BPF_H

#include "compat.bpf.h"

/*
 * All of /proc but what belongs to a process; of that, its name. The rest of a
 * process's files take small numbers, or are its memory, which is attached to.
 */
static __always_inline bool is_setting(struct file *file)
{
	struct inode *inode = file->f_inode;
	struct proc_inode *proc;
	char name[8] = {};

	if (seen(inode)->i_sb->s_magic != PROC_SUPER_MAGIC)
		return false;
	proc = (void *)inode - bpf_core_field_offset(struct proc_inode, vfs_inode);
	if (!BPF_CORE_READ(proc, pid))
		return true;
	bpf_probe_read_kernel_str(name, sizeof(name), BPF_CORE_READ(file, f_path.dentry,
								    d_name.name));
	return !bpf_strncmp(name, 5, "comm");
}

#endif /* DOMICILE_SETTING_BPF_H */
