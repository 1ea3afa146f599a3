// SPDX-License-Identifier: GPL-2.0-only
/*
 * Labels travel: between processes and files, pipes and sockets, and from a
 * process to what it starts or attaches to. Each hook names the flow it saw.
 */
#include "attach.bpf.h"
#include "device_flow.bpf.h"
#include "file.bpf.h"
#include "flow.bpf.h"
#include "refuse.bpf.h"
#include "terminal.bpf.h"

/* --- pipes ----------------------------------------------------------------- */

/* Who reads the pipe already is told first, where the call can be done again. */
static __noinline int pipe_write(struct file *file)
{
	struct domicile_taint *taint = taint_current();
	struct domicile_inode_label *label;

	if (!taint)
		return 0;
	label = pipe_label_make((__u64)seen(file)->f_inode->i_pipe);
	if (!label)
		return -ENOMEM;
	if (label_set_covers(&label->set, &taint->set))
		return 0;
	if (call_restarts() && !domicile_pipe_announce(file))
		return -ERESTARTNOINTR;
	return pipe_join(file->f_inode, taint);
}

static __noinline int pipe_read(struct inode *inode)
{
	struct domicile_inode_label *label = pipe_label(inode);

	if (!label)
		return 0;
	return taint_join(bpf_get_current_task_btf(), &label->set, label->origin);
}

/* --- sockets: reads that no other hook sees, by splice ---------------------- */

static __noinline int socket_read(struct file *file)
{
	struct socket *sock = bpf_sock_from_file(file);
	struct sock *sk = sock ? sock->sk : NULL;

	return sk ? sock_take(sk) : 0;
}

/* --------------------------------------------------------------------------- */

SEC("lsm/file_permission")
int BPF_PROG(hook_file_permission, struct file *file, int mask)
{
	struct inode *inode = file->f_inode;
	int err = 0;

	if (lost_any())
		lost_ends(inode_address(inode));
	if (is_memory_file(file)) {
		err = tainted_host() ? memory_used(file) : 0;
	} else if (is_regular(inode)) {
		if (mask & MAY_READ)
			err = file_read(file, DOMICILE_HOOK_FILE_PERMISSION);
		if (!err && mask & MAY_WRITE && tainted_host())
			err = access_write_again(file, DOMICILE_HOOK_FILE_PERMISSION) ?:
			      file_write(file, DOMICILE_HOOK_FILE_PERMISSION);
	} else if (is_pipe(inode) && tainted_host()) {
		if (mask & MAY_READ)
			err = pipe_read(inode);
		if (!err && mask & MAY_WRITE)
			err = pipe_write(file);
	} else if (is_socket(inode) && mask & MAY_READ && arrivals_labelled()) {
		err = socket_read(file);
	} else if (is_terminal(inode) && !is_serial(inode) && tainted_host()) {
		if (mask & MAY_READ)
			err = terminal_read(file);
		if (!err && mask & MAY_WRITE)
			err = terminal_write(file);
	} else if (is_device(inode)) {
		err = device_flow(file, mask, DOMICILE_HOOK_FILE_PERMISSION);
	}
	if (err == -ERESTARTNOINTR)
		return -ERESTARTNOINTR;
	return err ? -EPERM : 0;
}

/* The pipe's address may soon mean another. */
SEC("fentry/free_pipe_info")
int BPF_PROG(trace_free_pipe_info, struct pipe_inode_info *pipe)
{
	__u64 key = (__u64)pipe;

	if (tainted_host())
		bpf_map_delete_elem(&pipe_labels, &key);
	return 0;
}

/* --- sockets: arrival ------------------------------------------------------ */

SEC("lsm/socket_recvmsg")
int BPF_PROG(hook_socket_recvmsg, struct socket *sock, struct msghdr *msg, int size, int flags)
{
	struct sock *sk = sock->sk;

	if (!sk || !arrivals_labelled())
		return 0;
	return sock_take(sk) ? -EPERM : 0;
}

/* Pages of what arrived, mapped by the process. */
SEC("lsm/socket_getsockopt")
int BPF_PROG(hook_socket_getsockopt, struct socket *sock, int level, int optname)
{
	struct sock *sk = sock->sk;

	if (level != IPPROTO_TCP || optname != TCP_ZEROCOPY_RECEIVE || !sk || !arrivals_labelled())
		return 0;
	return sock_take(sk) ? -EPERM : 0;
}

/* A datagram has no peer to ask later: its label goes to the receiver now. */
SEC("lsm/unix_may_send")
int BPF_PROG(hook_unix_may_send, struct socket *sock, struct socket *other)
{
	struct domicile_taint *taint = taint_own();
	struct sock *sk = other->sk, *from = sock->sk;
	struct domicile_sock_label *sent;
	int kept;

	if (!taint || !sk || !from)
		return 0;
	kept = carrier_refresh(taint);
	if (!kept && carriers_refuse() && unix_refuses(sk, taint, DOMICILE_HOOK_UNIX_MAY_SEND))
		return -EPERM;
	/* Connecting asks as well, and sends nothing: sendmsg was not called before. */
	sent = sock_label(from, 0);
	if (!sent || !label_set_covers(kept ? &sent->kept : &sent->out, &taint->set))
		return 0;
	return sock_join_in(sk, taint) ? -EPERM : 0;
}

/* --- processes ------------------------------------------------------------- */

/* @to starts out with what @taint holds. Return: 0, or -ENOMEM. */
static __noinline int taint_inherit(struct task_struct *to, const struct domicile_taint *taint)
{
	struct domicile_taint *child;

	child = storage_make(task, &task_taints, to);
	if (!child || !taint) {
		count(DOMICILE_COUNT_NO_MEMORY);
		return -ENOMEM;
	}
	label_set_join_shared(&child->set, &taint->set);
	child->origin = taint->origin;
	child->alone |= taint->alone;
	return 0;
}

SEC("lsm/task_alloc")
int BPF_PROG(hook_task_alloc, struct task_struct *task, unsigned long clone_flags)
{
	struct domicile_taint *taint;

	if (clone_flags & CLONE_THREAD)
		return 0;
	taint = taint_current();
	if (!taint)
		return 0;
	return taint_inherit(task, taint) ? -ENOMEM : 0;
}

/*
 * Between task_alloc and the copy of the memory another thread of the parent
 * may have picked up a label. The child has not run yet.
 */
SEC("tp_btf/sched_process_fork")
int BPF_PROG(trace_sched_process_fork, struct task_struct *parent, struct task_struct *child)
{
	struct domicile_taint *taint;

	if (child->pid != child->tgid || is_kernel_thread(parent))
		return 0;
	taint = tainted_host() ? taint_of(parent, 0) : NULL;
	if (taint && !taint->carrier && !label_set_empty(&taint->set))
		taint_inherit(child, taint);
	return 0;
}

/*
 * The arguments are copied by now, what they hold from shared memory too. When a
 * thread that is not the leader calls exec, it becomes the leader, and the old
 * leader's storage goes away with it.
 */
SEC("lsm/bprm_check_security")
int BPF_PROG(hook_bprm_check_security, struct linux_binprm *bprm)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct domicile_taint *taint = taint_own();

	if (!taint || task->pid == task->tgid)
		return 0;
	return taint_inherit(task, taint) ? -ENOMEM : 0;
}
