// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages that enter or leave a pipe without a read or a write of it: splice,
 * tee, vmsplice and sendfile, io_uring's too. No LSM hook sees the pipe, so
 * these programs watch the functions that all of them go through. They cannot
 * refuse; a label always finds room or the process ends.
 */
#include "flow.bpf.h"

/* Data goes into @pipe. */
static __always_inline int pipe_filled(struct pipe_inode_info *pipe)
{
	struct domicile_taint *taint = taint_current_traced();

	if (!taint)
		return 0;
	pipes_spliced = 1;
	if (pipe_join_at((__u64)pipe, taint))
		flow_lost(DOMICILE_HOOK_PIPE, &all_labels);
	return 0;
}

/* splice from a file or socket, and sendfile from a file, before the pipe has data. */
SEC("fentry/splice_file_to_pipe")
int BPF_PROG(trace_splice_file_to_pipe, struct file *in, struct pipe_inode_info *pipe)
{
	return pipe_filled(pipe);
}

/* vmsplice from memory, for each page. */
SEC("fentry/add_to_pipe")
int BPF_PROG(trace_add_to_pipe, struct pipe_inode_info *pipe)
{
	return pipe_filled(pipe);
}

/*
 * The write was asked for before the data came. The label reaches the file, and
 * what is remembered of it, before the call returns.
 */
static __always_inline int spliced_to_file(struct file *out, struct domicile_taint *taint)
{
	struct domicile_label_table *table = label_table_get();

	if (!table || is_kernel_object(out->f_inode))
		return 0;
	return domicile_label_store(out, table, &taint->set,
				    DOMICILE_STORE_LATER);
}

/*
 * What @in holds becomes the process's, whether it is spliced to memory or on;
 * and what the process holds, @out's.
 */
static __always_inline int spliced(struct file *in, struct file *out)
{
	struct domicile_inode_label *label;
	struct domicile_taint *taint;

	if (!tainted_host())
		return 0;
	label = is_pipe(in->f_inode) ? pipe_label(in->f_inode) : NULL;
	if (label && taint_join_traced(in, &label->set, label->origin))
		flow_lost(DOMICILE_HOOK_PIPE, &all_labels);
	taint = taint_current_traced();
	if (taint && is_pipe(out->f_inode) && pipe_join(out->f_inode, taint))
		flow_lost(DOMICILE_HOOK_PIPE, &all_labels);
	if (taint && is_regular(out->f_inode) && spliced_to_file(out, taint))
		flow_lost(DOMICILE_HOOK_PIPE, &all_labels);
	return 0;
}

SEC("fentry/do_splice")
int BPF_PROG(trace_do_splice, struct file *in, loff_t *in_offset, struct file *out)
{
	return spliced(in, out);
}

SEC("fentry/do_tee")
int BPF_PROG(trace_do_tee, struct file *in, struct file *out)
{
	return spliced(in, out);
}

/* Once more when it waited for data. A socket's label came with them. */
SEC("fexit/do_splice")
int BPF_PROG(done_do_splice, struct file *in, loff_t *in_offset, struct file *out,
	     loff_t *out_offset, size_t length, unsigned int flags, ssize_t ret)
{
	struct socket *sock;

	if (ret <= 0 || !tainted_host())
		return 0;
	sock = bpf_sock_from_file(in);
	if (sock && sock->sk)
		sock_take_traced(in, sock->sk, DOMICILE_HOOK_SOCKET_RECVMSG);
	return spliced(in, out);
}

SEC("fexit/do_tee")
int BPF_PROG(done_do_tee, struct file *in, struct file *out, size_t length, unsigned int flags,
	     ssize_t ret)
{
	return ret > 0 ? spliced(in, out) : 0;
}

/* vmsplice to memory, and every splice from a pipe. */
SEC("fexit/__splice_from_pipe")
int BPF_PROG(done_splice_from_pipe, struct pipe_inode_info *pipe, struct splice_desc *sd,
	     void *actor, ssize_t ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct domicile_inode_label *label;

	if (ret <= 0 || !tainted_host() || is_kernel_thread(task))
		return 0;
	label = pipe_label_at((__u64)pipe);
	if (label && taint_join_traced(NULL, &label->set, label->origin))
		flow_lost(DOMICILE_HOOK_PIPE, &all_labels);
	return 0;
}

/*
 * A splice to a socket can wait for its pipe before it sends: the program on
 * sendmsg has to know which pipe that is.
 */
SEC("fentry/splice_to_socket")
int BPF_PROG(trace_splice_to_socket, struct pipe_inode_info *pipe)
{
	__u64 thread = bpf_get_current_pid_tgid(), value = (__u64)pipe;

	bpf_map_update_elem(&splices, &thread, &value, BPF_ANY);
	return 0;
}

SEC("fexit/splice_to_socket")
int BPF_PROG(done_splice_to_socket, struct pipe_inode_info *pipe)
{
	__u64 thread = bpf_get_current_pid_tgid();

	bpf_map_delete_elem(&splices, &thread);
	return 0;
}
