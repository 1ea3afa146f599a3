// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changing labels on disk, at once or before the current task returns to user
 * mode, for hooks that may not sleep.
 */

#include <linux/atomic.h>
#include <linux/blk_types.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/magic.h>
#include <linux/major.h>
#include <linux/mount.h>
#include <linux/ratelimit.h>
#include <linux/slab.h>
#include <linux/xattr.h>

#include "disk.h"
#include "errand.h"
#include "herald.h"
#include "link.h"
#include "store.h"
#include "work.h"
#include "xattr.h"

static atomic64_t stored;
static atomic64_t failed;

/*
 * File systems of this host that are known to keep security xattrs. Others may
 * have a process (FUSE) or another host (NFS, CIFS, 9p) behind them, which gets
 * the data and may forget the label. What lies below an overlay is asked itself.
 */
static bool keeps_labels(const struct super_block *sb)
{
	switch (sb->s_magic) {
	case BTRFS_SUPER_MAGIC:
	case EXT4_SUPER_MAGIC:
	case OVERLAYFS_SUPER_MAGIC:
	case TMPFS_MAGIC:
	case XFS_SUPER_MAGIC:
		return true;
	default:
		return false;
	}
}

/*
 * Who can read the file behind a loop device reads the file system on it, and
 * that file gets no label from what is written there.
 */
static bool is_in_file(const struct super_block *sb)
{
	return sb->s_bdev && MAJOR(sb->s_bdev->bd_dev) == LOOP_MAJOR;
}

/* Can @inode's file system keep the label? */
bool store_possible(const struct inode *inode)
{
	return keeps_labels(inode->i_sb) && !is_in_file(inode->i_sb) &&
	       !disk_is_remote(inode->i_sb) && inode->i_opflags & IOP_XATTR &&
	       !IS_IMMUTABLE(inode) && !sb_rdonly(inode->i_sb);
}

typedef int (*value_change)(struct label_value *value, const u32 *ids, u16 count,
			    u8 flags);

/* Return: 1 if the value changed. */
static int change_join(struct label_value *value, const u32 *ids, u16 count, u8 flags)
{
	int changed = (value->flags | flags) != value->flags;

	value->flags |= flags;
	for (u16 i = 0; i < count; i++) {
		int ret = value_add(value, ids[i]);

		if (ret < 0)
			return ret;
		changed |= ret;
	}
	return changed;
}

/* No ids: all of them. */
static int change_remove(struct label_value *value, const u32 *ids, u16 count, u8 flags)
{
	if (!count)
		value->count = 0;
	for (u16 i = 0; i < count; i++)
		value_remove(value, ids[i]);
	return 1;
}

static int change_locked(struct mnt_idmap *idmap, struct dentry *dentry,
			 value_change change, const u32 *ids, u16 count, u8 flags)
{
	struct label_value *value = kzalloc(sizeof(*value), GFP_KERNEL);
	int err;

	if (!value)
		return -ENOMEM;
	err = xattr_read(dentry, value);
	if (err == -ENODATA || (err == -EUCLEAN && change == change_remove && !count))
		err = 0;
	if (!err)
		err = change(value, ids, count, flags);
	if (err > 0)
		err = xattr_write(idmap, dentry, value);
	kfree(value);
	return err;
}

/* Lock order: write access to the mount, inode lock. May sleep. */
static int change_label(const struct path *path, value_change change, const u32 *ids,
			u16 count, u8 flags)
{
	struct inode *inode = d_inode(path->dentry);
	int err;

	err = mnt_want_write(path->mnt);
	if (err)
		return err;
	err = errand_begin(DOMICILE_ERRAND_STORE);
	if (err)
		goto out_write;
	inode_lock(inode);
	err = change_locked(mnt_idmap(path->mnt), path->dentry, change, ids, count, flags);
	inode_unlock(inode);
	errand_end();
out_write:
	mnt_drop_write(path->mnt);
	return err;
}

/*
 * Tell the BPF programs what is on disk now: the LSM hook of getxattr joins it
 * to what they remember of the inode.
 */
static int announce(struct dentry *dentry, enum domicile_errand errand)
{
	int err = errand_begin(errand);

	if (err)
		return err;
	vfs_getxattr(&nop_mnt_idmap, dentry, DOMICILE_XATTR_NAME, NULL, 0);
	errand_end();
	return 0;
}

/* Nobody else would hear what @current holds or is about to use: it ends. */
static void announce_or_end(struct file *file, enum domicile_errand errand)
{
	if (!announce(file->f_path.dentry, errand))
		return;
	atomic64_inc(&failed);
	force_sig(SIGKILL);
}

static int label_join(const struct path *path, const u32 *ids, u16 count, u8 flags)
{
	if (!keeps_labels(path->dentry->d_sb))
		return -EOPNOTSUPP;
	return change_label(path, change_join, ids, count, flags);
}

/* Return: @err, or that of telling the programs. */
static int join_done(const struct path *path, int err, enum domicile_errand errand)
{
	if (err) {
		atomic64_inc(&failed);
		return err;
	}
	atomic64_inc(&stored);
	return announce(path->dentry, errand);
}

/*
 * store_join - join @count label ids to the label of @path's inode, on disk
 * and in what BPF programs remember
 *
 * A power cut can still undo it. Return: 0 or a negative errno; then nothing
 * changed, or what they remember did not. May sleep; the caller holds no inode lock.
 */
int store_join(const struct path *path, const u32 *ids, u16 count, u8 flags)
{
	int err = label_join(path, ids, count, flags);

	return join_done(path, err, DOMICILE_ERRAND_ANNOUNCE);
}

/*
 * store_join_locked - store_join() on disk alone, by somebody who holds write
 * access to the file system and the lock of @dentry's inode
 */
int store_join_locked(struct dentry *dentry, const u32 *ids, u16 count)
{
	int err = -EOPNOTSUPP;

	if (store_possible(d_inode(dentry)))
		err = errand_begin(DOMICILE_ERRAND_STORE);
	if (!err) {
		err = change_locked(&nop_mnt_idmap, dentry, change_join, ids, count, 0);
		errand_end();
	}
	atomic64_inc(err ? &failed : &stored);
	return err;
}

/* store_remove - take ids, or with @count 0 all of them, off the disk */
int store_remove(const struct path *path, const u32 *ids, u16 count)
{
	return change_label(path, change_remove, ids, count, 0);
}

/* Owned by the task it is queued on; freed when it ran. */
struct store_work {
	struct callback_head head;
	struct file *file; /* NULL: the one that the task executes */
	struct dentry *dentry; /* instead of a file; keeps its superblock active */
	enum domicile_store when;
	u16 count;
	u32 ids[];
};

static void work_free(struct store_work *work)
{
	if (work->file)
		fput(work->file);
	if (work->dentry) {
		struct super_block *sb = work->dentry->d_sb;

		dput(work->dentry);
		deactivate_super(sb);
	}
	kfree(work);
}

static void work_done(struct store_work *work)
{
	work_free(work);
	work_over();
}

/*
 * After a power cut no data may be there without its label. Blocks that are new
 * appear with the file's metadata, after the label in the journal; those that
 * were there before are overwritten in place, at any time. Nobody may take the
 * label for stored before it is: others would write at once.
 */
static int work_store(struct store_work *work, struct file *file)
{
	int err = label_join(&file->f_path, work->ids, work->count, 0);

	if (!err && i_size_read(file_inode(file)))
		err = vfs_fsync_range(file, 0, 0, 0);
	return join_done(&file->f_path, err, DOMICILE_ERRAND_STORED);
}

static int link_announce(struct file *file)
{
	return announce(herald_for(file->f_path.dentry), DOMICILE_ERRAND_LINK);
}

static void work_join(struct callback_head *head)
{
	struct store_work *work = container_of(head, struct store_work, head);
	enum domicile_errand lost = work->when == DOMICILE_STORE_FIRST ?
					    DOMICILE_ERRAND_REFUSED : DOMICILE_ERRAND_LOST;
	int err = work_store(work, work->file);

	if (err)
		pr_warn_ratelimited("domicile: label of %pD not on disk: error %d\n",
				    work->file, err);
	else
		err = link_spread(work->file, link_announce);
	if (err)
		announce_or_end(work->file, lost);
	work_done(work);
}

static void work_recall(struct callback_head *head)
{
	struct store_work *work = container_of(head, struct store_work, head);

	if (!work->file && current->mm)
		work->file = get_file_active(&current->mm->exe_file);
	if (work->file)
		announce_or_end(work->file, DOMICILE_ERRAND_RECALL);
	work_done(work);
}

static struct store_work *work_new(struct file *file, const u32 *ids, u16 count)
{
	struct store_work *work = kmalloc(struct_size(work, ids, count), GFP_ATOMIC);

	if (!work)
		return NULL;
	work->file = file ? get_file(file) : NULL;
	work->dentry = NULL;
	work->when = DOMICILE_STORE_LATER;
	work->count = count;
	if (count)
		memcpy(work->ids, ids, count * sizeof(*ids));
	return work;
}

/* @work is the callee's. @task is current or kept alive by the caller. */
static int work_hand(struct task_struct *task, struct store_work *work,
		     task_work_func_t func, enum task_work_notify_mode notify)
{
	int err = work_queue(task, &work->head, func, notify);

	if (err)
		work_free(work);
	return err;
}

/*
 * store_join_later - store_join() before current returns to user mode
 *
 * DOMICILE_STORE_FIRST: the work is there when a system call ends with
 * -ERESTARTNOINTR, and done before the call begins again: TWA_SIGNAL sends the
 * task through the code that restarts calls (arch_do_signal_or_restart()).
 *
 * Takes a reference on @file. Does not sleep.
 */
int store_join_later(struct file *file, const u32 *ids, u16 count, enum domicile_store when)
{
	struct store_work *work = work_new(file, ids, count);

	if (!work)
		return -ENOMEM;
	work->when = when;
	return work_hand(current, work, work_join,
			 when == DOMICILE_STORE_FIRST ? TWA_SIGNAL : TWA_RESUME);
}

/* The first file from a descriptor on that is open for writing. Return: the next descriptor. */
static int writable_get(const void *ret, struct file *file, unsigned int fd)
{
	if (!(file->f_mode & FMODE_WRITE) || !S_ISREG(file_inode(file)->i_mode) ||
	    !store_possible(file_inode(file)))
		return 0;
	*(struct file **)ret = get_file(file);
	return fd + 1;
}

/* iterate_fd() holds a lock: one file at a time. */
static void work_files(struct callback_head *head)
{
	struct store_work *work = container_of(head, struct store_work, head);
	struct file *file = NULL;
	int next = 0, err;

	while ((next = iterate_fd(current->files, next, writable_get, &file))) {
		err = work_store(work, file);
		if (err)
			pr_warn_ratelimited("domicile: label of %pD not on disk: error %d\n",
					    file, err);
		fput(file);
	}
	work_done(work);
}

/*
 * store_files_later - store_join() of what current has open for writing, before it
 * returns to user mode; none is written to before its label outlives a power cut
 */
int store_files_later(const u32 *ids, u16 count)
{
	struct store_work *work = work_new(NULL, ids, count);

	return work ? work_hand(current, work, work_files, TWA_RESUME) : -ENOMEM;
}

static void work_join_dentry(struct callback_head *head)
{
	struct store_work *work = container_of(head, struct store_work, head);
	struct inode *inode = d_inode(work->dentry);
	int err = -ENOENT;

	sb_start_write(work->dentry->d_sb);
	inode_lock(inode);
	if (!d_unhashed(work->dentry))
		err = store_join_locked(work->dentry, work->ids, work->count);
	inode_unlock(inode);
	sb_end_write(work->dentry->d_sb);
	if (err)
		pr_warn_ratelimited("domicile: label of %pd not on disk: error %d\n",
				    work->dentry, err);
	work_done(work);
}

/*
 * store_join_dentry_later - as store_join_later(), for what no file is open of
 *
 * The caller's superblock is active: a call on it is going on.
 */
int store_join_dentry_later(struct dentry *dentry, const u32 *ids, u16 count)
{
	struct store_work *work = work_new(NULL, ids, count);

	if (!work)
		return -ENOMEM;
	atomic_inc(&dentry->d_sb->s_active);
	work->dentry = dget(dentry);
	return work_hand(current, work, work_join_dentry, TWA_RESUME);
}

static int inherit(struct dentry *dentry, struct label_value *tree)
{
	struct super_block *sb = dentry->d_sb;
	struct inode *inode = d_inode(dentry);
	int err = xattr_read_tree(dentry, tree);

	if (err || !tree->count)
		return err;
	sb_start_write(sb);
	inode_lock(inode);
	err = d_unhashed(dentry) ? 0 : store_join_locked(dentry, tree->id, tree->count);
	inode_unlock(inode);
	sb_end_write(sb);
	return err ?: announce(dentry, DOMICILE_ERRAND_ANNOUNCE);
}

static void work_inherit(struct callback_head *head)
{
	struct store_work *work = container_of(head, struct store_work, head);
	struct label_value *tree = kzalloc(sizeof(*tree), GFP_KERNEL);
	int err = tree ? inherit(work->dentry, tree) : -ENOMEM;

	if (err)
		pr_warn_ratelimited("domicile: %pd inherits when it is opened: error %d\n",
				    work->dentry, err);
	kfree(tree);
	work_done(work);
}

/*
 * store_inherit_later - what the directories above @dentry hand down joins its
 * label before current returns to user mode
 *
 * The caller's superblock is active, as for store_join_dentry_later().
 */
int store_inherit_later(struct dentry *dentry)
{
	struct store_work *work = work_new(NULL, NULL, 0);

	if (!work)
		return -ENOMEM;
	atomic_inc(&dentry->d_sb->s_active);
	work->dentry = dget(dentry);
	return work_hand(current, work, work_inherit, TWA_RESUME);
}

/*
 * store_recall_later - let the BPF programs read @file's label from disk
 * before @task returns to user mode; one that is there already is called in
 *
 * @file NULL: the one that @task executes.
 */
int store_recall_later(struct task_struct *task, struct file *file)
{
	struct store_work *work = work_new(file, NULL, 0);

	if (!work)
		return -ENOMEM;
	return work_hand(task, work, work_recall,
			  task == current ? TWA_RESUME : TWA_SIGNAL);
}

static void work_pipe(struct callback_head *head)
{
	struct store_work *work = container_of(head, struct store_work, head);

	announce_or_end(work->file, DOMICILE_ERRAND_PIPE);
	work_done(work);
}

/*
 * store_pipe_later - let the BPF programs tell the readers of @pipe, before the
 * call of current is done again
 */
int store_pipe_later(struct file *pipe)
{
	struct store_work *work = work_new(pipe, NULL, 0);

	if (!work)
		return -ENOMEM;
	return work_hand(current, work, work_pipe, TWA_SIGNAL);
}

void store_statistics(struct store_statistics *statistics)
{
	statistics->stored = atomic64_read(&stored);
	statistics->failed = atomic64_read(&failed);
}
