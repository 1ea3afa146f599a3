// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "await.h"
#include "cleanup.h"
#include "connection.h"

#define CONNECT_MS 10000

static int connected(int fd, const struct addrinfo *address)
{
	int err = 0;
	socklen_t size = sizeof(err);

	if (!connect(fd, address->ai_addr, address->ai_addrlen))
		return 0;
	if (errno != EINPROGRESS)
		return -errno;
	err = await_fd(fd, POLLOUT, CONNECT_MS);
	if (err)
		return err;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &size))
		return -errno;
	return -err;
}

static int try(const struct addrinfo *address)
{
	int fd = socket(address->ai_family, address->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
			address->ai_protocol);
	int err = fd < 0 ? -errno : connected(fd, address);

	if (!err)
		return fd;
	close_fd(&fd);
	return err;
}

int connection_open(const char *host, const char *port, int type, struct fault *fault)
{
	struct addrinfo hints = { .ai_socktype = type, .ai_flags = AI_ADDRCONFIG }, *list;
	int result = getaddrinfo(host, port, &hints, &list), fd = -EHOSTUNREACH;

	if (result)
		return fault_set(fault, -EHOSTUNREACH, "%s", gai_strerror(result));
	for (const struct addrinfo *one = list; one && fd < 0 && fd != -EINTR; one = one->ai_next)
		fd = try(one);
	freeaddrinfo(list);
	return fd < 0 ? fault_set(fault, fd, "%s", strerror(-fd)) : fd;
}
