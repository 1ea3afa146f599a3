// SPDX-License-Identifier: GPL-2.0-only
/* Labelled data on its way off the host: every form of connect and send. */

#include "domicile_test.h"

#include <liburing.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

#ifndef AF_XDP
#define AF_XDP 44
#endif
#define PROTOCOL_TEST 253

struct job {
	const char *host;
	int (*send)(struct endpoint *to);
};

/* --- ways to send: 0, or the errno of the call that was refused ------------- */

static int tcp_connect(struct endpoint *to)
{
	int fd = socket(to->family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(fd, (void *)&to->address, to->length)) {
		close(fd);
		return -errno;
	}
	return fd;
}

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

static int send_ping(struct endpoint *to)
{
	struct {
		struct icmphdr header;
		char data[sizeof(canary)];
	} ping = { .header = { .type = to->family == AF_INET ? ICMP_ECHO : 128 } };
	int protocol = to->family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	int fd = socket(to->family, SOCK_DGRAM, protocol);

	memcpy(ping.data, canary, sizeof(canary));
	if (fd < 0)
		return errno;
	return sendto(fd, &ping, sizeof(ping), 0, (void *)&to->address, to->length) < 0 ?
		       errno : 0;
}

/* --- io_uring ---------------------------------------------------------------- */

/* Runs what @prepare puts in the ring. Return: 0 or its errno. */
static int uring_run(struct io_uring *ring)
{
	struct io_uring_cqe *cqe;
	int error;

	if (io_uring_submit(ring) < 0 || io_uring_wait_cqe(ring, &cqe))
		return EIO;
	error = cqe->res < 0 ? -cqe->res : 0;
	io_uring_cqe_seen(ring, cqe);
	return error;
}

static int uring_send(struct endpoint *to, unsigned int flags)
{
	int fd = socket(to->family, SOCK_STREAM, 0), error;
	struct io_uring ring;

	if (io_uring_queue_init(4, &ring, flags))
		return errno;
	io_uring_prep_connect(io_uring_get_sqe(&ring), fd, (void *)&to->address, to->length);
	error = uring_run(&ring);
	if (!error) {
		io_uring_prep_send(io_uring_get_sqe(&ring), fd, canary, sizeof(canary), 0);
		error = uring_run(&ring);
	}
	io_uring_queue_exit(&ring);
	return error;
}

static int send_uring(struct endpoint *to)
{
	return uring_send(to, 0);
}

static int send_uring_sqpoll(struct endpoint *to)
{
	return uring_send(to, IORING_SETUP_SQPOLL);
}

/* --- the same, on a connection made before the label was taken -------------- */

static int late_fd;

static int late_write(struct endpoint *to)
{
	return write(late_fd, canary, sizeof(canary)) < 0 ? errno : 0;
}

static int late_writev(struct endpoint *to)
{
	struct iovec iov = { (void *)canary, sizeof(canary) };

	return writev(late_fd, &iov, 1) < 0 ? errno : 0;
}

static int late_sendfile(struct endpoint *to)
{
	int file = open(LABELLED, O_RDONLY);

	return sendfile(late_fd, file, NULL, sizeof(canary) - 1) < 0 ? errno : 0;
}

static int late_splice(struct endpoint *to)
{
	int file = open(LABELLED, O_RDONLY), pipes[2];

	if (pipe(pipes) || splice(file, NULL, pipes[1], NULL, sizeof(canary) - 1, 0) < 0)
		return errno;
	return splice(pipes[0], NULL, late_fd, NULL, sizeof(canary) - 1, 0) < 0 ? errno : 0;
}

static int late_zerocopy(struct endpoint *to)
{
	int one = 1;

	setsockopt(late_fd, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one));
	return send(late_fd, canary, sizeof(canary), MSG_ZEROCOPY) < 0 ? errno : 0;
}

static int late_uring_write(struct endpoint *to)
{
	struct io_uring ring;
	int error;

	if (io_uring_queue_init(4, &ring, 0))
		return errno;
	io_uring_prep_write(io_uring_get_sqe(&ring), late_fd, canary, sizeof(canary), 0);
	error = uring_run(&ring);
	io_uring_queue_exit(&ring);
	return error;
}

/* --- who does it ------------------------------------------------------------- */

static int job_plain(void *argument)
{
	struct job *job = argument;
	struct endpoint to = endpoint(job->host, PORT);

	return job->send(&to);
}

static int job_labelled(void *argument)
{
	return take_label() ?: job_plain(argument);
}

static int job_late(void *argument)
{
	struct job *job = argument;
	struct endpoint to = endpoint(job->host, PORT);

	late_fd = tcp_connect(&to);
	if (late_fd < 0)
		return -late_fd;
	return job_labelled(argument);
}

static int job_late_plain(void *argument)
{
	struct job *job = argument;
	struct endpoint to = endpoint(job->host, PORT);

	late_fd = tcp_connect(&to);
	return late_fd < 0 ? -late_fd : job_plain(argument);
}

/* --- tests ------------------------------------------------------------------ */

FIXTURE(route) {
	bool unused;
};

FIXTURE_VARIANT(route) {
	const char *in;
	const char *out;
	const char *seen; /* as a record writes it */
};

FIXTURE_VARIANT_ADD(route, ipv4) { .in = IN4, .out = OUT4, .seen = OUT4 };
FIXTURE_VARIANT_ADD(route, ipv6) { .in = IN6, .out = OUT6, .seen = OUT6 };
FIXTURE_VARIANT_ADD(route, mapped) { .in = "::ffff:" IN4, .out = "::ffff:" OUT4, .seen = OUT4 };

FIXTURE_SETUP(route)
{
	arrived("in", false);
	arrived("out", false);
}

FIXTURE_TEARDOWN(route)
{
}

/* Labelled, it reaches `in` and not `out`; not labelled, it reaches `out`. */
static void check(struct __test_metadata *_metadata, const FIXTURE_VARIANT(route) *variant,
		  int (*send)(struct endpoint *to), int (*labelled)(void *),
		  int (*plain)(void *))
{
	struct job in = { variant->in, send }, out = { variant->out, send };

	EXPECT_EQ(0, in_child(labelled, &in));
	EXPECT_TRUE(arrived("in", true));
	EXPECT_DENIED(in_child(labelled, &out));
	EXPECT_EQ(!enforcing, arrived("out", !enforcing));
	if (enforcing)
		EXPECT_TRUE(recorded("\"deny\"", variant->seen, LABELLED));
	if (!plain)
		return;
	EXPECT_EQ(0, in_child(plain, &out));
	EXPECT_TRUE(arrived("out", true));
}

#define TEST_SEND(name, send_function)						\
	TEST_F(route, name)							\
	{									\
		check(_metadata, variant, send_function, job_labelled, job_plain); \
	}

TEST_SEND(tcp, send_tcp)
TEST_SEND(tcp_nonblocking, send_tcp_nonblocking)
TEST_SEND(tcp_fastopen, send_fastopen)
TEST_SEND(tcp_fastopen_connect, send_fastopen_connect)
TEST_SEND(udp, send_udp)
TEST_SEND(udp_connected, send_udp_connected)
TEST_SEND(sendmsg, send_message)
TEST_SEND(sendmmsg, send_many_messages)
TEST_SEND(uring, send_uring)
TEST_SEND(uring_sqpoll, send_uring_sqpoll)

#define TEST_LATE(name, send_function, plain)					\
	TEST_F(route, name)							\
	{									\
		check(_metadata, variant, send_function, job_late, plain);	\
	}

TEST_LATE(late_write, late_write, job_late_plain)
TEST_LATE(late_writev, late_writev, job_late_plain)
TEST_LATE(late_zerocopy, late_zerocopy, job_late_plain)
TEST_LATE(late_uring_write, late_uring_write, job_late_plain)
/* These read the labelled file themselves: there is no plain way. */
TEST_LATE(late_sendfile, late_sendfile, NULL)
TEST_LATE(late_splice, late_splice, NULL)

#define TEST_UNMAPPED(name, send_function)					\
	TEST_F(route, name)							\
	{									\
		if (strstr(variant->out, "ffff:"))				\
			SKIP(return, "raw sockets take no v4-mapped address");	\
		check(_metadata, variant, send_function, job_labelled, job_plain); \
	}

TEST_UNMAPPED(raw, send_raw)
TEST_UNMAPPED(ping, send_ping)

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

/* --- families that nothing follows ------------------------------------------- */

static int socket_make(void *argument)
{
	int *family_type = argument, fd;

	fd = socket(family_type[0], family_type[1], 0);
	return fd < 0 ? errno : 0;
}

static int socket_make_labelled(void *argument)
{
	return take_label() ?: socket_make(argument);
}

TEST(families)
{
	static int families[][2] = {
		{ AF_PACKET, SOCK_RAW }, { AF_PACKET, SOCK_DGRAM }, { AF_XDP, SOCK_RAW },
		{ AF_VSOCK, SOCK_STREAM }, { AF_ALG, SOCK_SEQPACKET }, { AF_CAN, SOCK_RAW },
		{ AF_TIPC, SOCK_RDM }, { AF_KEY, SOCK_RAW }, { AF_BLUETOOTH, SOCK_RAW },
		{ AF_RDS, SOCK_SEQPACKET },
	};

	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		int plain = in_child(socket_make, families[i]);

		TH_LOG("family %d", families[i][0]);
		EXPECT_EQ(enforcing ? EPERM : plain,
			  in_child(socket_make_labelled, families[i]));
		/* Without a label the kernel's own answer stands. */
		EXPECT_NE(EPERM, plain);
	}
}

/* A packet socket that was opened before the label was taken. */
static int packet_late(void *argument)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htons(0x88b5),
				  .sll_halen = 6, .sll_addr = { 255, 255, 255, 255, 255, 255 } };
	int fd = socket(AF_PACKET, SOCK_DGRAM, htons(0x88b5));
	int error;

	to.sll_ifindex = if_nametoindex("veth-out");
	error = *(bool *)argument ? take_label() : 0;
	if (error)
		return error;
	return sendto(fd, canary, sizeof(canary), 0, (void *)&to, sizeof(to)) < 0 ? errno : 0;
}

TEST(packet_socket_late)
{
	bool labelled = true, plain = false;

	EXPECT_DENIED(in_child(packet_late, &labelled));
	if (enforcing)
		EXPECT_TRUE(recorded("\"deny\"", "packet", LABELLED));
	EXPECT_EQ(0, in_child(packet_late, &plain));
}

/* --- netlink ------------------------------------------------------------------ */

static int netlink_to_process(void *argument)
{
	struct sockaddr_nl at = { .nl_family = AF_NETLINK };
	socklen_t length = sizeof(at);
	int receiver = socket(AF_NETLINK, SOCK_RAW, NETLINK_USERSOCK);
	int sender = socket(AF_NETLINK, SOCK_RAW, NETLINK_USERSOCK);

	if (bind(receiver, (void *)&at, sizeof(at)) ||
	    getsockname(receiver, (void *)&at, &length))
		return errno;
	return sendto(sender, canary, sizeof(canary), 0, (void *)&at, sizeof(at)) < 0 ? errno : 0;
}

static int netlink_labelled(void *argument)
{
	return take_label() ?: netlink_to_process(argument);
}

static int interfaces_labelled(void *argument)
{
	struct if_nameindex *names;
	int error = take_label();

	names = if_nameindex(); /* asks the kernel by netlink */
	if (!error && !names)
		error = errno;
	if_freenameindex(names);
	return error;
}

TEST(netlink)
{
	EXPECT_EQ(0, in_child(netlink_to_process, NULL));
	EXPECT_DENIED(in_child(netlink_labelled, NULL));
	EXPECT_EQ(0, in_child(interfaces_labelled, NULL));
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
