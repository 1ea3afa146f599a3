// SPDX-License-Identifier: GPL-2.0-only
/*
 * io_uring: a ring that two processes have since fork() reads and writes the
 * memory of the one that made it, through the buffers that it registered, on
 * behalf of the one that submits. The rings' own memory is shared memory.
 */
#include "attach.bpf.h"
#include "taint.bpf.h"

static __always_inline int ring_used(struct io_ring_ctx *ring)
{
	struct mm_struct *memory = ring->mm_account;

	if (tainted_host() && memory != seen(bpf_get_current_task_btf())->mm)
		attached_traced(BPF_CORE_READ(memory, owner, pid));
	return 0;
}

SEC("fentry/io_submit_sqes")
int BPF_PROG(trace_io_submit_sqes, struct io_ring_ctx *ring)
{
	return ring_used(ring);
}

/* Either may have got more by what was submitted. */
SEC("fexit/io_submit_sqes")
int BPF_PROG(done_io_submit_sqes, struct io_ring_ctx *ring)
{
	return ring_used(ring);
}

/* A thread has its first ring: what its process has open was opened without one. */
SEC("fentry/io_uring_alloc_task_context")
int BPF_PROG(trace_io_uring_alloc_task_context)
{
	struct domicile_taint *taint = taint_current_traced();

	if (taint && ring_files_store(taint))
		bpf_send_signal(SIGKILL);
	return 0;
}
