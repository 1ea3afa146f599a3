/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DOMICILE_KMOD_STORE_H
#define DOMICILE_KMOD_STORE_H

#include <linux/path.h>
#include <domicile/kfunc.h>

struct label_value;

struct store_statistics {
	u64 stored;
	u64 failed;
};

int store_join(const struct path *path, const u32 *ids, u16 count, u8 flags);
int store_join_locked(struct dentry *dentry, const u32 *ids, u16 count);
int store_join_dentry_later(struct dentry *dentry, const u32 *ids, u16 count);
int store_inherit_later(struct dentry *dentry);
int store_remove(const struct path *path, const u32 *ids, u16 count);
bool store_possible(const struct inode *inode);

int store_join_later(struct file *file, const u32 *ids, u16 count, enum domicile_store when);
int store_files_later(const u32 *ids, u16 count);
int store_recall_later(struct task_struct *task, struct file *file);
int store_pipe_later(struct file *pipe);

void store_statistics(struct store_statistics *statistics);

#endif
