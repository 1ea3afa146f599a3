/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DOMICILE_KMOD_LINK_H
#define DOMICILE_KMOD_LINK_H

#include <linux/types.h>

struct file;
struct task_struct;

/* Return: 0, or a negative errno to end with. */
typedef int (*link_visit)(struct file *file);

int link_spread(struct file *file, link_visit visit);

int domicile_link_maps(struct task_struct *task);
u64 domicile_link_inode(void);

#endif
