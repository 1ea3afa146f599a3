/* SPDX-License-Identifier: GPL-2.0-only */
/* Objects: the labels of pipes and FIFOs. */
#ifndef DOMICILE_PIPE_BPF_H
#define DOMICILE_PIPE_BPF_H

#include "kind.bpf.h"
#include "maps.bpf.h"

/*
 * One byte for all pipes whose inode numbers agree modulo PIPE_MARKS, set
 * before one of them gets a label and never cleared: most pipes need not be
 * looked up. Who splices into a pipe does not know its inode and sets
 * pipes_spliced, which stands for all of them.
 */
#define PIPE_MARKS 8192
__u8 pipe_marks[PIPE_MARKS];
__u8 pipes_spliced;

static __always_inline __u8 *pipe_mark(struct inode *inode)
{
	return &pipe_marks[inode->i_ino % PIPE_MARKS];
}

static __always_inline struct domicile_inode_label *pipe_label_at(__u64 pipe)
{
	return bpf_map_lookup_elem(&pipe_labels, &pipe);
}

static __always_inline struct domicile_inode_label *pipe_label(struct inode *inode)
{
	if (!*(volatile __u8 *)pipe_mark(inode) && !*(volatile __u8 *)&pipes_spliced)
		return NULL;
	return pipe_label_at((__u64)seen(inode)->i_pipe);
}

/* Return: NULL without room. */
static __always_inline struct domicile_inode_label *pipe_label_make(__u64 pipe)
{
	struct domicile_inode_label *label = pipe_label_at(pipe);
	struct domicile_inode_label new = {};

	if (label)
		return label;
	bpf_map_update_elem(&pipe_labels, &pipe, &new, BPF_NOEXIST);
	label = pipe_label_at(pipe);
	if (!label)
		count(DOMICILE_COUNT_NO_MEMORY);
	return label;
}

/* Return: 0, or -ENOMEM. */
static __noinline int pipe_join_at(__u64 pipe, const struct domicile_taint *taint)
{
	struct domicile_inode_label *label;

	if (!taint)
		return 0;
	label = pipe_label_make(pipe);
	if (!label)
		return -ENOMEM;
	if (label_set_covers(&label->set, &taint->set))
		return 0;
	label_set_join_shared(&label->set, &taint->set);
	label->origin = taint->origin;
	calls_grew();
	return 0;
}

static __always_inline int pipe_join(struct inode *inode, const struct domicile_taint *taint)
{
	*(volatile __u8 *)pipe_mark(inode) = 1;
	return pipe_join_at((__u64)seen(inode)->i_pipe, taint);
}

#endif /* DOMICILE_PIPE_BPF_H */
