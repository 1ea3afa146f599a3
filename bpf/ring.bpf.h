/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * io_uring writes to a file when no call is there that could be done again after the
 * label came to the disk. So what a labelled process with a ring has open for writing
 * gets its label ahead of the data: when it is opened, when the first ring comes, and
 * when a label does.
 */
#ifndef DOMICILE_RING_BPF_H
#define DOMICILE_RING_BPF_H

#include "shared.bpf.h"

/* Has a thread of the current process ever had a ring to do with? */
__noinline int ring_is_used(void)
{
	struct task_struct *task = bpf_get_current_task_btf(), *other;
	int used = 0;

	bpf_rcu_read_lock();
	bpf_for_each(task, other, task, TASK_ITER_PROC_THREADS)
		used |= !!seen(other)->io_uring;
	bpf_rcu_read_unlock();
	return used;
}

/*
 * What the current process has open for writing gets @taint on disk before it
 * returns to user mode. Return: 0, or a negative errno.
 */
__noinline int ring_files_store(const struct domicile_taint *taint)
{
	struct domicile_label_table *table = label_table_get();

	if (!taint || !table)
		return -ENOMEM;
	return taint->carrier ? 0 : domicile_files_store(table, &taint->set);
}

/* The current process has picked up @taint. Return: 0, or a negative errno. */
static __always_inline int ring_push(const struct domicile_taint *taint)
{
	return ring_is_used() ? ring_files_store(taint) : 0;
}

#endif /* DOMICILE_RING_BPF_H */
