// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data that a file carries beside its contents: extended attributes, access
 * control lists, and what a symbolic link says.
 */
#include "label.bpf.h"

static __noinline int attribute_refuse(struct dentry *dentry, const struct domicile_taint *taint,
				       __u16 hook)
{
	struct audit_event event = {
		.hook = hook,
		.verdict = DOMICILE_VERDICT_DENY,
		.reason = DOMICILE_REASON_NO_LABEL_STORE,
		.object = DOMICILE_OBJECT_INODE,
	};

	if (!taint)
		return 0;
	event.denied = taint->set;
	event.origin = taint->origin;
	audit_emit_dentry(&event, &taint->set, dentry);
	return -EPERM;
}

/* --- extended attributes --------------------------------------------------- */

/* The labels of directories are for what is below them; see tree_read(). */
static __noinline void attribute_remember(struct inode *inode, const struct domicile_taint *taint)
{
	struct domicile_inode_label *label;

	if (!taint || (inode->i_mode & S_IFMT) == S_IFDIR)
		return;
	label = inode_label(inode, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!label)
		return;
	inode_label_join(inode, label, &taint->set, taint->origin);
}

/* The label of the file holds before the value does. Return: 0, or -EPERM with a record. */
static __noinline int attribute_write(struct dentry *dentry)
{
	struct domicile_label_table *table = label_table_get();
	struct domicile_taint *taint = taint_current();
	struct domicile_inode_label *label;
	int err;

	if (!taint)
		return 0;
	if (storage_check_dentry(dentry, taint, DOMICILE_HOOK_INODE_SETXATTR))
		return -EPERM;
	label = inode_label(dentry->d_inode, 0);
	if (label && label_set_covers(&label->disk, &taint->set))
		return 0;
	err = table ? domicile_label_store_locked(dentry, table, &taint->set) : -ENOMEM;
	if (err)
		return attribute_refuse(dentry, taint, DOMICILE_HOOK_INODE_SETXATTR);
	attribute_remember(dentry->d_inode, taint);
	return 0;
}

SEC("lsm.s/inode_setxattr")
int BPF_PROG(hook_attribute_setxattr, struct mnt_idmap *idmap, struct dentry *dentry,
	     const char *name)
{
	if (!tainted_host() || is_label_name(name))
		return 0;
	return attribute_write(dentry) ? -EPERM : 0;
}

/*
 * Values that anybody sets freely. Others the kernel parses, and every listing
 * of a directory asks for them.
 */
static __always_inline bool is_free_name(const char *name)
{
	char start[16] = {};

	bpf_probe_read_kernel_str(start, sizeof(start), name);
	if (!bpf_strncmp(start, 7, "system."))
		return false;
	return bpf_strncmp(start, 15, "security.capabi") &&
	       bpf_strncmp(start, 15, "security.selinu");
}

/* What is known of the file, or on the disk. Return: 0, or -ENOMEM. */
static __noinline int attribute_take(struct dentry *dentry)
{
	struct domicile_label_table *table = label_table_get();
	struct inode *inode = dentry->d_inode;
	struct domicile_label_set set = {};
	struct domicile_inode_label *label;

	label = (inode->i_mode & S_IFMT) == S_IFDIR ? NULL : inode_label(inode, 0);
	if (label && label->tree_generation)
		return taint_join(bpf_get_current_task_btf(), &label->set, label->origin);
	if (label)
		set = label->set;
	if (table)
		domicile_label_read_dentry(dentry, DOMICILE_SCOPE_FILE, table, &set);
	return taint_join(bpf_get_current_task_btf(), &set, origin_key(inode));
}

SEC("lsm.s/inode_getxattr")
int BPF_PROG(hook_attribute_getxattr, struct dentry *dentry, const char *name)
{
	if (is_label_name(name) || !is_free_name(name))
		return 0;
	return attribute_take(dentry) ? -ENOMEM : 0;
}

/* --- access control lists --------------------------------------------------- */

#define ACL_OF_MODE 3 /* entries of one that says no more than the file's mode */

/* Its entries name users, in 32 bits each, and listings of directories read them. */
SEC("lsm/inode_set_acl")
int BPF_PROG(hook_inode_set_acl, struct mnt_idmap *idmap, struct dentry *dentry,
	     const char *acl_name, struct posix_acl *kacl)
{
	struct domicile_taint *taint;

	if (!tainted_host() || BPF_CORE_READ(kacl, a_count) <= ACL_OF_MODE)
		return 0;
	taint = taint_current();
	if (!taint)
		return 0;
	return attribute_refuse(dentry, taint, DOMICILE_HOOK_INODE_SET_ACL) ? -EPERM : 0;
}

/* --- symbolic links --------------------------------------------------------- */

/*
 * The link has no inode yet when it may still be refused. Its inode is labelled
 * when it comes, before anybody can find it, and on disk before the call returns.
 */
SEC("lsm/inode_symlink")
int BPF_PROG(hook_inode_symlink, struct inode *dir, struct dentry *dentry, const char *old_name)
{
	__u64 thread = bpf_get_current_pid_tgid(), name = (__u64)dentry;
	struct domicile_taint *taint = taint_current();

	if (!taint)
		return 0;
	if (storage_check_dentry(dentry->d_parent, taint, DOMICILE_HOOK_INODE_SYMLINK))
		return -EPERM;
	if (domicile_label_storable_in(dir)) {
		if (!bpf_map_update_elem(&symlinks, &thread, &name, BPF_ANY))
			return 0;
		count(DOMICILE_COUNT_NO_MEMORY);
	}
	attribute_refuse(dentry->d_parent, taint, DOMICILE_HOOK_INODE_SYMLINK);
	return -EPERM;
}

SEC("lsm/d_instantiate")
int BPF_PROG(hook_d_instantiate, struct dentry *dentry, struct inode *inode)
{
	__u64 thread, *name;
	struct domicile_taint *taint;

	if (!tainted_host() || !inode || (inode->i_mode & S_IFMT) != S_IFLNK)
		return 0;
	thread = bpf_get_current_pid_tgid();
	name = bpf_map_lookup_elem(&symlinks, &thread);
	if (!name || *name != (__u64)dentry)
		return 0;
	taint = taint_of(bpf_get_current_task_btf(), 0);
	attribute_remember(inode, taint);
	return 0;
}

SEC("fexit/vfs_symlink")
int BPF_PROG(done_vfs_symlink, struct mnt_idmap *idmap, struct inode *dir,
	     struct dentry *dentry, const char *oldname, int ret)
{
	struct domicile_label_table *table = label_table_get();
	__u64 thread = bpf_get_current_pid_tgid();
	struct domicile_taint *taint;

	if (!tainted_host() || bpf_map_delete_elem(&symlinks, &thread) || ret)
		return 0;
	taint = taint_of(bpf_get_current_task_btf(), 0);
	if (taint && table && domicile_label_store_dentry(dentry, table, &taint->set))
		count(DOMICILE_COUNT_NO_MEMORY);
	return 0;
}

SEC("lsm.s/inode_readlink")
int BPF_PROG(hook_inode_readlink, struct dentry *dentry)
{
	struct inode *inode = dentry->d_inode;

	if (!(inode->i_opflags & IOP_XATTR) || seen(inode)->i_sb->s_magic == PROC_SUPER_MAGIC)
		return 0;
	return attribute_take(dentry) ? -ENOMEM : 0;
}
