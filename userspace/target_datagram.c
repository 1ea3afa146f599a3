// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "await.h"
#include "cleanup.h"
#include "connection.h"
#include "target.h"

#define SEND_MS 30000

static int unix_open(struct target *target, const struct target_options *options,
		     struct fault *fault)
{
	const char *path = target->text + strlen(target->kind->prefix);

	if (*path == '/' && strlen(path) < sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return 0;
	return fault_set(fault, -EINVAL, "'%s' is not of the form unix:/PATH", target->text);
}

static int unix_connect(const struct target *target, struct fault *fault)
{
	const char *path = target->text + strlen(target->kind->prefix);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, path);
	if (fd >= 0 && !connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	fault_set(fault, 0, "%s", strerror(errno));
	close_fd(&fd);
	return -ENOTCONN;
}

static int udp_connect(const struct target *target, struct fault *fault)
{
	return connection_open(target->host, target->port, SOCK_DGRAM, fault);
}

static int message_send(int fd, const struct message *message)
{
	int err = 0;

	while (!err && send(fd, message->data, message->size, MSG_NOSIGNAL) < 0)
		err = errno == EAGAIN ? await_fd(fd, POLLOUT, SEND_MS) :
		      errno == EINTR ? 0 : -errno;
	return err;
}

static void datagram_close(struct target *target)
{
	close_fd(&target->fd);
	target->fd = -1;
}

static int datagram_send(struct target *target, const struct batch *batch, struct fault *fault)
{
	int err = 0;

	if (target->fd < 0)
		target->fd = target->kind == &target_unix ? unix_connect(target, fault) :
							    udp_connect(target, fault);
	if (target->fd < 0)
		return target->fd;
	for (size_t i = 0; !err && i < batch->count; i++)
		err = message_send(target->fd, &batch->messages[i]);
	if (!err)
		return 0;
	datagram_close(target);
	if (err == -EMSGSIZE && batch->count == 1)
		return fault_set(fault, -EFBIG, "an entry of %zu bytes is more than it takes at "
				 "once", batch->messages[0].size);
	return fault_set(fault, err, "%s", strerror(-err));
}

const struct target_kind target_unix = {
	.prefix = "unix:", .is_syslog = true, .open = unix_open, .send = datagram_send,
	.close = datagram_close,
};

const struct target_kind target_udp = {
	.prefix = "udp://", .port = "514", .is_syslog = true, .send = datagram_send,
	.close = datagram_close,
};
