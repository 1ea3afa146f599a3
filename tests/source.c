// SPDX-License-Identifier: GPL-2.0-only
/* What arrives at a port that the policy names is labelled; what arrives elsewhere is not. */

#include "domicile_test.h"

#include <liburing.h>
#include <netinet/tcp.h>
#include <sys/uio.h>

#define PORT_FROM 8443 /* a source for what comes from `in` */
#define PORT_ANY 8444 /* a source for what comes from anybody */
#define PORT_NONE 8445
#define RECEIVED DIR_TEST "/received"
#define POLICY_LISTEN DIR_TEST "/listen.yaml"

#define HOST_IN4 "198.51.100.1"
#define HOST_OUT4 "203.0.113.1"
#define HOST_IN6 "2001:db8:20::1"
#define HOST_OUT6 "2001:db8:bad::1"

/* Once for all tests. */
static void policy_listen(void)
{
	if (!enforcing || !access(POLICY_LISTEN, F_OK))
		return;
	shell("{ cat " DIR_TEST "/policy.yaml; printf '%%s\\n' 'sources:' "
	      "'  - {listen: tcp/8443, from: cn-facilities, label: cn.pii}' "
	      "'  - {listen: udp/8443, from: cn-facilities, label: cn.pii}' "
	      "'  - {listen: tcp/8444, label: cn.pii}'; } | "
	      "sed '/^sources:/{N;/path/d}' > " POLICY_LISTEN);
	if (shell("domicile policy apply " POLICY_LISTEN " >&2"))
		fail("domicile policy apply failed");
}

static void policy_plain(void)
{
	unlink(POLICY_LISTEN);
	if (enforcing && shell("domicile policy apply " DIR_TEST "/policy.yaml >&2"))
		fail("domicile policy apply failed");
}

/* --- who sends, in a namespace of its own ------------------------------------ */

struct sender {
	const char *network; /* it sends from there */
	const char *host; /* and to this address */
	int type;
	int port;
};

static int send_from(void *argument)
{
	const struct sender *sender = argument;
	struct endpoint to = endpoint(sender->host, sender->port);
	int fd;

	if (namespace_enter(sender->network))
		return errno;
	fd = socket(to.family, sender->type, 0);
	if (connect(fd, (void *)&to.address, to.length))
		return errno;
	return send(fd, canary, sizeof(canary), 0) < 0 ? errno : 0;
}

/* --- who receives: 0, or an errno ---------------------------------------------- */

static int receive(int fd)
{
	char buffer[256];

	return recv(fd, buffer, sizeof(buffer), 0) > 0 ? 0 : errno ?: EIO;
}

static int receive_read(int fd)
{
	char buffer[256];

	return read(fd, buffer, sizeof(buffer)) > 0 ? 0 : errno ?: EIO;
}

static int receive_peek(int fd)
{
	char buffer[256];

	return recv(fd, buffer, sizeof(buffer), MSG_PEEK) > 0 ? 0 : errno ?: EIO;
}

static int receive_many(int fd)
{
	char buffers[2][256];
	struct iovec iov[2] = { { buffers[0], 256 }, { buffers[1], 256 } };
	struct mmsghdr messages[2] = {};

	for (int i = 0; i < 2; i++) {
		messages[i].msg_hdr.msg_iov = &iov[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	return recvmmsg(fd, messages, 2, MSG_WAITFORONE, NULL) > 0 ? 0 : errno ?: EIO;
}

static int receive_splice(int fd)
{
	char buffer[256];
	int ends[2];

	if (pipe(ends) || splice(fd, NULL, ends[1], NULL, sizeof(buffer), 0) <= 0)
		return errno ?: EIO;
	return read(ends[0], buffer, sizeof(buffer)) > 0 ? 0 : errno ?: EIO;
}

static int receive_uring(int fd)
{
	struct io_uring_cqe *cqe;
	struct io_uring ring;
	char buffer[256];

	if (io_uring_queue_init(4, &ring, 0))
		return errno;
	io_uring_prep_recv(io_uring_get_sqe(&ring), fd, buffer, sizeof(buffer), 0);
	if (io_uring_submit(&ring) < 0 || io_uring_wait_cqe(&ring, &cqe))
		return EIO;
	return cqe->res > 0 ? 0 : -cqe->res ?: EIO;
}

/* By getsockopt(): no page fits, so that the kernel copies to the buffer beside them. */
static int receive_zerocopy(int fd)
{
	struct {
		__u64 address;
		__u32 length, recv_skip_hint, inq;
		__s32 err;
		__u64 copybuf_address;
		__s32 copybuf_len;
		__u32 flags;
		__u64 msg_control, msg_controllen;
		__u32 msg_flags, reserved;
	} zerocopy = {};
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	socklen_t size = sizeof(zerocopy);
	static char buffer[256];

	poll(&ready, 1, 10000);
	zerocopy.copybuf_address = (unsigned long)buffer;
	zerocopy.copybuf_len = sizeof(buffer);
	if (getsockopt(fd, IPPROTO_TCP, TCP_ZEROCOPY_RECEIVE, &zerocopy, &size))
		return errno;
	return memcmp(buffer, canary, sizeof(canary)) ? EIO : 0;
}

struct receiver {
	int listening;
	int (*receive)(int fd);
	bool stop; /* to be looked at, before it tries to send */
};

static int serve(void *argument)
{
	const struct receiver *receiver = argument;
	int type, fd = receiver->listening, file, error;
	socklen_t size = sizeof(type);

	getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size);
	if (type == SOCK_STREAM)
		fd = accept(fd, NULL, NULL);
	error = receiver->receive(fd);
	if (error)
		return 500 + error;
	file = open(RECEIVED, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (file < 0 || write(file, canary, sizeof(canary)) < 0)
		return 700 + errno;
	close(file);
	if (receiver->stop)
		raise(SIGSTOP);
	return try_out();
}

static int port_open(int type, int port)
{
	struct endpoint at = endpoint("::", port);
	int fd = socket(AF_INET6, type | SOCK_CLOEXEC, 0), one = 1, off = 0;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, (void *)&at.address, at.length) || (type == SOCK_STREAM && listen(fd, 8)))
		return -1;
	return fd;
}

static bool file_labelled(const char *path)
{
	return !shell("domicile label show %s | grep -q cn.pii", path);
}

/* Return: what came of sending to `out` what was received. */
static int transfer(struct sender *sender, int (*receive)(int fd))
{
	struct receiver receiver = { port_open(sender->type, sender->port), receive, false };
	pid_t pid = child_start(serve, &receiver);
	int error = in_child(send_from, sender);

	if (error)
		kill(pid, SIGKILL);
	close(receiver.listening);
	return error ?: child_error(pid);
}

static void check(struct __test_metadata *_metadata, struct sender *sender,
		  int (*receive)(int fd), bool labelled)
{
	unlink(RECEIVED);
	EXPECT_EQ(enforcing && labelled ? EPERM : 0, transfer(sender, receive));
	if (enforcing)
		EXPECT_EQ(labelled, file_labelled(RECEIVED));
	if (enforcing && labelled)
		EXPECT_TRUE(recorded("\"deny\"", "\"peer\":{", OUT4));
	unlink(RECEIVED);
}

static void check_both(struct __test_metadata *_metadata, struct sender in, struct sender out)
{
	policy_listen();
	check(_metadata, &in, receive, true);
	check(_metadata, &out, receive, false);
}

TEST(tcp4)
{
	ROW("N23/tcp4", "tracked", "socket_recvmsg");
	check_both(_metadata, (struct sender){ "in", HOST_IN4, SOCK_STREAM, PORT_FROM },
		   (struct sender){ "out", HOST_OUT4, SOCK_STREAM, PORT_FROM });
}

TEST(tcp6)
{
	ROW("N23/tcp6", "tracked", "socket_recvmsg");
	check_both(_metadata, (struct sender){ "in", HOST_IN6, SOCK_STREAM, PORT_FROM },
		   (struct sender){ "out", HOST_OUT6, SOCK_STREAM, PORT_FROM });
}

TEST(udp4)
{
	ROW("N23/udp4", "tracked", "__skb_recv_udp");
	check_both(_metadata, (struct sender){ "in", HOST_IN4, SOCK_DGRAM, PORT_FROM },
		   (struct sender){ "out", HOST_OUT4, SOCK_DGRAM, PORT_FROM });
}

TEST(udp6)
{
	ROW("N23/udp6", "tracked", "__skb_recv_udp");
	check_both(_metadata, (struct sender){ "in", HOST_IN6, SOCK_DGRAM, PORT_FROM },
		   (struct sender){ "out", HOST_OUT6, SOCK_DGRAM, PORT_FROM });
}

/* From whomever, and nothing at a port that is no source. */
TEST(ports)
{
	struct sender any = { "out", HOST_OUT4, SOCK_STREAM, PORT_ANY };
	struct sender none = { "in", HOST_IN4, SOCK_STREAM, PORT_NONE };
	struct sender datagram = { "in", HOST_IN4, SOCK_DGRAM, PORT_ANY };

	policy_listen();
	check(_metadata, &any, receive, true);
	check(_metadata, &none, receive, false);
	check(_metadata, &datagram, receive, false);
}

/* Every way to receive. */
TEST(ways)
{
	static int (*const ways[])(int) = { receive_read, receive_peek, receive_many,
					    receive_splice, receive_uring, receive_zerocopy };
	struct sender sender = { "in", HOST_IN4, SOCK_STREAM, PORT_FROM };

	policy_listen();
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		EXPECT_EQ(enforcing ? EPERM : 0, transfer(&sender, ways[i])) {
			TH_LOG("way %zu", i);
		}
	}
}

/* What the receiver says of itself, and the record. */
TEST(origin)
{
	struct sender sender = { "in", HOST_IN4, SOCK_STREAM, PORT_FROM };
	struct receiver receiver = { -1, receive, true };
	int status;
	pid_t pid;

	policy_listen();
	receiver.listening = port_open(SOCK_STREAM, PORT_FROM);
	pid = child_start(serve, &receiver);
	EXPECT_EQ(0, in_child(send_from, &sender));
	EXPECT_EQ(pid, waitpid(pid, &status, WUNTRACED));
	if (enforcing)
		EXPECT_EQ(0, shell("domicile task show %d | "
				   "grep -E '^origin +%s:[0-9]+/tcp at port %d, taken in by pid %d'",
				   pid, IN4, PORT_FROM, pid));
	kill(pid, SIGCONT);
	EXPECT_DENIED(child_error(pid));
	if (enforcing)
		EXPECT_TRUE(recorded("\"deny\"", "\"local_port\":8443",
				     "\"peer\":{\"family\":\"ipv4\",\"protocol\":\"tcp\","
				     "\"address\":\"" IN4 "\""));
	close(receiver.listening);
}

/* --- connections of this host's own, from a port that is a source -------------- */

static int serve_canary(void *argument)
{
	struct endpoint at = endpoint(IN4, 9000);
	int fd, one = 1;

	if (namespace_enter("in"))
		return errno;
	fd = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (void *)&at.address, at.length) || listen(fd, 8) ||
	    write(*(int *)argument, "", 1) != 1)
		return errno;
	for (int i = 0; i < 2; i++)
		if (send(accept(fd, NULL, NULL), canary, sizeof(canary), 0) < 0)
			return errno;
	return 0;
}

#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51
#endif

static int fetch(bool bound)
{
	__u32 range = PORT_FROM << 16 | PORT_FROM;
	struct endpoint from = endpoint("0.0.0.0", PORT_ANY), to = endpoint(IN4, 9000);
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bound ? bind(fd, (void *)&from.address, from.length) :
		    setsockopt(fd, SOL_IP, IP_LOCAL_PORT_RANGE, &range, sizeof(range)))
		return 500 + errno;
	if (connect(fd, (void *)&to.address, to.length))
		return 600 + errno;
	return receive(fd) ?: try_out();
}

static int fetch_bound(void *argument) { return fetch(true); }
static int fetch_range(void *argument) { return fetch(false); }

TEST(own_connections)
{
	int ready[2];
	char byte;
	pid_t server;

	policy_listen();
	ASSERT_EQ(0, pipe(ready));
	server = child_start(serve_canary, &ready[1]);
	EXPECT_EQ(1, read(ready[0], &byte, 1));
	EXPECT_EQ(0, in_child(fetch_bound, NULL));
	EXPECT_EQ(0, in_child(fetch_range, NULL));
	EXPECT_EQ(0, child_error(server));
}

/* --- a web server that takes uploads ------------------------------------------- */

#define STORE DIR_TEST "/store"
#define CURL "curl -q -sS -f --max-time 10 -o /dev/null "

TEST(web_server)
{
	policy_listen();
	EXPECT_EQ(0, shell("$(dirname $(readlink -f /proc/%d/exe))/../../tests/vm/sink "
			   "http host %d " STORE, getpid(), PORT_FROM));
	EXPECT_EQ(0, shell("ip netns exec out " CURL "-T " PLAIN " http://" HOST_OUT4 ":%d/plain",
			   PORT_FROM));
	EXPECT_EQ(0, shell("ip netns exec in " CURL "-T " PLAIN " http://" HOST_IN4 ":%d/person",
			   PORT_FROM));
	EXPECT_EQ(enforcing, file_labelled(STORE "/person"));
	EXPECT_FALSE(file_labelled(STORE "/plain"));
	EXPECT_EQ(0, shell("ip netns exec in " CURL "http://" HOST_IN4 ":%d/person", PORT_FROM));
	EXPECT_EQ(!enforcing, !shell("ip netns exec out " CURL "http://" HOST_OUT4 ":%d/person",
				     PORT_FROM));
	if (enforcing)
		EXPECT_TRUE(recorded("\"deny\"", "\"comm\":\"python3\"", "\"local_port\":8443"));
	shell("$(dirname $(readlink -f /proc/%d/exe))/../../tests/vm/sink stop", getpid());
}

/* One that waits, and one whose data waits, when the policy begins to say so. */
TEST(open_before)
{
	struct sender sender = { "in", HOST_IN4, SOCK_STREAM, PORT_FROM };
	struct receiver receiver = { -1, receive, false };
	pid_t late;

	policy_plain();
	receiver.listening = port_open(SOCK_STREAM, PORT_FROM);
	EXPECT_EQ(0, in_child(send_from, &sender)); /* waits to be accepted */
	policy_listen();
	EXPECT_DENIED(in_child(serve, &receiver));
	policy_plain();

	late = child_start(serve, &receiver);
	usleep(300 * 1000);
	policy_listen();
	EXPECT_EQ(0, in_child(send_from, &sender));
	EXPECT_DENIED(child_error(late));
	close(receiver.listening);
}
