// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data on its way to the memory of who reads it. A reader that waits was asked
 * before the data came; it is asked again when the data is there, and if possible
 * before it is copied, for then each of its threads has it, and who shares the memory.
 */
#include "flow.bpf.h"

/* --- pipes ------------------------------------------------------------------- */

/*
 * Nothing can be asked between the wait and the copy: threads of the reader that
 * write in the meantime look for it, see bpf/call.bpf.h.
 */
static __always_inline int pipe_read_done(struct kiocb *iocb, ssize_t ret)
{
	struct domicile_inode_label *label;

	if (ret <= 0 || !tainted_host())
		return 0;
	label = pipe_label(iocb->ki_filp->f_inode);
	return label ? data_taken(&label->set, label->origin, DOMICILE_HOOK_PIPE) : 0;
}

SEC("?fexit/pipe_read")
int BPF_PROG(done_pipe_read, struct kiocb *iocb, struct iov_iter *to, ssize_t ret)
{
	return pipe_read_done(iocb, ret);
}

/* v6.16 on, fs/pipe.c: 0e6fb1c4b2b8 split pipe_read() in two. */
SEC("?fexit/anon_pipe_read")
int BPF_PROG(done_anon_pipe_read, struct kiocb *iocb, struct iov_iter *to, ssize_t ret)
{
	return pipe_read_done(iocb, ret);
}

SEC("?fexit/fifo_pipe_read")
int BPF_PROG(done_fifo_pipe_read, struct kiocb *iocb, struct iov_iter *to, ssize_t ret)
{
	return pipe_read_done(iocb, ret);
}

/* --- sockets ---------------------------------------------------------------- */

static __always_inline int sock_taken(struct sock *sk)
{
	if (sk && arrivals_labelled())
		sock_take_traced(sk);
	return 0;
}

/* TCP: what waits to be received belongs to the receiver's socket. */
SEC("fentry/skb_copy_datagram_iter")
int BPF_PROG(trace_skb_copy_datagram_iter, const struct sk_buff *skb)
{
	struct sock *sk = skb->sk;

	if (!sk || (sk->__sk_common.skc_family != AF_INET &&
		    sk->__sk_common.skc_family != AF_INET6))
		return 0;
	return sock_taken(sk);
}

SEC("fentry/unix_stream_read_actor")
int BPF_PROG(trace_unix_stream_read_actor, struct sk_buff *skb, int skip, int chunk,
	     struct unix_stream_read_state *state)
{
	return state->socket ? sock_taken(state->socket->sk) : 0;
}

/* Datagrams and packets of every family. */
SEC("fexit/__skb_try_recv_datagram")
int BPF_PROG(done_skb_try_recv_datagram, struct sock *sk, struct sk_buff_head *queue,
	     unsigned int flags, int *offset, int *err, struct sk_buff **last,
	     struct sk_buff *skb)
{
	return skb ? sock_taken(sk) : 0;
}

SEC("fexit/__skb_recv_udp")
int BPF_PROG(done_skb_recv_udp, struct sock *sk, unsigned int flags, int *offset, int *err,
	     struct sk_buff *skb)
{
	struct source source = {};

	if (skb && sources_listen() && source_of_datagram(sk, skb, &source))
		data_taken(&source.set, source.origin, DOMICILE_HOOK_SOCKET_RECVMSG);
	return skb ? sock_taken(sk) : 0;
}

/* What came since the process was asked, in pages that it maps. */
SEC("fexit/tcp_getsockopt")
int BPF_PROG(done_tcp_getsockopt, struct sock *sk, int level, int optname, char *value,
	     int *length, int ret)
{
	return level == IPPROTO_TCP && optname == TCP_ZEROCOPY_RECEIVE ? sock_taken(sk) : 0;
}

/* Urgent data is no packet by now, and other protocols have ways of their own. */
static __always_inline int inet_received(struct socket *sock, int ret)
{
	return ret > 0 ? sock_taken(sock->sk) : 0;
}

SEC("fexit/inet_recvmsg")
int BPF_PROG(done_inet_recvmsg, struct socket *sock, struct msghdr *msg, size_t size, int flags,
	     int ret)
{
	return inet_received(sock, ret);
}

SEC("fexit/inet6_recvmsg")
int BPF_PROG(done_inet6_recvmsg, struct socket *sock, struct msghdr *msg, size_t size, int flags,
	     int ret)
{
	return inet_received(sock, ret);
}

/* Into a pipe, of stream sockets. */
SEC("fentry/skb_splice_bits")
int BPF_PROG(trace_skb_splice_bits, struct sk_buff *skb, struct sock *sk, unsigned int offset,
	     struct pipe_inode_info *pipe)
{
	sock_taken(sk);
	return pipe_filled(pipe);
}
