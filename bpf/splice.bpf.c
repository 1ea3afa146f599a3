// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages that enter or leave a pipe without a read or a write of it: splice,
 * tee, vmsplice and sendfile, io_uring's too. No LSM hook sees the pipe, so
 * these programs watch the functions that all of them go through. They cannot
 * refuse; a label always finds room or the process ends.
 */
#include "flow.bpf.h"

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

/* A core that is written to a program's standard input. */
SEC("fentry/dump_emit")
int BPF_PROG(trace_dump_emit, struct coredump_params *cprm)
{
	struct file *file = cprm->file;

	if (!is_pipe(file->f_inode))
		return 0;
	return pipe_filled(file->f_inode->i_pipe);
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
	if (label)
		data_taken(&label->set, label->origin, DOMICILE_HOOK_PIPE);
	taint = taint_current_traced();
	if (taint && is_pipe(out->f_inode) && pipe_join(out->f_inode, taint))
		flow_lost(DOMICILE_HOOK_PIPE, &all_labels);
	if (taint && is_regular(out->f_inode) && file_join_traced(out, taint))
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

/*
 * Both pipes are locked, and what one holds goes to the other next: splice and tee
 * can have waited for it.
 */
SEC("fexit/pipe_double_lock")
int BPF_PROG(done_pipe_double_lock, struct pipe_inode_info *in, struct pipe_inode_info *out)
{
	struct domicile_inode_label *label = tainted_host() ? pipe_label_at((__u64)in) : NULL;

	if (label)
		data_taken(&label->set, label->origin, DOMICILE_HOOK_PIPE);
	return pipe_filled(out);
}

/* vmsplice to memory, and every splice from a pipe to a file: the data has come. */
SEC("fexit/splice_from_pipe_next")
int BPF_PROG(done_splice_from_pipe_next, struct pipe_inode_info *pipe, struct splice_desc *sd,
	     int ret)
{
	struct domicile_inode_label *label = NULL;

	if (ret > 0 && tainted_host() && !is_kernel_thread(bpf_get_current_task_btf()))
		label = pipe_label_at((__u64)pipe);
	return label ? data_taken(&label->set, label->origin, DOMICILE_HOOK_PIPE) : 0;
}

/*
 * write() and its like, of the process's own memory: what others put there meanwhile is
 * call.bpf.h's, which knows their descriptors. Those of AIO and io_uring it does not.
 */
static __always_inline bool is_plain_write(const struct kiocb *iocb, const struct iov_iter *from)
{
	if (iocb->ki_complete)
		return false;
	return from->iter_type == bpf_core_enum_value(enum iter_type, ITER_UBUF) ||
	       from->iter_type == bpf_core_enum_value(enum iter_type, ITER_IOVEC);
}

/*
 * The last that is known of a write before the data is in the file: a splice was
 * asked for before the data came. The label is remembered now, and on disk before
 * the call returns.
 */
SEC("fentry/generic_write_checks")
int BPF_PROG(trace_generic_write_checks, struct kiocb *iocb, struct iov_iter *from)
{
	struct file *file = iocb->ki_filp;
	struct domicile_taint *taint;

	if (!tainted_host() || is_plain_write(iocb, from) || !is_regular(file->f_inode))
		return 0;
	taint = taint_current_traced();
	if (taint && file_join_traced(file, taint))
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
