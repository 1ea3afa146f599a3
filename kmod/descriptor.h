/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DOMICILE_KMOD_DESCRIPTOR_H
#define DOMICILE_KMOD_DESCRIPTOR_H

struct file;
struct task_struct;

struct file *domicile_file_get(struct task_struct *task, u32 fd);
void domicile_file_put(struct file *file);

#endif
