// SPDX-License-Identifier: GPL-2.0-only
/* What a task does for the module before it returns to user mode. */

#include <linux/atomic.h>
#include <linux/rcupdate.h>
#include <linux/wait.h>

#include "work.h"

/* Works that were queued and have not run: the module must not go before. */
static atomic_t pending;
static DECLARE_WAIT_QUEUE_HEAD(pending_done);

/*
 * work_queue - have @task call @func with @work, which stays the caller's if it fails
 *
 * @task is current or kept alive by the caller. @func ends with work_over().
 *
 * Return: 0, or -ESRCH if @task is past the point where it could. Does not sleep.
 */
int work_queue(struct task_struct *task, struct callback_head *work, task_work_func_t func,
	       enum task_work_notify_mode notify)
{
	int err;

	atomic_inc(&pending);
	init_task_work(work, func);
	err = task_work_add(task, work, notify);
	if (err)
		work_over();
	return err;
}

/* work_over - nothing is left of a work that ran */
void work_over(void)
{
	if (atomic_dec_and_test(&pending))
		wake_up(&pending_done);
}

/*
 * work_exit - wait for the last work
 *
 * No new one can come: the BPF programs that queue it hold the module. The last
 * may still be on its way out of work_over().
 */
void work_exit(void)
{
	wait_event(pending_done, !atomic_read(&pending));
	synchronize_rcu_tasks();
}
