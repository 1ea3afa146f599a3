/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who is in the middle of reading a pipe. A read was asked about when it began,
 * and nothing can be asked between its wait and its copy: so whoever brings a pipe
 * its label gives it to them first, and to what they share, and writes after that.
 */
#ifndef DOMICILE_READER_BPF_H
#define DOMICILE_READER_BPF_H

#include "taint.bpf.h"

/* Return: the pipe that @task reads from right now, by address, or 0. */
static __always_inline __u64 pipe_read_by(struct task_struct *task)
{
	struct lost_descriptor *lost;
	struct file *file;
	struct call call;
	int descriptor;
	__u64 pipe = 0;

	call_get(task, &call);
	descriptor = call_descriptor(&call, CALL_READS);
	lost = lost_find(task, &call, descriptor, CALL_READS);
	if (lost)
		return lost->pipe;
	file = domicile_file_get(task, descriptor);
	if (!file)
		return 0;
	if (is_pipe(file->f_inode))
		pipe = (__u64)seen(file)->f_inode->i_pipe;
	domicile_file_put(file);
	return pipe;
}

/*
 * A reader that takes no label now is asked again when it has the data.
 *
 * Return: 0, or a negative errno.
 */
__noinline int reader_join(struct task_struct *reader __arg_trusted,
			   const struct domicile_taint *from)
{
	struct domicile_taint *taint;
	struct file *file;
	int result = 0;

	if (!from)
		return 0;
	taint = taint_raise(reader, &from->set, from->origin, false);
	if (!taint || taint->carrier)
		return 0;
	bpf_for_each(domicile_mapping, file, reader, DOMICILE_MAPPINGS_WRITABLE)
		result |= file_join_traced(file, taint);
	return result;
}

/* What @writer writes, where readers have just got @from. Return: as call_visit(). */
__noinline int writer_push(struct task_struct *writer __arg_trusted,
			   const struct domicile_taint *from)
{
	struct domicile_taint *taint = taint_of(writer, 0);

	if (!from || !taint || !label_set_covers(&taint->set, &from->set))
		return 0;
	return call_visit(writer, taint, CALL_WRITES);
}

/*
 * The taint of the current process reaches @inode, a pipe. Other threads of a reader
 * may be writing from where it reads to: they get it when all readers have it.
 * Always 0: without memory for it the process ends.
 */
static __noinline int pipe_spread(struct inode *inode)
{
	struct domicile_taint *taint = taint_of(bpf_get_current_task_btf(), 0);
	__u64 pipe = (__u64)seen(inode)->i_pipe;
	struct task_struct *task;
	int readers = 0, err;

	if (!taint || taint->carrier)
		return 0;
	err = pipe_join(inode, taint);
	bpf_rcu_read_lock();
	bpf_for_each(task, task, NULL, TASK_ITER_ALL_THREADS) {
		if (pipe_read_by(task) == pipe) {
			err |= reader_join(task, taint);
			readers = 1;
		}
	}
	if (readers) {
		bpf_for_each(task, task, NULL, TASK_ITER_ALL_THREADS)
			err |= writer_push(task, taint);
	}
	bpf_rcu_read_unlock();
	if (err)
		bpf_send_signal(SIGKILL);
	return 0;
}

#endif /* DOMICILE_READER_BPF_H */
