// SPDX-License-Identifier: GPL-2.0-only
/* Labelled data on its way off the host: every form of connect and send. */

#include "route.h"

#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <sys/uio.h>

#define PROTOCOL_TEST 253

/* --- ways to send: 0, or the errno of the call that was refused ------------- */

static int send_tcp(struct endpoint *to)
{
	int fd = tcp_connect(to);

	if (fd < 0)
		return -fd;
	return write(fd, canary, sizeof(canary)) < 0 ? errno : 0;
}

static int send_tcp_nonblocking(struct endpoint *to)
{
	int fd = socket(to->family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct pollfd poll_out = { .fd = fd, .events = POLLOUT };

	if (connect(fd, (void *)&to->address, to->length) && errno != EINPROGRESS)
		return errno;
	poll(&poll_out, 1, 2000);
	return send(fd, canary, sizeof(canary), MSG_NOSIGNAL) < 0 ? errno : 0;
}

static int send_fastopen(struct endpoint *to)
{
	int fd = socket(to->family, SOCK_STREAM, 0);

	return sendto(fd, canary, sizeof(canary), MSG_FASTOPEN, (void *)&to->address,
		      to->length) < 0 ? errno : 0;
}

static int send_fastopen_connect(struct endpoint *to)
{
	int fd = socket(to->family, SOCK_STREAM, 0), one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &one, sizeof(one));
	if (connect(fd, (void *)&to->address, to->length))
		return errno;
	return write(fd, canary, sizeof(canary)) < 0 ? errno : 0;
}

static int send_udp(struct endpoint *to)
{
	int fd = socket(to->family, SOCK_DGRAM, 0);

	return sendto(fd, canary, sizeof(canary), 0, (void *)&to->address, to->length) < 0 ?
		       errno : 0;
}

static int send_udp_connected(struct endpoint *to)
{
	int fd = socket(to->family, SOCK_DGRAM, 0);

	if (connect(fd, (void *)&to->address, to->length))
		return errno;
	return send(fd, canary, sizeof(canary), 0) < 0 ? errno : 0;
}

static int send_message(struct endpoint *to)
{
	int fd = socket(to->family, SOCK_DGRAM, 0);
	struct iovec iov = { (void *)canary, sizeof(canary) };
	struct msghdr msg = { .msg_name = &to->address, .msg_namelen = to->length,
			      .msg_iov = &iov, .msg_iovlen = 1 };

	return sendmsg(fd, &msg, 0) < 0 ? errno : 0;
}

static int send_many_messages(struct endpoint *to)
{
	int fd = socket(to->family, SOCK_DGRAM, 0);
	struct iovec iov = { (void *)canary, sizeof(canary) };
	struct mmsghdr msgs[2] = {};

	for (int i = 0; i < 2; i++) {
		msgs[i].msg_hdr.msg_name = &to->address;
		msgs[i].msg_hdr.msg_namelen = to->length;
		msgs[i].msg_hdr.msg_iov = &iov;
		msgs[i].msg_hdr.msg_iovlen = 1;
	}
	return sendmmsg(fd, msgs, 2, 0) < 0 ? errno : 0;
}

static int send_raw(struct endpoint *to)
{
	int fd = socket(to->family, SOCK_RAW, PROTOCOL_TEST);

	if (to->family == AF_INET6)
		((struct sockaddr_in6 *)&to->address)->sin6_port = 0;
	return sendto(fd, canary, sizeof(canary), 0, (void *)&to->address, to->length) < 0 ?
		       errno : 0;
}

/* The header names one destination and the call another. */
static int send_raw_header(struct endpoint *to)
{
	struct endpoint allowed = endpoint(IN4, 0);
	struct sockaddr_in *real = (struct sockaddr_in *)&to->address;
	struct {
		struct iphdr ip;
		char data[sizeof(canary)];
	} packet = { .ip = { .version = 4, .ihl = 5, .ttl = 64, .protocol = PROTOCOL_TEST,
			     .daddr = real->sin_addr.s_addr } };
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);

	memcpy(packet.data, canary, sizeof(canary));
	return sendto(fd, &packet, sizeof(packet), 0, (void *)&allowed.address,
		      allowed.length) < 0 ? errno : 0;
}

static int send_echo(struct endpoint *to, int type)
{
	struct {
		struct icmphdr header;
		char data[sizeof(canary)];
	} ping = { .header = { .type = to->family == AF_INET ? ICMP_ECHO : 128 } };
	int protocol = to->family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	int fd = socket(to->family, type, protocol);

	memcpy(ping.data, canary, sizeof(canary));
	if (fd < 0)
		return errno;
	return sendto(fd, &ping, sizeof(ping), 0, (void *)&to->address, to->length) < 0 ?
		       errno : 0;
}

static int send_icmp(struct endpoint *to)
{
	if (to->family == AF_INET6)
		((struct sockaddr_in6 *)&to->address)->sin6_port = 0;
	return send_echo(to, SOCK_RAW);
}

static int send_ping(struct endpoint *to)
{
	return send_echo(to, SOCK_DGRAM);
}

/* --- the same, on a connection made before the label was taken -------------- */

static int late_send(struct endpoint *to)
{
	return send(late_fd, canary, sizeof(canary), 0) < 0 ? errno : 0;
}

static int late_write(struct endpoint *to)
{
	return write(late_fd, canary, sizeof(canary)) < 0 ? errno : 0;
}

static int late_writev(struct endpoint *to)
{
	struct iovec iov = { (void *)canary, sizeof(canary) };

	return writev(late_fd, &iov, 1) < 0 ? errno : 0;
}

/* --- tests ------------------------------------------------------------------ */

FIXTURE(route) {
	bool unused;
};

FIXTURE_VARIANT(route) {
	struct route route;
};

FIXTURE_VARIANT_ADD(route, ipv4) { { IN4, OUT4, OUT4, "4" } };
FIXTURE_VARIANT_ADD(route, ipv6) { { IN6, OUT6, OUT6, "6" } };
FIXTURE_VARIANT_ADD(route, mapped) {
	{ "::ffff:" IN4, "::ffff:" OUT4, OUT4, "-mapped" }
};

FIXTURE_SETUP(route)
{
}

FIXTURE_TEARDOWN(route)
{
}

#define TEST_SEND(name, row, hook, send_function)				\
	TEST_F(route, name)							\
	{									\
		row_route(&variant->route, row, hook);				\
		check(_metadata, &variant->route, send_function, job_labelled,	\
		      job_plain);						\
	}

TEST_F(route, tcp)
{
	if (variant->route.suffix[0] == '-')
		ROW("N01/mapped", "blocked", "socket_connect");
	else
		row_route(&variant->route, "N01/tcp", "socket_connect");
	check(_metadata, &variant->route, send_tcp, job_labelled, job_plain);
}

TEST_SEND(tcp_nonblocking, "N01/nonblocking", "socket_connect", send_tcp_nonblocking)
TEST_SEND(tcp_fastopen, "N08/sendto", "socket_sendmsg", send_fastopen)
TEST_SEND(tcp_fastopen_connect, "N08/connect", "socket_connect", send_fastopen_connect)
TEST_SEND(udp, "N02/sendto", "socket_sendmsg", send_udp)
TEST_SEND(udp_connected, "N02/connected", "socket_connect", send_udp_connected)
TEST_SEND(sendmsg, "N02/sendmsg", "socket_sendmsg", send_message)
TEST_SEND(sendmmsg, "N02/sendmmsg", "socket_sendmsg", send_many_messages)

#define TEST_LATE(name, row, send_function)					\
	TEST_F(route, name)							\
	{									\
		row_route(&variant->route, row, "socket_sendmsg");		\
		check(_metadata, &variant->route, send_function, job_late,	\
		      job_late_plain);						\
	}

TEST_LATE(late_send, "N03/send", late_send)
TEST_LATE(late_write, "N03/write", late_write)
TEST_LATE(late_writev, "N03/writev", late_writev)

#define TEST_UNMAPPED(name, row, send_function)					\
	TEST_F(route, name)							\
	{									\
		if (variant->route.suffix[0] == '-')				\
			SKIP(return, "raw sockets take no v4-mapped address");	\
		row_route(&variant->route, row, "socket_sendmsg");		\
		check(_metadata, &variant->route, send_function, job_labelled,	\
		      job_plain);						\
	}

TEST_UNMAPPED(raw, "N09/raw", send_raw)
TEST_UNMAPPED(icmp, "N09/icmp", send_icmp)
TEST_UNMAPPED(ping, "N09/ping", send_ping)

/*
 * The call names an allowed destination and the header another: the packet
 * check sees the header.
 */
TEST(raw_header)
{
	struct job in = { IN4, send_raw_header }, out = { OUT4, send_raw_header };

	arrived("in", false);
	EXPECT_EQ(0, in_child(job_labelled, &in));
	EXPECT_TRUE(arrived("in", true));
	EXPECT_DENIED(in_child(job_labelled, &out));
	if (enforcing)
		EXPECT_TRUE(recorded("cgroup_egress", OUT4, LABELLED));
	EXPECT_EQ(0, in_child(job_plain, &out));
}

/* --- a server that answers --------------------------------------------------- */

static int client_in_out(void *argument)
{
	struct endpoint to = endpoint(argument, PORT + 1);
	char buffer[64] = {};
	int fd;

	if (namespace_enter("out"))
		return errno;
	fd = tcp_connect(&to);
	if (fd < 0)
		return -fd;
	return recv(fd, buffer, sizeof(buffer), 0) > 0 && strstr(buffer, canary) ? 0 : ENODATA;
}

static int answer(void *argument)
{
	int fd = accept(*(int *)argument, NULL, NULL);
	int error = take_label();

	if (error)
		return error;
	return send(fd, canary, sizeof(canary), MSG_NOSIGNAL) < 0 ? errno : 0;
}

TEST(server_answers)
{
	struct endpoint at = endpoint("::", PORT + 1);
	int fd = socket(AF_INET6, SOCK_STREAM, 0), one = 1;
	static char address[] = "203.0.113.1";
	pid_t client, server;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	ASSERT_EQ(0, bind(fd, (void *)&at.address, at.length));
	ASSERT_EQ(0, listen(fd, 4));
	client = child_start(client_in_out, address);
	server = child_start(answer, &fd);
	EXPECT_DENIED(child_error(server));
	EXPECT_EQ(enforcing ? ENODATA : 0, child_error(client));
	close(fd);
}

/* --- several labels, modes ----------------------------------------------------- */

static int run_labelled(const char *labels)
{
	return shell("domicile run %s -- bash -c 'echo %s > /dev/udp/" OUT4 "/%d' 2>/dev/null",
		     labels, canary, PORT);
}

TEST(audit_mode)
{
	if (!enforcing)
		SKIP(return, "needs a policy");
	arrived("out", false);
	EXPECT_EQ(0, run_labelled("--label eu.health"));
	EXPECT_TRUE(arrived("out", true));
	EXPECT_TRUE(recorded("\"audit\"", "eu.health", OUT4));
	EXPECT_NE(0, run_labelled("--label eu.health --label cn.pii"));
	EXPECT_FALSE(arrived("out", false));
}

/* --- packets that were let through by the call, under another policy ----------- */

struct change {
	int connected[2]; /* pipes: the child says so, and waits for the parent */
	int changed[2];
};

static int send_after_change(void *argument)
{
	struct endpoint to = endpoint(IN4, PORT);
	struct change *change = argument;
	int fd, error = take_label();
	char byte;

	if (error)
		return error;
	fd = tcp_connect(&to);
	if (fd < 0 || write(fd, "before", 6) < 0)
		return errno;
	usleep(100 * 1000);
	close(change->connected[1]);
	if (read(change->changed[0], &byte, 1) < 0)
		return errno;
	return write(fd, canary, sizeof(canary)) < 0 ? errno : 0;
}

TEST(policy_change_open_connection)
{
	struct change change;
	struct pollfd hangup;
	pid_t pid;

	if (!enforcing)
		SKIP(return, "needs a policy");
	ASSERT_EQ(0, pipe(change.connected) | pipe(change.changed));
	file_write(DIR_TEST "/nowhere.yaml",
		   "version: 1\nlabels: {cn.pii: {}, eu.health: {}}\n"
		   "sources: [{path: " DIR_TEST "/tree, label: cn.pii}]\n");
	arrived("in", false);
	pid = child_start(send_after_change, &change);
	close(change.connected[1]);
	hangup = (struct pollfd){ .fd = change.connected[0] };
	EXPECT_EQ(1, poll(&hangup, 1, 20000));
	EXPECT_EQ(0, shell("domicile policy apply " DIR_TEST "/nowhere.yaml >/dev/null"));
	EXPECT_EQ(1, write(change.changed[1], "", 1));
	EXPECT_EQ(EPERM, child_error(pid));
	EXPECT_FALSE(arrived("in", false));
	EXPECT_EQ(0, shell("domicile policy apply " DIR_TEST "/policy.yaml >/dev/null"));
}
