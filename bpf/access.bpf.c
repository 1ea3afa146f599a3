// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changes of labelled files that are not written to: their names, sizes and
 * attributes.
 */
#include "access.bpf.h"

/* The current process changes a file that holds @set. Return: 0, or -EPERM with a record. */
__noinline int labelled_change_check(struct dentry *dentry __arg_trusted,
				     const struct domicile_label_set *set, __u16 hook)
{
	struct audit_event event = { .hook = hook };
	struct domicile_label_set none = {};
	struct domicile_taint *taint;

	if (!set || !access_event(set, DOMICILE_USE_WRITE, &event))
		return 0;
	taint = taint_of(bpf_get_current_task_btf(), 0);
	audit_emit_dentry(&event, taint ? &taint->set : &none, dentry);
	return event.verdict == DOMICILE_VERDICT_DENY ? -EPERM : 0;
}

/* For programs that can sleep: the label of a file may not be known yet. */
static __noinline int change_check(struct dentry *dentry, __u16 hook)
{
	struct domicile_label_table *table = label_table_get();
	struct domicile_label_set set = {};
	struct domicile_inode_label *label;

	if (!dentry->d_inode || !is_regular(dentry->d_inode) || !table)
		return 0;
	label = inode_label(dentry->d_inode, 0);
	if (label)
		set = label->set;
	if (!label || !label->tree_generation)
		domicile_label_read_dentry(dentry, DOMICILE_SCOPE_FILE, table, &set);
	return labelled_change_check(dentry, &set, hook);
}

SEC("lsm.s/inode_unlink")
int BPF_PROG(hook_inode_unlink, struct inode *dir, struct dentry *dentry)
{
	if (!access_ruled(DOMICILE_USE_WRITE))
		return 0;
	return change_check(dentry, DOMICILE_HOOK_INODE_UNLINK) ? -EPERM : 0;
}

SEC("lsm.s/inode_rename")
int BPF_PROG(hook_access_rename, struct inode *old_dir, struct dentry *old_dentry,
	     struct inode *new_dir, struct dentry *new_dentry)
{
	if (!access_ruled(DOMICILE_USE_WRITE))
		return 0;
	if (change_check(old_dentry, DOMICILE_HOOK_INODE_RENAME) ||
	    change_check(new_dentry, DOMICILE_HOOK_INODE_RENAME))
		return -EPERM;
	return 0;
}

/* Mode, owner, times and size: truncate() too. */
SEC("lsm.s/inode_setattr")
int BPF_PROG(hook_inode_setattr, struct mnt_idmap *idmap, struct dentry *dentry)
{
	if (!access_ruled(DOMICILE_USE_WRITE))
		return 0;
	return change_check(dentry, DOMICILE_HOOK_INODE_SETATTR) ? -EPERM : 0;
}

SEC("lsm.s/inode_setxattr")
int BPF_PROG(hook_access_setxattr, struct mnt_idmap *idmap, struct dentry *dentry)
{
	if (!access_ruled(DOMICILE_USE_WRITE))
		return 0;
	return change_check(dentry, DOMICILE_HOOK_INODE_SETXATTR) ? -EPERM : 0;
}

/* For the others: of files that were used since they are in memory. */
static __always_inline int known_check(struct dentry *dentry, __u16 hook)
{
	struct domicile_inode_label *label;

	if (!access_ruled(DOMICILE_USE_WRITE) || !is_regular(dentry->d_inode))
		return 0;
	label = inode_label(dentry->d_inode, 0);
	return label ? labelled_change_check(dentry, &label->set, hook) : 0;
}

SEC("lsm/inode_removexattr")
int BPF_PROG(hook_access_removexattr, struct mnt_idmap *idmap, struct dentry *dentry)
{
	return known_check(dentry, DOMICILE_HOOK_INODE_REMOVEXATTR) ? -EPERM : 0;
}

SEC("lsm/inode_set_acl")
int BPF_PROG(hook_access_set_acl, struct mnt_idmap *idmap, struct dentry *dentry)
{
	return known_check(dentry, DOMICILE_HOOK_INODE_SET_ACL) ? -EPERM : 0;
}
