// SPDX-License-Identifier: GPL-2.0-only
/* A zero-copy send is over: its sender may be waiting to reuse the memory. */
#include "zerocopy.bpf.h"
#include <domicile/kfunc.h>

static __always_inline int send_done(struct socket *sock, int ret)
{
	__u64 thread = bpf_get_current_pid_tgid();

	if (!*(volatile __u8 *)&zerocopies_seen || bpf_map_delete_elem(&zerocopies, &thread))
		return 0;
	if (ret > 0)
		domicile_send_completed(sock);
	return 0;
}

SEC("fexit/inet_sendmsg")
int BPF_PROG(done_inet_sendmsg, struct socket *sock, struct msghdr *msg, size_t size, int ret)
{
	return send_done(sock, ret);
}

SEC("fexit/inet6_sendmsg")
int BPF_PROG(done_inet6_sendmsg, struct socket *sock, struct msghdr *msg, size_t size, int ret)
{
	return send_done(sock, ret);
}
