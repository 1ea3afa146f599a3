// SPDX-License-Identifier: GPL-2.0-only
/* The descriptors of other tasks: fget_task() is not exported. */

#include <linux/btf.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/sched.h>

#include <domicile/kfunc.h>

#include "descriptor.h"

/* Of a table that current does not have. Who holds the lock is about to change it. */
static struct file *file_of_other(struct task_struct *task, u32 fd)
{
	struct file *file = NULL;
	struct fdtable *table;

	if (!spin_trylock(&task->alloc_lock))
		return NULL;
	if (task->files) {
		rcu_read_lock();
		table = files_fdtable(task->files);
		if (fd < table->max_fds)
			file = get_file_rcu(&table->fd[fd]);
		rcu_read_unlock();
	}
	spin_unlock(&task->alloc_lock);
	return file;
}

__bpf_kfunc_start_defs();

/**
 * domicile_file_get - the open file of a descriptor of a task
 * @task: the task, in an RCU read-side section
 * @fd: the descriptor; one that cannot be is that of no file
 *
 * Return: the file, which the caller gives back with domicile_file_put(), or
 * NULL. Does not sleep.
 */
__bpf_kfunc struct file *domicile_file_get(struct task_struct *task, u32 fd)
{
	if (READ_ONCE(task->files) == current->files)
		return fget_raw(fd);
	return file_of_other(task, fd);
}

/**
 * domicile_file_put - give back what domicile_file_get() returned
 * @file: the file
 */
__bpf_kfunc void domicile_file_put(struct file *file)
{
	fput(file);
}

__bpf_kfunc_end_defs();
