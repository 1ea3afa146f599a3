/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DOMICILE_KMOD_WORK_H
#define DOMICILE_KMOD_WORK_H

#include <linux/task_work.h>

int work_queue(struct task_struct *task, struct callback_head *work, task_work_func_t func,
	       enum task_work_notify_mode notify);
void work_over(void);
void work_exit(void);

#endif
