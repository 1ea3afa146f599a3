// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data that would go to a socket by reference goes as a copy. Pages that wait
 * in a queue can be written after every check was passed, by whoever has them.
 */

#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/socket.h>
#include <net/sock.h>

#include "send.h"
#include "work.h"

/*
 * send_copy - have the bytes of a message copied when it is sent
 *
 * For splice and io_uring that is all. A process that asked for MSG_ZEROCOPY
 * waits to be told when it may reuse its memory.
 *
 * Return: true if send_complete_later() has to tell it.
 */
bool send_copy(const struct sock *sk, struct msghdr *msg)
{
	bool inet = sk->sk_family == AF_INET || sk->sk_family == AF_INET6;

	msg->msg_flags &= ~MSG_SPLICE_PAGES;
	if (!inet || !(msg->msg_flags & MSG_ZEROCOPY))
		return false;
	msg->msg_flags &= ~MSG_ZEROCOPY;
	return sock_flag(sk, SOCK_ZEROCOPY) && !msg->msg_ubuf;
}

/* Owned by the task it is queued on; freed when it ran. Holds the socket. */
struct completion_work {
	struct callback_head head;
	struct sock *sk;
};

static void work_free(struct completion_work *work)
{
	sock_put(work->sk);
	kfree(work);
}

/* As the kernel does itself where it has to copy. */
static void work_complete(struct callback_head *head)
{
	struct completion_work *work = container_of(head, struct completion_work, head);
	struct ubuf_info *notice = msg_zerocopy_realloc(work->sk, 0, NULL);

	if (notice) {
		uarg_to_msgzc(notice)->zerocopy = 0;
		net_zcopy_put(notice);
	}
	work_free(work);
	work_over();
}

/*
 * send_complete_later - tell the sender, before current returns to user mode,
 * that its zero-copy send is over and was a copy
 *
 * Return: 0 or a negative errno. Does not sleep.
 */
int send_complete_later(struct sock *sk)
{
	struct completion_work *work = kmalloc(sizeof(*work), GFP_ATOMIC);
	int err;

	if (!work)
		return -ENOMEM;
	sock_hold(sk);
	work->sk = sk;
	err = work_queue(current, &work->head, work_complete, TWA_RESUME);
	if (err)
		work_free(work);
	return err;
}
