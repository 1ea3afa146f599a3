// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections of the host with itself: no sink, but the label goes along. A
 * labelled process sends to a relay on this host; the relay tries `out`.
 */

#include "domicile_test.h"

#include <net/if.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>

struct relay {
	const char *host;
	int type;
	bool early; /* the receiver waits before the sender takes the label */
	int listener;
};

static int relay_receive(struct relay *relay)
{
	char buffer[256] = {};
	int fd = relay->listener;

	if (relay->type == SOCK_STREAM)
		fd = accept(fd, NULL, NULL);
	if (!relay->early)
		usleep(300 * 1000);
	if (recv(fd, buffer, sizeof(buffer), 0) <= 0 || strcmp(buffer, canary))
		return ENODATA;
	return try_out();
}

static int relay_work(void *argument)
{
	return relay_receive(argument);
}

static int sender_work(void *argument)
{
	struct relay *relay = argument;
	struct endpoint to = endpoint(relay->host, PORT + 2);
	int fd = socket(to.family, relay->type, 0), error;

	if (relay->early) {
		if (connect(fd, (void *)&to.address, to.length))
			return errno;
		usleep(300 * 1000);
		error = take_label();
	} else {
		error = take_label();
		if (!error && connect(fd, (void *)&to.address, to.length))
			return errno;
	}
	if (error)
		return error;
	return send(fd, canary, sizeof(canary), 0) < 0 ? errno : 0;
}

static int plain_sender(void *argument)
{
	struct relay *relay = argument;
	struct endpoint to = endpoint(relay->host, PORT + 2);
	int fd = socket(to.family, relay->type, 0);

	if (connect(fd, (void *)&to.address, to.length))
		return errno;
	return send(fd, canary, sizeof(canary), 0) < 0 ? errno : 0;
}

static int relay_listen(struct relay *relay)
{
	struct endpoint at = endpoint("::", PORT + 2);
	int one = 1, off = 0, fastopen = 16;

	relay->listener = socket(AF_INET6, relay->type, 0);
	setsockopt(relay->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(relay->listener, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(relay->listener, (void *)&at.address, at.length))
		return errno;
	if (relay->type != SOCK_STREAM)
		return 0;
	setsockopt(relay->listener, IPPROTO_TCP, TCP_FASTOPEN, &fastopen, sizeof(fastopen));
	return listen(relay->listener, 16) ? errno : 0;
}

/* Return: what the relay got when it tried `out`. */
static int relay_run(struct relay *relay, int (*sender)(void *))
{
	pid_t pid = child_start(relay_work, relay);
	int error = in_child(sender, relay);
	int result = child_error(pid);

	return error ?: result;
}

FIXTURE(relay) {
	struct relay relay;
};

FIXTURE_VARIANT(relay) {
	const char *row;
	const char *host;
	int type;
	bool early;
};

#define VARIANT(name, address, kind)						\
	FIXTURE_VARIANT_ADD(relay, name) {					\
		.row = "N16/" #name, .host = address, .type = kind };		\
	FIXTURE_VARIANT_ADD(relay, name##_waits) {				\
		.row = "N16/" #name "_waits", .host = address, .type = kind,	\
		.early = true };

VARIANT(tcp4, "127.0.0.1", SOCK_STREAM)
VARIANT(tcp6, "::1", SOCK_STREAM)
VARIANT(tcp_mapped, "::ffff:127.0.0.1", SOCK_STREAM)
VARIANT(tcp_own_address, "203.0.113.1", SOCK_STREAM)
VARIANT(tcp6_own_address, "2001:db8:bad::1", SOCK_STREAM)
VARIANT(udp4, "127.0.0.1", SOCK_DGRAM)
VARIANT(udp6, "::1", SOCK_DGRAM)
VARIANT(udp_own_address, "203.0.113.1", SOCK_DGRAM)

FIXTURE_SETUP(relay)
{
	self->relay = (struct relay){ variant->host, variant->type, variant->early, -1 };
	ASSERT_EQ(0, relay_listen(&self->relay));
}

FIXTURE_TEARDOWN(relay)
{
	close(self->relay.listener);
}

TEST_F(relay, carries_the_label)
{
	ROW(variant->row, "tracked", "cgroup_egress,cgroup_ingress");
	EXPECT_DENIED(relay_run(&self->relay, sender_work));
	/* The next connection to the same listener is nobody's business. */
	if (variant->type == SOCK_STREAM)
		EXPECT_EQ(0, relay_run(&self->relay, plain_sender));
}

TEST_F(relay, plain_stays_plain)
{
	EXPECT_EQ(0, relay_run(&self->relay, plain_sender));
}

/* Data that comes with the handshake reaches the connection, with its label. */
static int fastopen_sender(void *argument)
{
	struct relay *relay = argument;
	struct endpoint to = endpoint(relay->host, PORT + 2);
	int fd = socket(to.family, SOCK_STREAM, 0), error = take_label();

	if (error)
		return error;
	return sendto(fd, canary, sizeof(canary), MSG_FASTOPEN, (void *)&to.address,
		      to.length) < 0 ? errno : 0;
}

static int fastopen_plain_sender(void *argument)
{
	struct relay *relay = argument;
	struct endpoint to = endpoint(relay->host, PORT + 2);
	int fd = socket(to.family, SOCK_STREAM, 0);

	return sendto(fd, canary, sizeof(canary), MSG_FASTOPEN, (void *)&to.address,
		      to.length) < 0 ? errno : 0;
}

TEST(fastopen)
{
	struct relay relay = { "127.0.0.1", SOCK_STREAM, true, -1 };

	ASSERT_EQ(0, shell("echo 3 > /proc/sys/net/ipv4/tcp_fastopen"));
	ASSERT_EQ(0, relay_listen(&relay));
	/* The first one fetches the cookie. */
	EXPECT_EQ(0, relay_run(&relay, fastopen_plain_sender));
	EXPECT_DENIED(relay_run(&relay, fastopen_sender));
	EXPECT_EQ(0, relay_run(&relay, fastopen_plain_sender));
	close(relay.listener);
}

/* MPTCP has sockets below its socket, which the label does not reach: refused. */
static int mptcp_work(void *argument)
{
	struct endpoint to = endpoint("127.0.0.1", PORT + 2);
	int fd = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP), error;

	if (fd < 0 || connect(fd, (void *)&to.address, to.length))
		return errno;
	error = *(bool *)argument ? take_label() : 0;
	if (error)
		return error;
	return send(fd, canary, sizeof(canary), 0) < 0 ? errno : 0;
}

TEST(mptcp)
{
	struct relay relay = { "127.0.0.1", SOCK_STREAM, true, -1 };
	bool labelled = true, plain = false;

	ASSERT_EQ(0, relay_listen(&relay));
	EXPECT_DENIED(in_child(mptcp_work, &labelled));
	EXPECT_EQ(0, in_child(mptcp_work, &plain));
	close(relay.listener);
}

/* A plain client of an MPTCP listener: what is accepted is a plain connection. */
static int mptcp_receive(void *argument)
{
	struct relay relay = { .listener = *(int *)argument, .type = SOCK_STREAM, .early = true };

	return relay_receive(&relay);
}

TEST(mptcp_listener)
{
	struct relay relay = { "127.0.0.1", SOCK_STREAM, true, -1 };
	struct endpoint at = endpoint("127.0.0.1", PORT + 2);
	int fd = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP), one = 1, error;
	pid_t pid;

	ROW("N16/mptcp_listener", "tracked", "cgroup_egress,cgroup_ingress");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	ASSERT_EQ(0, bind(fd, (void *)&at.address, at.length));
	ASSERT_EQ(0, listen(fd, 4));
	pid = child_start(mptcp_receive, &fd);
	error = in_child(sender_work, &relay);
	EXPECT_EQ(0, error);
	EXPECT_DENIED(child_error(pid));
	close(fd);
}

/* A client with sockets below its socket: the label would end there, so the data does. */
static int mptcp_read(void *argument)
{
	struct endpoint to = endpoint("127.0.0.1", PORT + 2);
	struct pollfd input = { .fd = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP),
				.events = POLLIN };
	char buffer[256] = {};

	if (connect(input.fd, (void *)&to.address, to.length))
		return errno;
	if (poll(&input, 1, 3000) != 1 || recv(input.fd, buffer, sizeof(buffer), 0) <= 0)
		return ENODATA;
	return strcmp(buffer, canary) ? EIO : 0;
}

static int mptcp_answer(void *argument)
{
	struct relay *relay = argument;
	int fd = accept(relay->listener, NULL, NULL);
	int error = relay->early ? take_label() : 0;

	if (error)
		return error;
	return send(fd, canary, sizeof(canary), 0) < 0 ? errno : sleep(4);
}

static int mptcp_ask(struct relay *relay)
{
	pid_t pid = child_start(mptcp_answer, relay);
	int error = in_child(mptcp_read, NULL);

	kill(pid, SIGKILL);
	child_error(pid);
	return error;
}

TEST(mptcp_client)
{
	struct relay labelled = { "127.0.0.1", SOCK_STREAM, true, -1 };
	struct relay plain = { "127.0.0.1", SOCK_STREAM, false, -1 };

	ROW("N16/mptcp_client", "blocked", "cgroup_ingress");
	ASSERT_EQ(0, relay_listen(&labelled));
	plain.listener = labelled.listener;
	EXPECT_EQ(0, mptcp_ask(&plain));
	EXPECT_EQ(enforcing ? ENODATA : 0, mptcp_ask(&labelled));
	close(labelled.listener);
}

/* --- a service that is started for each connection ------------------------------------ */

#define SERVICE_PORT 4006
#define SERVICE_PORT_NAME "4006"
#define SERVICE DIR_TEST "/service"

static int service_ask(void *argument)
{
	int error = *(bool *)argument ? take_label() : 0;

	return error ?: shell("bash -c 'exec 3<>/dev/tcp/127.0.0.1/" SERVICE_PORT_NAME
			      " && echo %s >&3'", canary);
}

/* Somebody connects and says nothing, until somebody listens. */
static void service_wait(void)
{
	struct endpoint to = endpoint("127.0.0.1", SERVICE_PORT);
	int fd = -1;

	for (int i = 0; i < 200; i++) {
		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (!connect(fd, (void *)&to.address, to.length))
			break;
		close(fd);
		usleep(50 * 1000);
	}
	close(fd);
}

static void check_service(struct __test_metadata *_metadata, const char *command)
{
	bool labelled = true, plain = false;
	pid_t pid;

	file_write(SERVICE, "read -r line; echo \"$line\" >/dev/udp/" OUT4 "/4000\n");
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		memory_unshare_but(NULL);
		execlp("bash", "bash", "-c", command, NULL);
		_exit(127);
	}
	service_wait();
	arrived("out", false);
	EXPECT_EQ(0, in_child(service_ask, &plain));
	EXPECT_TRUE(arrived("out", true));
	EXPECT_EQ(0, in_child(service_ask, &labelled));
	EXPECT_EQ(!enforcing, arrived("out", !enforcing));
	if (enforcing)
		EXPECT_TRUE(recorded("\"deny\"", OUT4, LABELLED));
	/* The next one is a new process, and nobody's business. */
	EXPECT_EQ(0, in_child(service_ask, &plain));
	EXPECT_TRUE(arrived("out", true));
	kill(pid, SIGKILL);
	child_error(pid);
}

TEST(systemd)
{
	ROW("N21/systemd", "tracked", "cgroup_egress,cgroup_ingress");
	check_service(_metadata, "exec systemd-socket-activate --accept --inetd -l 127.0.0.1:"
				 SERVICE_PORT_NAME " bash " SERVICE " 2>/dev/null");
}

TEST(inetd)
{
	ROW("N21/inetd", "tracked", "cgroup_egress,cgroup_ingress");
	check_service(_metadata, "exec socat -t 20 TCP-LISTEN:" SERVICE_PORT_NAME
				 ",bind=127.0.0.1,reuseaddr,fork EXEC:'bash " SERVICE "' 2>/dev/null");
}

/* --- many flows of one process ---------------------------------------------------------- */

/* Return: how many were refused. */
static int send_everywhere(void *argument)
{
	struct endpoint to = endpoint("127.0.0.1", 0);
	int fd = socket(AF_INET, SOCK_DGRAM, 0), refused = 0;

	if (take_label())
		return -1;
	for (int port = 10000; port < 15000; port++) {
		((struct sockaddr_in *)&to.address)->sin_port = htons(port);
		if (sendto(fd, "x", 1, 0, (void *)&to.address, to.length) < 0 && errno == EPERM)
			refused++;
	}
	return refused ? EPERM : 0;
}

TEST(flood)
{
	struct relay relay = { "127.0.0.1", SOCK_DGRAM, true, -1 };

	ASSERT_EQ(0, relay_listen(&relay));
	EXPECT_DENIED(in_child(send_everywhere, NULL));
	EXPECT_DENIED(relay_run(&relay, sender_work));
	close(relay.listener);
}

/* --- no data, no label -------------------------------------------------------------------- */

static socklen_t unix_name(struct sockaddr_un *name)
{
	*name = (struct sockaddr_un){ .sun_family = AF_UNIX };
	return offsetof(struct sockaddr_un, sun_path) +
	       sprintf(name->sun_path + 1, "domicile-local") + 1;
}

static int unix_connect(void *argument)
{
	struct sockaddr_un name;
	socklen_t length = unix_name(&name);
	int error = take_label();

	if (error)
		return error;
	return connect(socket(AF_UNIX, SOCK_DGRAM, 0), (void *)&name, length) ? errno : 0;
}

static int unix_receive(void *argument)
{
	char byte;

	return recv(*(int *)argument, &byte, 1, 0) == 1 ? try_out() : errno;
}

TEST(unix_connect_takes_no_label)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0), plain = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct sockaddr_un name;
	socklen_t length = unix_name(&name);

	ASSERT_EQ(0, bind(fd, (void *)&name, length));
	EXPECT_EQ(0, in_child(unix_connect, NULL));
	EXPECT_EQ(1, sendto(plain, "x", 1, 0, (void *)&name, length));
	EXPECT_EQ(0, in_child(unix_receive, &fd));
	close(plain);
	close(fd);
}

/* --- networks that a user namespace owns ---------------------------------------------------- */

/* Its owner could pass on what is sent there. */
static int owned_make(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return errno;
	return ioctl(socket(AF_INET, SOCK_DGRAM, 0), SIOCSIFFLAGS, &request) ? errno : 0;
}

static int owned_connect(void *argument)
{
	struct endpoint to = endpoint("127.0.0.1", PORT);
	int fd, error;

	error = owned_make();
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (error)
		return error;
	error = *(bool *)argument ? take_label() : 0;
	if (error)
		return error;
	return connect(fd, (void *)&to.address, to.length) ? errno : 0;
}

static int owned_send(void *argument)
{
	int error = owned_make();

	if (!error && *(bool *)argument)
		error = take_label();
	return error ?: send_canary("127.0.0.1");
}

TEST(user_namespace)
{
	bool labelled = true, plain = false;

	ROW("N17/user_namespace", "blocked", "socket_connect,socket_sendmsg");
	EXPECT_EQ(0, in_child(owned_connect, &plain));
	EXPECT_EQ(0, in_child(owned_send, &plain));
	EXPECT_DENIED(in_child(owned_connect, &labelled));
	if (enforcing)
		EXPECT_TRUE(recorded("user_namespace", "socket_connect", LABELLED));
	EXPECT_DENIED(in_child(owned_send, &labelled));
	if (enforcing)
		EXPECT_TRUE(recorded("user_namespace", "socket_sendmsg", LABELLED));
}

/* --- a file system whose server is elsewhere -------------------------------------------------- */

#define SHARE "/mnt/out/domicile-test"

static int share_write(void *argument)
{
	int error = *(bool *)argument ? take_label() : 0, fd;

	if (error)
		return error;
	fd = open(SHARE, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, canary, sizeof(canary)) < 0)
		return errno;
	close(fd);
	return 0;
}

TEST(share_9p)
{
	bool labelled = true, plain = false;

	if (shell("grep -q ' /mnt/out 9p ' /proc/mounts"))
		SKIP(return, "no 9p file system here");
	ROW("N24/9p", "blocked", "file_open");
	EXPECT_EQ(0, in_child(share_write, &plain));
	unlink(SHARE);
	EXPECT_DENIED(in_child(share_write, &labelled));
	EXPECT_EQ(!enforcing, file_holds(SHARE, canary, sizeof(canary) - 1));
	if (enforcing)
		EXPECT_TRUE(recorded("no_label_store", SHARE, LABELLED));
	unlink(SHARE);
}
