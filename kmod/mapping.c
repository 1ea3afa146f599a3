// SPDX-License-Identifier: GPL-2.0-only
/*
 * The regular files, and rings of io_uring, that a process maps.
 *
 * Walks the address space under RCU alone: the walk of BPF's own iterator
 * (kernel/bpf/task_iter.c) passes over what another thread has locked, so that
 * a thread that changes the protection of a mapping all the time would hide it.
 * A mapping that comes while the walk goes on is the business of the program on
 * mmap_region, one that goes that of the program on remove_vma.
 */

#include <linux/btf.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>

#include <domicile/kfunc.h>

#include "mapping.h"

static_assert(sizeof(struct mapping_walk) == sizeof(struct bpf_iter_domicile_mapping));

static bool walk_wants(const struct mapping_walk *walk, const struct vm_area_struct *vma)
{
	const vm_flags_t writable = VM_SHARED | VM_MAYWRITE;

	return vma->vm_mm == walk->mm &&
	       (walk->which == DOMICILE_MAPPINGS_ALL ||
		(vma->vm_flags & writable) == writable);
}

/* A ring of io_uring is no regular file, but has an inode of its own, and memory. */
static bool holds_data(const struct file *file)
{
	umode_t kind = file_inode(file)->i_mode & S_IFMT;

	return kind == S_IFREG ||
	       (!kind && !strcmp(file->f_path.dentry->d_name.name, "[io_uring]"));
}

/* mapping_step - the next file, with a reference, or NULL. Does not sleep. */
struct file *mapping_step(struct mapping_walk *walk)
{
	struct vm_area_struct *vma;
	struct file *file = NULL;
	struct vma_iterator vmi;

	rcu_read_lock();
	vma_iter_init(&vmi, walk->mm, walk->next);
	for_each_vma(vmi, vma) {
		if (vma->vm_end > walk->next)
			walk->next = vma->vm_end;
		if (!READ_ONCE(vma->vm_file) || !walk_wants(walk, vma))
			continue;
		file = get_file_rcu(&vma->vm_file);
		if (file && holds_data(file))
			break;
		if (file)
			fput(file);
		file = NULL;
	}
	rcu_read_unlock();
	return file;
}

static void walk_put(struct mapping_walk *walk)
{
	if (walk->file)
		fput(walk->file);
	walk->file = NULL;
}

__bpf_kfunc_start_defs();

/**
 * bpf_iter_domicile_mapping_new - begin to visit the files with data that a
 *	task maps
 * @it: the state
 * @task: the task
 * @which: enum domicile_mappings
 *
 * Return: 0. Does not sleep.
 */
__bpf_kfunc int bpf_iter_domicile_mapping_new(struct bpf_iter_domicile_mapping *it,
					      struct task_struct *task, u32 which)
{
	struct mapping_walk *walk = (void *)it;
	bool other = task != current;

	*walk = (struct mapping_walk){ .which = which };
	if (task->flags & PF_KTHREAD)
		return 0;
	walk->mm = other ? get_task_mm(task) : current->mm;
	walk->held = other && walk->mm;
	return 0;
}

/**
 * bpf_iter_domicile_mapping_next - the next file
 * @it: the state
 *
 * Return: a file, which is the caller's until the next call, or NULL.
 */
__bpf_kfunc struct file *bpf_iter_domicile_mapping_next(struct bpf_iter_domicile_mapping *it)
{
	struct mapping_walk *walk = (void *)it;

	walk_put(walk);
	walk->file = walk->mm ? mapping_step(walk) : NULL;
	return walk->file;
}

/**
 * bpf_iter_domicile_mapping_destroy - let go of the last file
 * @it: the state
 */
__bpf_kfunc void bpf_iter_domicile_mapping_destroy(struct bpf_iter_domicile_mapping *it)
{
	struct mapping_walk *walk = (void *)it;

	walk_put(walk);
	if (walk->held)
		mmput_async(walk->mm);
}

__bpf_kfunc_end_defs();
