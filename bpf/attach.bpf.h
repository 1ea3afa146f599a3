/* SPDX-License-Identifier: GPL-2.0-only */
/* Processes that read and write the memory of others. */
#ifndef DOMICILE_ATTACH_BPF_H
#define DOMICILE_ATTACH_BPF_H

#include "label.bpf.h"

/* Labelled data has reached @other, which is told to give it on. Return: 0, or a negative errno. */
static __noinline int other_join(struct task_struct *other, const struct domicile_label_set *set,
				 __u64 origin)
{
	if (taint_covers(other, set))
		return 0;
	return taint_raise(other, set, origin, false) ? domicile_task_recall(other) : -EPERM;
}

static __always_inline int other_pull(struct task_struct *other, struct file *file)
{
	struct domicile_inode_label label;

	file_label_peek(file, &label);
	return other_join(other, &label.set, label.origin);
}

/*
 * What @other maps may have got a label that @other has not seen: it looks at its next
 * call, and makes none while its memory is read. Not with its alloc_lock held, as
 * ptrace_may_access() does. Return: 0, or a negative errno.
 */
__noinline int other_refresh(struct task_struct *other __arg_trusted)
{
	struct file *file;
	int err = 0;

	if (!taint_is_old(other, taint_of(other, 0)))
		return 0;
	bpf_for_each(domicile_mapping, file, other, DOMICILE_MAPPINGS_ALL)
		err |= other_pull(other, file);
	return err;
}

/* The current process and @other hold what either holds. Return: 0, or a negative errno. */
static __noinline int attached(struct task_struct *other)
{
	struct domicile_taint *taint = taint_of(other, 0);

	if (taint && taint_join(bpf_get_current_task_btf(), &taint->set, taint->origin))
		return -ENOMEM;
	taint = taint_current();
	return taint ? taint_join(other, &taint->set, taint->origin) : 0;
}

/*
 * /proc/PID/mem: the memory of a process, whatever it holds by now. Not cmdline and
 * environ: every `ps` of root's reads them, and would be labelled.
 */
static __always_inline bool is_memory_file(struct file *file)
{
	char name[8] = {}; /* longer than what it is compared with */

	if (!is_regular(file->f_inode) || seen(file)->f_inode->i_sb->s_magic != PROC_SUPER_MAGIC)
		return false;
	bpf_probe_read_kernel_str(name, sizeof(name), file->f_path.dentry->d_name.name);
	return !bpf_strncmp(name, sizeof("mem"), "mem");
}

/* The current process reads or writes @file, a memory file. Return: 0, or a negative errno. */
static __noinline int memory_used(struct file *file)
{
	struct mm_struct *memory = file->private_data;
	struct task_struct *owner = bpf_task_from_pid(BPF_CORE_READ(memory, owner, pid));
	int err;

	if (!owner)
		return 0;
	err = other_refresh(owner) ?: attached(owner);
	bpf_task_release(owner);
	return err;
}

#endif /* DOMICILE_ATTACH_BPF_H */
