// SPDX-License-Identifier: GPL-2.0-only
/*
 * Labelled data that was let through and waits: in a queue, for an answer, or
 * without its process. Then the policy changes, and it does not leave any more.
 */

#include "route.h"
#include "slow.h"

#include <netinet/tcp.h>

#define NOWHERE DIR_TEST "/nowhere.yaml"

static void policy_apply(const char *file)
{
	if (enforcing && shell("domicile policy apply %s >/dev/null", file))
		fail(file);
}

static void policy_revoke(void)
{
	file_write(NOWHERE, "version: 1\nlabels: {cn.pii: {}, eu.health: {}}\n"
			    "sources: [{path: " DIR_TEST "/tree, label: cn.pii}]\n");
	policy_apply(NOWHERE);
}

/* Who sends behind data that fills the window. */
struct queue {
	struct slow slow;
	bool stays;
	int sent[2]; /* closed by the sender when it has sent */
	int leave[2]; /* closed when it may end */
};

static int queue_fill(void *argument)
{
	struct queue *queue = argument;
	int fd = connect_full(IN4), error;
	char byte;

	close(queue->slow.go[1]);
	close(queue->leave[1]);
	if (fd < 0)
		return errno;
	error = take_label();
	if (error)
		return error;
	if (send(fd, canary, sizeof(canary), MSG_DONTWAIT) != sizeof(canary))
		return errno;
	close(queue->sent[1]);
	return queue->stays && read(queue->leave[0], &byte, 1) ? EIO : 0;
}

static void check_queue(struct __test_metadata *_metadata, bool stays)
{
	struct queue queue = { .stays = stays };
	pid_t pid;

	arrived("in", false);
	slow_start(&queue.slow, "in");
	ASSERT_EQ(0, pipe(queue.sent));
	ASSERT_EQ(0, pipe(queue.leave));
	pid = child_start(queue_fill, &queue);
	close(queue.sent[1]);
	pipe_ends(queue.sent[0]);
	if (!stays)
		EXPECT_EQ(0, child_error(pid));
	policy_revoke();
	close(queue.slow.go[1]);
	EXPECT_EQ(!enforcing, arrived("in", !enforcing));
	if (enforcing)
		EXPECT_TRUE(recorded("cgroup_egress", IN4, LABELLED));
	policy_apply(DIR_TEST "/policy.yaml");
	close(queue.leave[1]);
	if (stays)
		EXPECT_EQ(0, child_error(pid));
	kill(queue.slow.pid, SIGKILL);
	child_error(queue.slow.pid);
}

TEST(queued)
{
	ROW("N20/queued", "blocked", "cgroup_egress");
	check_queue(_metadata, true);
}

TEST(dead)
{
	ROW("N20/dead", "blocked", "cgroup_egress");
	check_queue(_metadata, false);
}

/* Sent, and lost on the way: the kernel sends it again by itself. */
static int send_lost(void *argument)
{
	struct endpoint to = endpoint(IN4, PORT);
	int fd = tcp_connect(&to), error = take_label(), patience = 3000; /* ms */

	if (error || fd < 0)
		return error ?: -fd;
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof(patience));
	if (shell("ip netns exec in nft 'table inet lost { chain input {"
		  " type filter hook input priority 0; tcp dport 4000 drop; } ; }'") ||
	    send(fd, canary, sizeof(canary), 0) != sizeof(canary))
		return errno;
	return 0;
}

TEST(retransmit)
{
	ROW("N20/retransmit", "blocked", "cgroup_egress");
	arrived("in", false);
	EXPECT_EQ(0, in_child(send_lost, NULL));
	policy_revoke();
	EXPECT_EQ(0, shell("ip netns exec in nft delete table inet lost"));
	EXPECT_EQ(!enforcing, arrived("in", !enforcing));
	if (enforcing) {
		EXPECT_TRUE(recorded("cgroup_egress", IN4, LABELLED));
		sleep(5); /* it would still be sent when it may */
	}
	policy_apply(DIR_TEST "/policy.yaml");
}

/* A proxy in an allowed network is as allowed as the network is: leave it out. */
static int send_to_proxy(void *argument)
{
	struct endpoint to = endpoint(IN4, PORT);
	int error = take_label(), fd;

	if (error)
		return error;
	fd = tcp_connect(&to);
	if (fd < 0)
		return -fd;
	return send(fd, canary, sizeof(canary), 0) < 0 ? errno : 0;
}

TEST(proxy)
{
	ROW("N22/forbid", "blocked", "socket_connect");
	arrived("in", false);
	EXPECT_EQ(0, in_child(send_to_proxy, NULL));
	EXPECT_TRUE(arrived("in", true));
	file_write(DIR_TEST "/proxy.yaml",
		   "version: 1\nlabels: {cn.pii: {}, eu.health: {}}\n"
		   "networks: {cn-facilities: {cidr: [198.51.100.0/31, 198.51.100.3/32,"
		   " 198.51.100.4/30, 198.51.100.8/29]}}\n"
		   "sources: [{path: " DIR_TEST "/tree, label: cn.pii}]\n"
		   "rules: [{label: cn.pii, egress: {allow: [cn-facilities], mode: enforce}}]\n");
	policy_apply(DIR_TEST "/proxy.yaml");
	EXPECT_DENIED(in_child(send_to_proxy, NULL));
	EXPECT_EQ(!enforcing, arrived("in", !enforcing));
	if (enforcing)
		EXPECT_TRUE(recorded("socket_connect", IN4, LABELLED));
	policy_apply(DIR_TEST "/policy.yaml");
}
