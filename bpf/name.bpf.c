// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names: what a file that moves or gets another name inherits there, and what it
 * takes the place of.
 */
#include "label.bpf.h"

/* What moves below a labelled directory inherits anew. */
static __always_inline void label_forget_tree(struct dentry *dentry)
{
	struct domicile_inode_label *label;

	if ((dentry->d_inode->i_mode & S_IFMT) == S_IFDIR) {
		tree_moved();
		return;
	}
	label = inode_label(dentry->d_inode, 0);
	if (label)
		label->tree_generation = 0;
}

static __noinline int label_replaced(struct dentry *dentry, const struct domicile_label_set *lost)
{
	struct audit_event event = {
		.hook = DOMICILE_HOOK_INODE_RENAME,
		.verdict = DOMICILE_VERDICT_AUDIT,
		.reason = DOMICILE_REASON_LABEL_REPLACED,
		.object = DOMICILE_OBJECT_INODE,
		.origin = origin_key(dentry->d_inode),
	};
	struct domicile_taint *taint = taint_of(bpf_get_current_task_btf(), 0);
	struct domicile_label_set none = {};

	event.denied = *lost;
	return audit_emit_dentry(&event, taint ? &taint->set : &none, dentry);
}

/*
 * @from is about to take the place of @to: nothing leaks, but who goes by names
 * takes a file for labelled that is not, such as one restored from a backup.
 */
static __noinline int replace(struct dentry *from, struct dentry *to)
{
	struct domicile_label_table *table = label_table_get();
	struct domicile_label_set old = {}, new = {};

	if (!table)
		return 0;
	domicile_label_read_dentry(to, DOMICILE_SCOPE_FILE, table, &old);
	if (label_set_empty(&old))
		return 0;
	domicile_label_read_dentry(from, DOMICILE_SCOPE_FILE, table, &new);
	domicile_label_read_dentry(to, DOMICILE_SCOPE_TREE, table, &new);
	if (label_set_covers(&new, &old))
		return 0;
	label_set_remove(&old, &new);
	return label_replaced(to, &old);
}

SEC("lsm.s/inode_rename")
int BPF_PROG(hook_inode_rename, struct inode *old_dir, struct dentry *old_dentry,
	     struct inode *new_dir, struct dentry *new_dentry)
{
	if (old_dir != new_dir)
		label_forget_tree(old_dentry);
	if (new_dentry->d_inode && is_regular(new_dentry->d_inode))
		replace(old_dentry, new_dentry);
	return 0;
}

SEC("lsm/inode_link")
int BPF_PROG(hook_inode_link, struct dentry *old_dentry, struct inode *dir,
	     struct dentry *new_dentry)
{
	label_forget_tree(old_dentry);
	return 0;
}

/*
 * Who opened it between the hook and the move remembered what it inherited in
 * the old place.
 */
static __always_inline void label_moved(struct inode *inode)
{
	struct domicile_inode_label label = {};

	if ((inode->i_mode & S_IFMT) != S_IFDIR)
		storage_peek(inode_address(inode), &label);
	if ((inode->i_mode & S_IFMT) == S_IFDIR || label.tree_generation)
		tree_moved();
}

/*
 * What is below a labelled directory by a new name gets the label now: who opens
 * it by another, or has it open, has to see it. When that fails, it is left to
 * the next that opens it by the new name.
 */
static __always_inline void label_inherit(struct inode *dir, struct dentry *dentry)
{
	struct domicile_inode_label tree = {};
	struct domicile_state *st = state_get();

	if (!st || !is_regular(dentry->d_inode) || is_kernel_thread(bpf_get_current_task_btf()))
		return;
	storage_peek(inode_address(dir), &tree);
	if (tree.tree_generation != st->tree_generation + 1 || !label_set_empty(&tree.set))
		domicile_label_inherit(dentry);
}

SEC("fexit/vfs_rename")
int BPF_PROG(done_vfs_rename, struct renamedata *rd, int ret)
{
	if (ret || rd->old_dir == rd->new_dir)
		return 0;
	label_moved(rd->old_dentry->d_inode);
	label_inherit(rd->new_dir, rd->old_dentry);
	if (rd->flags & RENAME_EXCHANGE) {
		label_moved(rd->new_dentry->d_inode);
		label_inherit(rd->old_dir, rd->new_dentry);
	}
	return 0;
}

SEC("fexit/vfs_link")
int BPF_PROG(done_vfs_link, struct dentry *old_dentry, struct mnt_idmap *idmap,
	     struct inode *dir, struct dentry *new_dentry, struct inode **delegated_inode, int ret)
{
	if (ret)
		return 0;
	label_moved(old_dentry->d_inode);
	label_inherit(dir, new_dentry);
	return 0;
}
