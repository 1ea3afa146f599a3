// SPDX-License-Identifier: GPL-2.0-only
/*
 * Syslog over TCP has no acknowledgements. What comes nearest: what the other side's kernel has
 * acknowledged, on a connection that holds for some seconds more, has arrived; at the end the
 * other side closes the connection when it has read all.
 */
#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "await.h"
#include "cleanup.h"
#include "connection.h"
#include "moment.h"
#include "target.h"
#include "tls.h"

#define PATIENCE_MS 30000 /* of a server that takes nothing */
#define GOODBYE_MS 5000
#define PAUSE_NS 1000000
#define SETTLE_S 2

static void stream_close(struct target *target)
{
	tls_free(&target->tls);
	close_fd(&target->fd);
	target->fd = -1;
}

static void target_free(struct target *target)
{
	stream_close(target);
	tls_context_free(&target->tls_context);
}

static int stream_connect(struct target *target, struct fault *fault)
{
	int err = 0;

	target->fd = connection_open(target->host, target->port, SOCK_STREAM, fault);
	if (target->fd < 0)
		return target->fd;
	if (target->tls_context)
		err = tls_connect(&target->tls, target->tls_context, target->fd, target->host,
				  PATIENCE_MS, fault);
	if (err)
		stream_close(target);
	return err;
}

static int write_all(struct target *target, const char *data, size_t size)
{
	while (size) {
		ssize_t sent = target->tls ? tls_write(target->tls, data, size, PATIENCE_MS) :
					     send(target->fd, data, size, MSG_NOSIGNAL);
		int err = 0;

		if (sent < 0 && target->tls)
			return sent;
		if (sent < 0)
			err = errno == EAGAIN ? await_fd(target->fd, POLLOUT, PATIENCE_MS) :
			      errno == EINTR ? 0 : -errno;
		if (err)
			return err;
		data += sent > 0 ? sent : 0;
		size -= sent > 0 ? sent : 0;
	}
	return 0;
}

/* Until the other side's kernel has it. */
static int acknowledged(const struct target *target)
{
	__u64 end = moment_boottime() + PATIENCE_MS / 1000 * MOMENT_NS_PER_S;
	__u64 pause = PAUSE_NS;
	int left = 0, err = 0;

	while (!err) {
		if (ioctl(target->fd, SIOCOUTQ, &left))
			return -errno;
		if (!left)
			return 0;
		if (moment_boottime() > end)
			return -ETIMEDOUT;
		err = await_time(pause);
		pause = pause < 100 * PAUSE_NS ? pause * 2 : pause;
	}
	return err;
}

/* Reads, and forgets, what there is: syslog servers say nothing. -EAGAIN: no more for now. */
static int read_some(const struct target *target)
{
	char scratch[256];
	ssize_t got = recv(target->fd, scratch, sizeof(scratch), MSG_DONTWAIT);

	return got < 0 ? -errno : got ? 0 : -ENOTCONN;
}

/* -ENOTCONN, -ECONNRESET, ...: the other side has closed it. */
static int stream_check(struct target *target)
{
	int err = 0;

	if (target->fd < 0)
		return 0;
	while (!err)
		err = target->tls ? tls_read(target->tls) : read_some(target);
	if (err == -EAGAIN || err == -EINTR)
		return 0;
	stream_close(target);
	return err;
}

static int stream_send(struct target *target, const struct batch *batch, struct fault *fault)
{
	char count[24];
	int err = stream_check(target);

	if (!err && target->fd < 0) {
		err = stream_connect(target, fault);
		if (err)
			return err;
	}
	for (size_t i = 0; !err && i < batch->count; i++) {
		snprintf(count, sizeof(count), "%zu ", batch->messages[i].size);
		err = write_all(target, count, strlen(count));
		if (!err)
			err = write_all(target, batch->messages[i].data, batch->messages[i].size);
	}
	if (!err)
		err = acknowledged(target);
	if (!err)
		return 0;
	stream_close(target);
	return fault_set(fault, err, "%s", err == -ENOTCONN ? "it closed the connection" :
							      strerror(-err));
}

/*
 * Servers that end without a word of TLS are common, and some do not end at all: what counts
 * is that the connection was not reset.
 */
static int stream_finish(struct target *target)
{
	__u64 end = moment_boottime() + GOODBYE_MS / 1000 * MOMENT_NS_PER_S;
	int err = stream_check(target);

	if (err || target->fd < 0)
		return err;
	tls_goodbye(target->tls);
	shutdown(target->fd, SHUT_WR);
	while ((!err || err == -EAGAIN) && moment_boottime() < end) {
		err = read_some(target);
		if (err == -EAGAIN)
			poll(&(struct pollfd){ .fd = target->fd, .events = POLLIN }, 1, 100);
	}
	stream_close(target);
	return err && err != -ENOTCONN && err != -EAGAIN ? -ECONNRESET : 0;
}

static int tls_open(struct target *target, const struct target_options *options,
		    struct fault *fault)
{
	return tls_context_make(&target->tls_context, options->ca, options->certificate,
				options->key, fault);
}

const struct target_kind target_tcp = {
	.prefix = "tcp://", .port = "514", .is_syslog = true, .settle_s = SETTLE_S,
	.send = stream_send, .check = stream_check, .finish = stream_finish, .close = target_free,
};

const struct target_kind target_tls = {
	.prefix = "tls://", .port = "6514", .is_syslog = true, .settle_s = SETTLE_S,
	.open = tls_open, .send = stream_send, .check = stream_check, .finish = stream_finish,
	.close = target_free,
};
