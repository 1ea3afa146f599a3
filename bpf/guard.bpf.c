// SPDX-License-Identifier: GPL-2.0-only
/* Domicile guards its own labels: nobody but its module writes them. */
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
	taint = taint_current();
	if (taint)
		event.origin = taint->origin;
	audit_emit_dentry(&event, taint ? &taint->set : &none, dentry);
	return -EPERM;
}

SEC("lsm/inode_setxattr")
int BPF_PROG(hook_inode_setxattr, struct mnt_idmap *idmap, struct dentry *dentry,
	     const char *name)
{
	if (!is_label_name(name))
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
