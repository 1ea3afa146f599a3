// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ways of the kernel to pass data on that nothing follows: refused to tainted
 * processes.
 */
#include "audit.bpf.h"
#include "attach.bpf.h"
#include "holder.bpf.h"

/* Always -EPERM, with a record. */
static __noinline int opaque_refuse(const struct domicile_taint *taint, __u16 hook)
{
	struct audit_event event = {
		.hook = hook,
		.verdict = DOMICILE_VERDICT_DENY,
		.reason = DOMICILE_REASON_NOT_FOLLOWED,
	};

	if (!taint)
		return -EPERM;
	event.denied = taint->set;
	event.origin = taint->origin;
	audit_emit(&event, &taint->set);
	return -EPERM;
}

/* Events carry what is sampled or probed to whoever holds the descriptor. */
SEC("lsm/perf_event_open")
int BPF_PROG(hook_perf_event_open, struct perf_event_attr *attr, int type)
{
	struct domicile_taint *taint = taint_current();

	return taint && opaque_refuse(taint, DOMICILE_HOOK_PERF_EVENT_OPEN) ? -EPERM : 0;
}

/* `domicile` works for people who are tainted: these it writes, and root alone can. */
static __always_inline bool is_own_map(void *map)
{
	return map == (void *)&task_taints || map == (void *)&inode_labels ||
	       map == (void *)&origins || map == (void *)&state;
}

static __always_inline void *map_of(__u32 fd)
{
	struct file **files = BPF_CORE_READ(bpf_get_current_task_btf(), files, fdt, fd);
	struct file *file = NULL;

	if (fd < BPF_CORE_READ(bpf_get_current_task_btf(), files, fdt, max_fds))
		bpf_probe_read_kernel(&file, sizeof(file), files + fd);
	return BPF_CORE_READ(file, private_data);
}

#define SETALL 17

/* Two bytes for each of 32,000 semaphores. One at a time they are let pass. */
SEC("lsm/sem_semctl")
int BPF_PROG(hook_sem_semctl, struct kern_ipc_perm *semaphores, int command)
{
	struct domicile_taint *taint = command == SETALL ? taint_current() : NULL;

	return taint && opaque_refuse(taint, DOMICILE_HOOK_SEM_SEMCTL) ? -EPERM : 0;
}

/* Looking things up takes nothing out: tainted processes put nothing in. */
static __always_inline bool is_lookup(int command)
{
	switch (command) {
	case BPF_MAP_LOOKUP_ELEM:
	case BPF_MAP_LOOKUP_BATCH:
	case BPF_MAP_GET_NEXT_KEY:
	case BPF_MAP_DELETE_ELEM:
	case BPF_OBJ_GET:
	case BPF_OBJ_GET_INFO_BY_FD:
	case BPF_PROG_GET_NEXT_ID:
	case BPF_MAP_GET_NEXT_ID:
	case BPF_BTF_GET_NEXT_ID:
	case BPF_LINK_GET_NEXT_ID:
	case BPF_PROG_GET_FD_BY_ID:
	case BPF_MAP_GET_FD_BY_ID:
	case BPF_BTF_GET_FD_BY_ID:
	case BPF_LINK_GET_FD_BY_ID:
	case BPF_PROG_QUERY:
	case BPF_TASK_FD_QUERY:
		return true;
	default:
		return false;
	}
}

SEC("lsm/bpf")
int BPF_PROG(hook_bpf, int command, union bpf_attr *attr)
{
	struct domicile_taint *taint;

	if (!tainted_host() || is_lookup(command))
		return 0;
	taint = taint_current();
	if (!taint || (command == BPF_MAP_UPDATE_ELEM && is_own_map(map_of(attr->map_fd))))
		return 0;
	return opaque_refuse(taint, DOMICILE_HOOK_BPF) ? -EPERM : 0;
}

/* The values of a map, in memory: no call comes when they change. */
SEC("lsm/mmap_file")
int BPF_PROG(hook_mmap_map, struct file *file, unsigned long reqprot, unsigned long prot,
	     unsigned long flags)
{
	struct domicile_taint *taint;

	if (!file || !(file->f_mode & FMODE_WRITE) ||
	    !is_named(file, "bpf-map", sizeof("bpf-map")) || is_own_map(file->private_data))
		return 0;
	if (hold_current(DOMICILE_HOLDS_MEMORY))
		return -EPERM;
	taint = taint_current();
	return taint && opaque_refuse(taint, DOMICILE_HOOK_MMAP_FILE) ? -EPERM : 0;
}

/*
 * userfaultfd: who holds the descriptor fills the memory of the process that made
 * it, and may be another.
 */
static __always_inline struct mm_struct *other_memory(struct file *file)
{
	struct userfaultfd_ctx *context = file->private_data;
	struct mm_struct *mm;

	if (!is_named(file, "[userfaultfd]", sizeof("[userfaultfd]")))
		return NULL;
	mm = BPF_CORE_READ(context, mm);
	return mm == seen(bpf_get_current_task_btf())->mm ? NULL : mm;
}

static __always_inline int userfaultfd_command(struct file *file)
{
	struct domicile_taint *taint;

	if (!tainted_host() || !other_memory(file))
		return 0;
	taint = taint_current();
	return taint ? opaque_refuse(taint, DOMICILE_HOOK_USERFAULTFD) : 0;
}

SEC("lsm/file_ioctl")
int BPF_PROG(hook_file_ioctl, struct file *file)
{
	return userfaultfd_command(file) ? -EPERM : 0;
}

SEC("lsm/file_ioctl_compat")
int BPF_PROG(hook_file_ioctl_compat, struct file *file)
{
	return userfaultfd_command(file) ? -EPERM : 0;
}

/* What it filled while another of its threads took the label. */
SEC("fexit/userfaultfd_ioctl")
int BPF_PROG(done_userfaultfd_ioctl, struct file *file)
{
	struct mm_struct *mm = tainted_host() ? other_memory(file) : NULL;

	if (mm)
		given_traced(BPF_CORE_READ(mm, owner, pid));
	return 0;
}
