/* SPDX-License-Identifier: GPL-2.0-only */
/* Which system call the current task is in, and whether it can be done again. */
#ifndef DOMICILE_SYSCALL_BPF_H
#define DOMICILE_SYSCALL_BPF_H

#include "compat.bpf.h"

/* arch/x86/entry/syscalls/syscall_64.tbl */
enum {
	NR_WRITE = 1,
	NR_MMAP = 9,
	NR_IOCTL = 16,
	NR_PWRITE64 = 18,
	NR_WRITEV = 20,
	NR_SENDFILE = 40,
	NR_IO_SUBMIT = 209,
	NR_SPLICE = 275,
	NR_FALLOCATE = 285,
	NR_PWRITEV = 296,
	NR_COPY_FILE_RANGE = 326,
	NR_PWRITEV2 = 328,
};

/* arch/x86/entry/syscalls/syscall_32.tbl */
enum {
	NR32_WRITE = 4,
	NR32_IOCTL = 54,
	NR32_MMAP = 90,
	NR32_WRITEV = 146,
	NR32_PWRITE64 = 181,
	NR32_SENDFILE = 187,
	NR32_MMAP2 = 192,
	NR32_SENDFILE64 = 239,
	NR32_IO_SUBMIT = 248,
	NR32_SPLICE = 313,
	NR32_FALLOCATE = 324,
	NR32_PWRITEV = 334,
	NR32_COPY_FILE_RANGE = 377,
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

#endif /* DOMICILE_SYSCALL_BPF_H */
