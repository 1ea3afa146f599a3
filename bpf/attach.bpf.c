// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who attaches to a process reads and writes its memory: asked when it
 * attaches, at each transfer, because either may hold more by then, and after
 * those that take time.
 */
#include "attach.bpf.h"
#include "flow.bpf.h"
#include "syscall.bpf.h"

/* Programs: the process (tgid) whose memory a thread was last let into. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u32);
} attachments SEC(".maps");

static __always_inline int attachment_note(struct task_struct *child)
{
	__u32 *tgid = storage_make(task, &attachments, bpf_get_current_task_btf());

	if (!tgid) {
		count(DOMICILE_COUNT_NO_MEMORY);
		return -ENOMEM;
	}
	*tgid = child->tgid;
	return 0;
}

SEC("lsm/ptrace_access_check")
int BPF_PROG(hook_ptrace_access_check, struct task_struct *child, unsigned int mode)
{
	if (!(mode & PTRACE_MODE_ATTACH) || !tainted_host())
		return 0;
	return attachment_note(child) || attached(child) ? -EPERM : 0;
}

/*
 * For tracing programs: the current process has written to the memory of another.
 * By pid, of the initial namespace: not every kfunc takes such programs' arguments.
 */
static __noinline int given_traced(__s32 pid)
{
	struct task_struct *other = bpf_task_from_pid(pid);
	struct domicile_taint *taint;

	if (!other)
		return 0;
	taint = taint_current_traced();
	if (taint && other_join(other, &taint->set, taint->origin))
		flow_lost(DOMICILE_HOOK_PTRACE, &all_labels);
	bpf_task_release(other);
	return 0;
}

/* As attached(), for tracing programs. */
static __noinline int attached_traced(__s32 pid)
{
	struct task_struct *other = bpf_task_from_pid(pid);
	struct domicile_taint *taint;

	if (!other)
		return 0;
	if (other_refresh(other))
		flow_lost(DOMICILE_HOOK_PTRACE, &all_labels);
	taint = taint_of(other, 0);
	if (taint)
		data_taken(&taint->set, taint->origin, DOMICILE_HOOK_PTRACE);
	bpf_task_release(other);
	return given_traced(pid);
}

/*
 * process_vm_readv and process_vm_writev, before they begin, and who opens /proc/PID/mem.
 * The task's lock was held when ptrace_access_check was asked.
 */
SEC("fexit/mm_access")
int BPF_PROG(done_mm_access, struct task_struct *task, unsigned int mode, struct mm_struct *ret)
{
	if (mode & PTRACE_MODE_ATTACH && tainted_host() && ret && !is_error((unsigned long)ret))
		attached_traced(task->pid);
	return 0;
}

/* Every request of a tracer; the child has stopped, and goes on only at another. */
static __always_inline int requested(struct task_struct *child, long request)
{
	result_forged(request);
	if (tainted_host())
		attached_traced(child->pid);
	return 0;
}

SEC("fentry/arch_ptrace")
int BPF_PROG(trace_arch_ptrace, struct task_struct *child, long request)
{
	return requested(child, request);
}

/* Of a 32-bit tracer. */
SEC("?fentry/compat_arch_ptrace")
int BPF_PROG(trace_compat_arch_ptrace, struct task_struct *child, compat_long_t request)
{
	return requested(child, request);
}

/* process_vm_readv and process_vm_writev: either may have got more meanwhile. */
SEC("fexit/process_vm_rw")
int BPF_PROG(done_process_vm_rw, pid_t pid, const void *lvec, unsigned long liovcnt,
	     const void *rvec, unsigned long riovcnt, unsigned long flags, int vm_write,
	     ssize_t ret)
{
	__u32 *tgid;

	if (ret <= 0 || !tainted_host())
		return 0;
	tgid = bpf_task_storage_get(&attachments, bpf_get_current_task_btf(), 0, 0);
	if (tgid)
		attached_traced(*tgid);
	return 0;
}

SEC("fexit/mem_rw")
int BPF_PROG(done_mem_rw, struct file *file, char *buffer, size_t count, loff_t *offset,
	     int write, ssize_t ret)
{
	struct mm_struct *memory = file->private_data;

	if (ret > 0 && tainted_host())
		attached_traced(BPF_CORE_READ(memory, owner, pid));
	return 0;
}
