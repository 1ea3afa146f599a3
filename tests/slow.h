/* SPDX-License-Identifier: GPL-2.0-only */
/* A connection on which data waits to be sent. */
#ifndef DOMICILE_SLOW_H
#define DOMICILE_SLOW_H

#include "domicile_test.h"

#define PORT_SLOW (PORT + 3)

/* A receiver in another network that reads nothing before @go ends. */
struct slow {
	const char *network;
	int ready[2];
	int go[2];
	pid_t pid;
};

static inline int slow_serve(void *argument)
{
	struct endpoint at = endpoint("0.0.0.0", PORT_SLOW);
	int fd, one = 1, small = 4096, out;
	struct slow *slow = argument;
	char buffer[65536], path[64];
	ssize_t size;

	close(slow->go[1]);
	if (namespace_enter(slow->network))
		return errno;
	fd = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	if (bind(fd, (void *)&at.address, at.length) || listen(fd, 4))
		return errno;
	close(slow->ready[1]);
	fd = accept(fd, NULL, NULL);
	if (read(slow->go[0], buffer, 1))
		return EIO;
	snprintf(path, sizeof(path), SINK ".%s", slow->network);
	out = open(path, O_WRONLY | O_APPEND);
	while ((size = read(fd, buffer, sizeof(buffer))) > 0)
		if (write(out, buffer, size) != size)
			return EIO;
	return 0;
}

static inline void slow_start(struct slow *slow, const char *network)
{
	slow->network = network;
	if (pipe(slow->ready) || pipe(slow->go))
		fail("pipe");
	slow->pid = child_start(slow_serve, slow);
	close(slow->ready[1]);
	close(slow->go[0]);
	pipe_ends(slow->ready[0]);
	close(slow->ready[0]);
}

static inline int slow_drain(struct slow *slow)
{
	close(slow->go[1]);
	return child_error(slow->pid);
}

/* A connection whose window is closed: what is sent from now on waits. */
static inline int connect_full(const char *host)
{
	struct endpoint to = endpoint(host, PORT_SLOW);
	int fd = socket(AF_INET, SOCK_STREAM, 0), big = 1 << 20, one = 1;
	char junk[1000];

	memset(junk, 'j', sizeof(junk));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &big, sizeof(big));
	setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one));
	if (connect(fd, (void *)&to.address, to.length))
		return -1;
	for (int i = 0; i < 40; i++)
		if (send(fd, junk, sizeof(junk), MSG_DONTWAIT) < 0)
			break;
	usleep(300 * 1000);
	return fd;
}

#endif /* DOMICILE_SLOW_H */
