// SPDX-License-Identifier: GPL-2.0-only
/* Terminals: see terminal.bpf.h. Reads and writes come from file_permission. */
#include "terminal.bpf.h"

#define TIOCSTI 0x5412 /* types on the terminal for somebody else to read */
#define TIOCCONS 0x541d /* gives this terminal what goes to the console */
#define TIOCLINUX 0x541c /* selects and pastes on a virtual console */

/* A pty begins: whoever opened it reads it until another does. */
SEC("fexit/ptmx_open")
int BPF_PROG(done_ptmx_open, struct inode *inode, struct file *file, int ret)
{
	struct terminal *terminal;

	if (ret)
		return 0;
	terminal = terminal_get((__u64)file_tty(file));
	if (terminal)
		terminal->reader = bpf_get_current_pid_tgid() >> 32;
	return 0;
}

SEC("fentry/pty_cleanup")
int BPF_PROG(trace_pty_cleanup, struct tty_struct *tty)
{
	__u64 key = (__u64)tty;

	bpf_map_delete_elem(&terminals, &key);
	return 0;
}

/* A reader that waited. */
static __always_inline int terminal_taken(__u64 tty)
{
	struct terminal *terminal = bpf_map_lookup_elem(&terminals, &tty);

	return terminal ? data_taken(&terminal->label.set, terminal->label.origin,
				     DOMICILE_HOOK_TTY) : 0;
}

/* The data is in a buffer of the kernel's, and goes to the reader's memory next. */
SEC("fexit/n_tty_read")
int BPF_PROG(done_n_tty_read, struct tty_struct *tty, struct file *file, __u8 *buffer, size_t size,
	     void **cookie, unsigned long offset, ssize_t ret)
{
	return ret && tainted_host() ? terminal_taken((__u64)tty) : 0;
}

/* Other line disciplines. */
SEC("fexit/tty_read")
int BPF_PROG(done_tty_read, struct kiocb *iocb, struct iov_iter *to, ssize_t ret)
{
	return ret > 0 && tainted_host() ? terminal_taken((__u64)file_tty(iocb->ki_filp)) : 0;
}

static __always_inline int terminal_command(struct file *file, unsigned int command)
{
	struct audit_event event = {};
	struct domicile_taint *taint;

	if ((command != TIOCSTI && command != TIOCCONS && command != TIOCLINUX) ||
	    !is_terminal(file->f_inode))
		return 0;
	taint = taint_current();
	return taint ? terminal_refuse(file, &event, taint) : 0;
}

SEC("lsm/file_ioctl")
int BPF_PROG(hook_terminal_ioctl, struct file *file, unsigned int command)
{
	return terminal_command(file, command) ? -EPERM : 0;
}

SEC("lsm/file_ioctl_compat")
int BPF_PROG(hook_terminal_ioctl_compat, struct file *file, unsigned int command)
{
	return terminal_command(file, command) ? -EPERM : 0;
}
