/* SPDX-License-Identifier: GPL-2.0-only */
/* Between a process and a regular file: what a read takes and a write leaves. */
#ifndef DOMICILE_FILE_BPF_H
#define DOMICILE_FILE_BPF_H

#include "access.bpf.h"
#include "label.bpf.h"
#include "setting.bpf.h"
#include "syscall.bpf.h"

/* Return: 0, -EPERM or -ENOMEM. */
static __always_inline int file_read(struct file *file, __u16 hook)
{
	struct domicile_inode_label *label = inode_label(file->f_inode, 0);
	struct domicile_inode_label *grown = inode_grown(file->f_inode);

	if (grown && taint_join(bpf_get_current_task_btf(), &grown->set, grown->origin))
		return -ENOMEM;
	if (label && label_set_empty(&label->set))
		return 0;
	if (label && access_ruled(DOMICILE_USE_READ) &&
	    access_check(file, &label->set, DOMICILE_USE_READ, hook, true))
		return -EPERM;
	if (label)
		return taint_join(bpf_get_current_task_btf(), &label->set, label->origin);
	/* Opened before enforcement began: ask the disk before the data is used. */
	if (file->f_inode->i_opflags & IOP_XATTR &&
	    !is_kernel_thread(bpf_get_current_task_btf()))
		domicile_label_recall(file);
	return 0;
}

/* The label of @inode grows in memory, ahead of the disk. */
static __always_inline void file_grow(struct inode *inode, struct domicile_inode_label *label,
				      const struct domicile_taint *taint)
{
	if (label_set_covers(&label->set, &taint->set))
		return;
	inode_label_join(inode, label, &taint->set, taint->origin);
	calls_grew();
	if (inode_mapped(inode))
		shared_grew();
}

/*
 * The taint reaches @file. Where the call can be done again, it waits until the
 * label is on disk, and in memory with it; else the label is in memory at once
 * and on disk before the call returns.
 *
 * Return: 0, -EPERM, or -ERESTARTNOINTR.
 */
static __noinline int file_join(struct file *file, const struct domicile_taint *taint)
{
	__u32 when = call_restarts() ? DOMICILE_STORE_FIRST : DOMICILE_STORE_LATER;
	struct domicile_label_table *table = label_table_get();
	struct inode *inode = file->f_inode;
	struct domicile_inode_label *label;

	if (!taint)
		return 0;
	label = inode_label(inode, 0);
	if (label && label_set_covers(&label->disk, &taint->set))
		return 0;
	if (is_kernel_object(inode))
		return is_setting(file) ? -EPERM : 0;
	if (!label)
		label = inode_label(inode, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!label || !table)
		return -EPERM;
	if (label->store_failed) {
		label->store_failed = 0;
		return -EPERM;
	}
	if (domicile_label_store(file, table, &taint->set, when))
		return -EPERM;
	if (when == DOMICILE_STORE_FIRST) {
		label->origin = taint->origin; /* for the program that sees it stored */
		return -ERESTARTNOINTR;
	}
	file_grow(inode, label, taint);
	return 0;
}

/* May the taint be stored where @file is? Return: 0, or -EPERM with a record. */
static __noinline int file_stored(struct file *file, const struct domicile_taint *taint,
				  __u16 hook)
{
	struct domicile_inode_label *label;

	if (!taint || !storage_ruled() || is_kernel_object(file->f_inode))
		return 0;
	label = inode_label(file->f_inode, 0);
	return storage_check(file, taint, hook,
			     label && label_set_covers(&label->disk, &taint->set));
}

/*
 * What a carrier writes gets no label, but has to be where labels are kept: other
 * file systems may be on other hosts. Return: 0, or -EPERM.
 */
static __noinline int carrier_write(struct file *file)
{
	return is_control(file->f_inode) || domicile_label_storable(file) ? 0 : -EPERM;
}

/* Return: -EPERM, with a record. */
static __always_inline int file_refuse(struct file *file, const struct domicile_taint *taint,
				       __u16 hook)
{
	struct audit_event event = {
		.hook = hook,
		.verdict = DOMICILE_VERDICT_DENY,
		.reason = DOMICILE_REASON_NO_LABEL_STORE,
		.object = DOMICILE_OBJECT_INODE,
	};

	if (is_kernel_object(file->f_inode))
		event.reason = DOMICILE_REASON_KERNEL_SETTING;
	event.denied = taint->set;
	event.origin = taint->origin;
	audit_emit_file(&event, &taint->set, file);
	return -EPERM;
}

/*
 * Global: the verifier goes through it once for each program, whatever that has found
 * out before. Return: 0, -EPERM with a record, or -ERESTARTNOINTR.
 */
__noinline int file_write(struct file *file __arg_trusted, __u16 hook)
{
	struct domicile_taint *taint = taint_own();
	int err, keeps;

	if (!taint)
		return 0;
	keeps = carrier_refresh(taint);
	if (!keeps && file_stored(file, taint, hook))
		return -EPERM;
	err = keeps ? carrier_write(file) : file_join(file, taint);
	return err && err != -ERESTARTNOINTR ? file_refuse(file, taint, hook) : err;
}

#endif /* DOMICILE_FILE_BPF_H */
