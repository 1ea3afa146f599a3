// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections of the host with itself: no sink, but the label goes along. A
 * labelled process sends to a relay on this host; the relay tries `out`.
 */

#include "domicile_test.h"

#include <netinet/tcp.h>

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
	const char *host;
	int type;
	bool early;
};

#define VARIANT(name, address, kind)						\
	FIXTURE_VARIANT_ADD(relay, name) { .host = address, .type = kind };	\
	FIXTURE_VARIANT_ADD(relay, name##_waits) {				\
		.host = address, .type = kind, .early = true };

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
