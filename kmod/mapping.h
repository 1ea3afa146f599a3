/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DOMICILE_KMOD_MAPPING_H
#define DOMICILE_KMOD_MAPPING_H

#include <linux/types.h>

#include <domicile/kfunc.h>

struct file;
struct mm_struct;
struct task_struct;

/* Lives in the program's struct bpf_iter_domicile_mapping. */
struct mapping_walk {
	struct mm_struct *mm;
	unsigned long next;
	struct file *file; /* returned to the program last, with a reference */
	u32 which; /* enum domicile_mappings */
	u32 held; /* there is a reference on @mm, which is not current's */
};

struct file *mapping_step(struct mapping_walk *walk);

int bpf_iter_domicile_mapping_new(struct bpf_iter_domicile_mapping *it,
				  struct task_struct *task, u32 which);
struct file *bpf_iter_domicile_mapping_next(struct bpf_iter_domicile_mapping *it);
void bpf_iter_domicile_mapping_destroy(struct bpf_iter_domicile_mapping *it);

#endif
