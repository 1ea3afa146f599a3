// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domicile guards its own labels: nobody but its module takes one off. What
 * copies a file may bring the label along, or restore it.
 */
#include "label.bpf.h"

static __noinline int guard_label(struct dentry *dentry, __u16 hook)
{
	struct audit_event event = {
		.hook = hook,
		.verdict = DOMICILE_VERDICT_DENY,
		.reason = DOMICILE_REASON_LABEL_GUARD,
		.object = DOMICILE_OBJECT_INODE,
	};
	struct domicile_label_set none = {};
	struct domicile_taint *taint;

	if (domicile_errand() == DOMICILE_ERRAND_STORE)
		return 0;
	taint = taint_own();
	if (taint)
		event.origin = taint->origin;
	audit_emit_dentry(&event, taint ? &taint->set : &none, dentry);
	return -EPERM;
}

SEC("lsm.s/inode_setxattr")
int BPF_PROG(hook_inode_setxattr, struct mnt_idmap *idmap, struct dentry *dentry,
	     const char *name)
{
	__u64 value = 0, size = 0;

	if (!is_label_name(name))
		return 0;
	/* The verifier of 6.12 takes no argument that is a pointer to const void. */
	bpf_get_func_arg(ctx, 3, &value);
	bpf_get_func_arg(ctx, 4, &size);
	if (domicile_label_grows(dentry, value, size))
		return 0;
	return guard_label(dentry, DOMICILE_HOOK_INODE_SETXATTR) ? -EPERM : 0;
}

SEC("lsm/inode_removexattr")
int BPF_PROG(hook_inode_removexattr, struct mnt_idmap *idmap, struct dentry *dentry,
	     const char *name)
{
	if (!is_label_name(name))
		return 0;
	return guard_label(dentry, DOMICILE_HOOK_INODE_REMOVEXATTR) ? -EPERM : 0;
}
