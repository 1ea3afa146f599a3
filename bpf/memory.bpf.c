// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that leads off. What a process writes there goes, without a call, to a
 * device, to the host of a file system, or to whoever has the same buffer, and no
 * label with it.
 */
#include "device_flow.bpf.h"

static __always_inline bool is_device_memory(struct file *file)
{
	__u32 dev = file->f_inode->i_rdev;

	return is_disk(file->f_inode) || !is_harmless(dev >> 20, dev & 0xfffff);
}

/* File systems in memory: a label there is remembered for as long as the data. */
static __always_inline bool is_in_memory(struct inode *inode)
{
	unsigned long magic = seen(inode)->i_sb->s_magic;

	return magic == HUGETLBFS_MAGIC || magic == RAMFS_MAGIC;
}

static __always_inline bool leads_off(struct file *file)
{
	struct inode *inode = file->f_inode;

	if (is_device(inode))
		return is_device_memory(file);
	if (is_regular(inode))
		return !is_in_memory(inode) && !domicile_label_storable(file);
	return seen(inode)->i_sb->s_magic == DMA_BUF_MAGIC || reaches_memory(file);
}

SEC("lsm/mmap_file")
int BPF_PROG(hook_mmap_memory, struct file *file, unsigned long reqprot, unsigned long prot,
	     unsigned long flags)
{
	if (!file || !(file->f_mode & FMODE_WRITE) || (flags & MAP_TYPE) == MAP_PRIVATE)
		return 0;
	return leads_off(file) && memory_held(file, DOMICILE_HOOK_MMAP_FILE) ? -EPERM : 0;
}
