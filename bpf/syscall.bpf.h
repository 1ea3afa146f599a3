/* SPDX-License-Identifier: GPL-2.0-only */
/* Which system call a task is in, what it moves, and whether it can be done again. */
#ifndef DOMICILE_SYSCALL_BPF_H
#define DOMICILE_SYSCALL_BPF_H

#include "compat.bpf.h"

/* arch/x86/entry/syscalls/syscall_64.tbl */
enum {
	NR_READ = 0,
	NR_WRITE = 1,
	NR_CLOSE = 3,
	NR_MMAP = 9,
	NR_IOCTL = 16,
	NR_PREAD64 = 17,
	NR_PWRITE64 = 18,
	NR_READV = 19,
	NR_WRITEV = 20,
	NR_DUP2 = 33,
	NR_SENDFILE = 40,
	NR_SENDTO = 44,
	NR_SENDMSG = 46,
	NR_IO_SUBMIT = 209,
	NR_SPLICE = 275,
	NR_TEE = 276,
	NR_VMSPLICE = 278,
	NR_FALLOCATE = 285,
	NR_DUP3 = 292,
	NR_PREADV = 295,
	NR_PWRITEV = 296,
	NR_SENDMMSG = 307,
	NR_COPY_FILE_RANGE = 326,
	NR_PREADV2 = 327,
	NR_PWRITEV2 = 328,
	NR_CLOSE_RANGE = 436, /* of 32-bit calls, too */
};

/* arch/x86/entry/syscalls/syscall_32.tbl */
enum {
	NR32_READ = 3,
	NR32_WRITE = 4,
	NR32_CLOSE = 6,
	NR32_IOCTL = 54,
	NR32_DUP2 = 63,
	NR32_MMAP = 90,
	NR32_READV = 145,
	NR32_WRITEV = 146,
	NR32_PREAD64 = 180,
	NR32_PWRITE64 = 181,
	NR32_SENDFILE = 187,
	NR32_MMAP2 = 192,
	NR32_SENDFILE64 = 239,
	NR32_IO_SUBMIT = 248,
	NR32_SPLICE = 313,
	NR32_TEE = 315,
	NR32_VMSPLICE = 316,
	NR32_FALLOCATE = 324,
	NR32_DUP3 = 330,
	NR32_PREADV = 333,
	NR32_PWRITEV = 334,
	NR32_SENDMMSG = 345,
	NR32_SENDTO = 369,
	NR32_SENDMSG = 370,
	NR32_COPY_FILE_RANGE = 377,
	NR32_PREADV2 = 378,
	NR32_PWRITEV2 = 379,
};

#define TS_COMPAT 2 /* arch/x86: a 32-bit call, numbered otherwise */
#define FICLONE 0x40049409
#define FICLONERANGE 0x4020940d

static __always_inline bool is_clone_command(__u32 command)
{
	return command == FICLONE || command == FICLONERANGE;
}

static __always_inline bool call_restarts_64(const struct pt_regs *regs)
{
	switch (regs->orig_ax) {
	case NR_WRITE:
	case NR_MMAP:
	case NR_PWRITE64:
	case NR_WRITEV:
	case NR_SENDFILE:
	case NR_IO_SUBMIT:
	case NR_SPLICE:
	case NR_FALLOCATE:
	case NR_PWRITEV:
	case NR_COPY_FILE_RANGE:
	case NR_PWRITEV2:
		return true;
	case NR_IOCTL:
		return is_clone_command(regs->si);
	default:
		return false;
	}
}

static __always_inline bool call_restarts_32(const struct pt_regs *regs)
{
	switch ((__u32)regs->orig_ax) {
	case NR32_WRITE:
	case NR32_MMAP:
	case NR32_WRITEV:
	case NR32_PWRITE64:
	case NR32_SENDFILE:
	case NR32_MMAP2:
	case NR32_SENDFILE64:
	case NR32_IO_SUBMIT:
	case NR32_SPLICE:
	case NR32_FALLOCATE:
	case NR32_PWRITEV:
	case NR32_COPY_FILE_RANGE:
	case NR32_PWRITEV2:
		return true;
	case NR32_IOCTL:
		return is_clone_command(regs->cx);
	default:
		return false;
	}
}

/*
 * May a hook of the current call return -ERESTARTNOINTR? Only in calls that
 * have moved no data when they ask file_permission or mmap_file. Not io_uring,
 * whose requests no call stands for.
 */
static __always_inline bool call_restarts(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);

	if (task->flags & (PF_KTHREAD | PF_IO_WORKER | PF_USER_WORKER | PF_EXITING))
		return false;
	if (task->thread_info.status & TS_COMPAT)
		return call_restarts_32(regs);
	return call_restarts_64(regs);
}

/*
 * Which argument is the descriptor that a call reads from, and which the one that
 * it writes to? Tables, because the verifier follows every branch.
 */
#define FROM(argument) ((argument) + 1)
#define TO(argument) (((argument) + 1) << 4)
#define CALLS 384

static const __u8 calls_64[CALLS] = {
	[NR_READ] = FROM(0),
	[NR_WRITE] = TO(0),
	[NR_PREAD64] = FROM(0),
	[NR_PWRITE64] = TO(0),
	[NR_READV] = FROM(0),
	[NR_WRITEV] = TO(0),
	[NR_SENDFILE] = FROM(1) | TO(0),
	[NR_SENDTO] = TO(0),
	[NR_SENDMSG] = TO(0),
	[NR_SPLICE] = FROM(0) | TO(2),
	[NR_TEE] = FROM(0) | TO(1),
	[NR_VMSPLICE] = FROM(0) | TO(0),
	[NR_PREADV] = FROM(0),
	[NR_PWRITEV] = TO(0),
	[NR_SENDMMSG] = TO(0),
	[NR_COPY_FILE_RANGE] = FROM(0) | TO(2),
	[NR_PREADV2] = FROM(0),
	[NR_PWRITEV2] = TO(0),
};

static const __u8 calls_32[CALLS] = {
	[NR32_READ] = FROM(0),
	[NR32_WRITE] = TO(0),
	[NR32_READV] = FROM(0),
	[NR32_WRITEV] = TO(0),
	[NR32_PREAD64] = FROM(0),
	[NR32_PWRITE64] = TO(0),
	[NR32_SENDFILE] = FROM(1) | TO(0),
	[NR32_SENDFILE64] = FROM(1) | TO(0),
	[NR32_SPLICE] = FROM(0) | TO(2),
	[NR32_TEE] = FROM(0) | TO(1),
	[NR32_VMSPLICE] = FROM(0) | TO(0),
	[NR32_PREADV] = FROM(0),
	[NR32_PWRITEV] = TO(0),
	[NR32_SENDMMSG] = TO(0),
	[NR32_SENDTO] = TO(0),
	[NR32_SENDMSG] = TO(0),
	[NR32_COPY_FILE_RANGE] = FROM(0) | TO(2),
	[NR32_PREADV2] = FROM(0),
	[NR32_PWRITEV2] = TO(0),
};

/* For call_descriptor(): where in an entry the argument is. */
enum call_way {
	CALL_READS = 0,
	CALL_WRITES = 4,
};

struct call {
	__u32 nr; /* -1: an interrupt or a fault */
	__u8 compat;
	__u8 worker; /* of the kernel's: no call is its own */
	__u8 over; /* the call has its result */
	__s32 argument[2][3]; /* of 64-bit and 32-bit calls */
};

/* Return: the descriptor that the call reads from or writes to, or -1. */
__noinline int call_descriptor(const struct call *call, enum call_way way)
{
	__u32 which;

	if (!call || call->nr >= CALLS || call->worker || call->over)
		return -1;
	which = (call->compat ? calls_32[call->nr] : calls_64[call->nr]) >> (way & 4) & 15;
	return which && which <= 3 ? call->argument[call->compat & 1][which - 1] : -1;
}

/* include/uapi/linux/ptrace.h, arch/x86/include/uapi/asm/ptrace-abi.h */
#define PTRACE_POKEUSR 6
#define PTRACE_SETREGS 13
#define PTRACE_SETREGSET 0x4205
#define PTRACE_SET_SYSCALL_INFO 0x4212

/* A tracer has set registers: from then on a result may be there before its call is over. */
__u8 results_forged;

static __always_inline void result_forged(long request)
{
	if (request == PTRACE_POKEUSR || request == PTRACE_SETREGS ||
	    request == PTRACE_SETREGSET || request == PTRACE_SET_SYSCALL_INFO)
		results_forged = 1;
}

/*
 * What @task does, as /proc/PID/syscall would say, but also of a task that runs.
 * The entry code leaves -ENOSYS where the result will be (arch/x86/entry/entry_64.S),
 * and nobody but a tracer changes that before.
 */
static __always_inline void call_get(struct task_struct *task, struct call *call)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);

	call->nr = regs->orig_ax;
	call->compat = !!(task->thread_info.status & TS_COMPAT);
	call->worker = !!(task->flags & (PF_KTHREAD | PF_IO_WORKER | PF_USER_WORKER));
	call->over = (__s64)regs->ax != -ENOSYS && !results_forged;
	call->argument[0][0] = regs->di;
	call->argument[0][1] = regs->si;
	call->argument[0][2] = regs->dx;
	call->argument[1][0] = regs->bx;
	call->argument[1][1] = regs->cx;
	call->argument[1][2] = regs->dx;
}

#endif /* DOMICILE_SYSCALL_BPF_H */
