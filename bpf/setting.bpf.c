// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a process can set and everybody can read: its name, the host's name. The
 * files of the kernel are in setting.bpf.h, and mounts here too, because the
 * kernel sends what they say to servers and daemons.
 */
#include "label.bpf.h"

/* Return: 0, or to a tainted process -EPERM, with a record. */
static __noinline int setting_refuse(__u16 hook)
{
	struct domicile_taint *taint = taint_current();
	struct audit_event event = {
		.hook = hook,
		.verdict = DOMICILE_VERDICT_DENY,
		.reason = DOMICILE_REASON_KERNEL_SETTING,
	};

	if (!taint)
		return 0;
	event.denied = taint->set;
	event.origin = taint->origin;
	audit_emit(&event, &taint->set);
	return -EPERM;
}

#define PR_SET_NAME 15
#define PR_SET_MM 35
#define PR_SET_VMA 0x53564d41

/* The name of a thread, the place of its arguments, the names of its mappings. */
SEC("lsm/task_prctl")
int BPF_PROG(hook_task_prctl, int option)
{
	if (!tainted_host() ||
	    (option != PR_SET_NAME && option != PR_SET_MM && option != PR_SET_VMA))
		return 0;
	return setting_refuse(DOMICILE_HOOK_TASK_PRCTL) ? -EPERM : 0;
}

#define CAP_SYS_ADMIN 21
#define NR_SETHOSTNAME 170
#define NR_SETDOMAINNAME 171
#define NR_SETHOSTNAME_COMPAT 74 /* fsync, and asks for no capability, otherwise */
#define NR_SETDOMAINNAME_COMPAT 121 /* getpgid, likewise */

/* No other hook is asked by sethostname() and setdomainname(). */
SEC("lsm/capable")
int BPF_PROG(hook_capable, const struct cred *cred, struct user_namespace *ns, int cap)
{
	struct pt_regs *regs;

	if (cap != CAP_SYS_ADMIN || !tainted_host())
		return 0;
	regs = (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());
	switch (regs->orig_ax) {
	case NR_SETHOSTNAME:
	case NR_SETDOMAINNAME:
	case NR_SETHOSTNAME_COMPAT:
	case NR_SETDOMAINNAME_COMPAT:
		return setting_refuse(DOMICILE_HOOK_CAPABLE) ? -EPERM : 0;
	default:
		return 0;
	}
}

/* --- mounts ------------------------------------------------------------------ */

static __always_inline bool is_type(const char *name, const char *wanted, __u32 size)
{
	char start[8] = {};

	bpf_probe_read_kernel_str(start, sizeof(start), name);
	return !bpf_strncmp(start, size, wanted);
}

/*
 * File systems that tell nobody outside of the kernel how they are mounted:
 * those on disks, and the kernel's own.
 */
static __always_inline bool stays_in_kernel(struct file_system_type *type)
{
	const char *name = BPF_CORE_READ(type, name);

	if (is_type(name, "fuseblk", 8))
		return false;
	return BPF_CORE_READ(type, fs_flags) & FS_REQUIRES_DEV || is_type(name, "tmpfs", 6) ||
	       is_type(name, "proc", 5) || is_type(name, "sysfs", 6) ||
	       is_type(name, "devpts", 7) || is_type(name, "mqueue", 7) ||
	       is_type(name, "cgroup2", 8) || is_type(name, "overlay", 8);
}

/* Every string that a mount is asked for with, its source included, by either interface. */
SEC("lsm/fs_context_parse_param")
int BPF_PROG(hook_fs_context_parse_param, struct fs_context *fc, struct fs_parameter *param)
{
	if (!tainted_host() || stays_in_kernel(fc->fs_type))
		return 0;
	return setting_refuse(DOMICILE_HOOK_FS_CONTEXT_PARSE_PARAM) ? -EPERM : 0;
}
