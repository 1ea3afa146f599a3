/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Holders: processes from which data can go without a call, and so without a
 * hook. They take no label, and who has a label gets no such thing.
 */
#ifndef DOMICILE_HOLDER_BPF_H
#define DOMICILE_HOLDER_BPF_H

#include "taint.bpf.h"

__u8 holders_seen; /* most forks need not look */

/* @what: DOMICILE_HOLDS_*. Return: 0, or -ENOMEM. */
static __always_inline int hold(struct domicile_taint *taint, __u32 what)
{
	if (!taint)
		return -ENOMEM;
	holders_seen = 1;
	__sync_fetch_and_or(&taint->holds, what);
	return 0;
}

/* Return: DOMICILE_HOLDS_*. */
static __always_inline __u32 holds_of(struct task_struct *task)
{
	struct domicile_taint *taint;

	taint = *(volatile __u8 *)&holders_seen ? taint_of(task, 0) : NULL;
	return taint ? taint->holds : 0;
}

/* Before anybody asks whether it has a label: another thread may be taking one just now. */
static __noinline int hold_current(__u32 what)
{
	return hold(taint_of(bpf_get_current_task_btf(), BPF_LOCAL_STORAGE_GET_F_CREATE), what);
}

#endif /* DOMICILE_HOLDER_BPF_H */
