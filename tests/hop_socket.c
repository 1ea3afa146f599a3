// SPDX-License-Identifier: GPL-2.0-only
/* Hops through sockets of one host: unix, TCP and UDP. */
#include "hop.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* What the receiver listens on, or one end of a pair; the sender's end of a pair. */
static int receiving_end(const struct passage *passage)
{
	return FD_HOP(passage->index, 0);
}

static int sending_end(const struct passage *passage)
{
	return FD_HOP(passage->index, 1);
}

static int receive_pair(const struct passage *passage)
{
	return fd_read(receiving_end(passage), passage->data, passage->size);
}

static int send_pair(const struct passage *passage)
{
	return fd_write(sending_end(passage), passage->data, passage->size);
}

static int pair_setup(const struct passage *passage, int type)
{
	int fds[2];

	if (socketpair(AF_UNIX, type, 0, fds))
		return errno;
	return fd_place(fds[0], receiving_end(passage)) ?: fd_place(fds[1], sending_end(passage));
}

static int pair_setup_stream(const struct passage *passage)
{
	return pair_setup(passage, SOCK_STREAM);
}

static int pair_setup_dgram(const struct passage *passage)
{
	return pair_setup(passage, SOCK_DGRAM);
}

static int pair_setup_seqpacket(const struct passage *passage)
{
	return pair_setup(passage, SOCK_SEQPACKET);
}

/* --- by splice and sendfile ---------------------------------------------------- */

static int sendfile_to(int fd, const struct passage *passage)
{
	int file = memfd_create("chain", MFD_CLOEXEC);

	if (file < 0 || pwrite(file, passage->data, passage->size, 0) != passage->size)
		return errno;
	return passed_all(sendfile(fd, file, NULL, passage->size), passage);
}

static int splice_to(int fd, const struct passage *passage)
{
	int fds[2], error;

	if (pipe2(fds, O_CLOEXEC))
		return errno;
	error = fd_write(fds[1], passage->data, passage->size);
	return error ?: passed_all(splice(fds[0], NULL, fd, NULL, passage->size, 0), passage);
}

static int splice_from(int fd, const struct passage *passage)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return errno;
	return passed_all(splice(fd, NULL, fds[1], NULL, passage->size, 0), passage) ?:
	       fd_read(fds[0], passage->data, passage->size);
}

static int send_pair_sendfile(const struct passage *passage)
{
	return sendfile_to(sending_end(passage), passage);
}

static int send_pair_splice(const struct passage *passage)
{
	return splice_to(sending_end(passage), passage);
}

static int receive_pair_splice(const struct passage *passage)
{
	return splice_from(receiving_end(passage), passage);
}

/* --- with an address ------------------------------------------------------------ */

struct address {
	union {
		struct sockaddr any;
		struct sockaddr_un local;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	};
	socklen_t length;
};

static struct address unix_abstract(const struct passage *passage)
{
	struct address address = { .local.sun_family = AF_UNIX };

	address.length = offsetof(struct sockaddr_un, sun_path) + 1 +
		sprintf(address.local.sun_path + 1, "domicile-chain-%d", passage->index);
	return address;
}

static struct address unix_path(const struct passage *passage)
{
	struct address address = { .local.sun_family = AF_UNIX, .length = sizeof(address.local) };

	hop_path(address.local.sun_path, HOP_TMPFS, "socket", passage->index);
	return address;
}

static struct address loopback4(void)
{
	return (struct address){ .v4 = { .sin_family = AF_INET,
					 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) },
				 .length = sizeof(struct sockaddr_in) };
}

static struct address loopback6(void)
{
	return (struct address){ .v6 = { .sin6_family = AF_INET6,
					 .sin6_addr = IN6ADDR_LOOPBACK_INIT },
				 .length = sizeof(struct sockaddr_in6) };
}

/* Port 0: the kernel finds one that is free. */
static int bind_setup(const struct passage *passage, int type, struct address at)
{
	int fd = socket(at.any.sa_family, type, 0);

	if (fd < 0 || bind(fd, &at.any, at.length))
		return errno;
	if (type != SOCK_DGRAM && listen(fd, 4))
		return errno;
	return fd_place(fd, receiving_end(passage));
}

/* A socket that is connected with the receiver's, or -1. */
static int dial(const struct passage *passage)
{
	struct address to = { .length = sizeof(struct sockaddr_un) };
	int type, fd;
	socklen_t size = sizeof(type);

	if (getsockname(receiving_end(passage), &to.any, &to.length) ||
	    getsockopt(receiving_end(passage), SOL_SOCKET, SO_TYPE, &type, &size))
		return -1;
	fd = socket(to.any.sa_family, type | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, &to.any, to.length))
		return -1;
	return fd;
}

static int send_dialled(const struct passage *passage)
{
	int fd = dial(passage), error;

	if (fd < 0)
		return errno;
	error = fd_write(fd, passage->data, passage->size);
	close(fd);
	return error;
}

static int send_dialled_sendfile(const struct passage *passage)
{
	int fd = dial(passage);

	return fd < 0 ? errno : sendfile_to(fd, passage);
}

static int send_dialled_splice(const struct passage *passage)
{
	int fd = dial(passage);

	return fd < 0 ? errno : splice_to(fd, passage);
}

static int receive_accepted(const struct passage *passage)
{
	int fd = accept4(receiving_end(passage), NULL, NULL, SOCK_CLOEXEC), error;

	if (fd < 0)
		return errno;
	error = fd_read(fd, passage->data, passage->size);
	close(fd);
	return error;
}

static int receive_accepted_splice(const struct passage *passage)
{
	int fd = accept4(receiving_end(passage), NULL, NULL, SOCK_CLOEXEC);

	return fd < 0 ? errno : splice_from(fd, passage);
}

static int setup_unix_stream(const struct passage *passage)
{
	return bind_setup(passage, SOCK_STREAM, unix_abstract(passage));
}

static int setup_unix_seqpacket(const struct passage *passage)
{
	return bind_setup(passage, SOCK_SEQPACKET, unix_abstract(passage));
}

static int setup_unix_dgram(const struct passage *passage)
{
	struct address at = unix_path(passage);

	unlink(at.local.sun_path);
	return bind_setup(passage, SOCK_DGRAM, at);
}

static int setup_tcp4(const struct passage *passage)
{
	return bind_setup(passage, SOCK_STREAM, loopback4());
}

static int setup_tcp6(const struct passage *passage)
{
	return bind_setup(passage, SOCK_STREAM, loopback6());
}

static int setup_udp4(const struct passage *passage)
{
	return bind_setup(passage, SOCK_DGRAM, loopback4());
}

static int setup_udp6(const struct passage *passage)
{
	return bind_setup(passage, SOCK_DGRAM, loopback6());
}

#define SOCKET(name_, setup_, send_, receive_)					\
	{									\
		.name = name_, .flow = FLOW_OBJECT, .waits = true,		\
		.setup = setup_, .send = send_, .receive = receive_		\
	}

const struct hop_kind hop_sockets[] = {
	SOCKET("socketpair_stream", pair_setup_stream, send_pair, receive_pair),
	SOCKET("socketpair_dgram", pair_setup_dgram, send_pair, receive_pair),
	SOCKET("socketpair_seqpacket", pair_setup_seqpacket, send_pair, receive_pair),
	SOCKET("sendfile_to_unix", pair_setup_stream, send_pair_sendfile, receive_pair),
	SOCKET("splice_to_unix", pair_setup_stream, send_pair_splice, receive_pair),
	SOCKET("splice_from_unix", pair_setup_stream, send_pair, receive_pair_splice),
	SOCKET("unix_stream", setup_unix_stream, send_dialled, receive_accepted),
	SOCKET("unix_seqpacket", setup_unix_seqpacket, send_dialled, receive_accepted),
	SOCKET("unix_dgram", setup_unix_dgram, send_dialled, receive_pair),
	SOCKET("tcp4", setup_tcp4, send_dialled, receive_accepted),
	SOCKET("tcp6", setup_tcp6, send_dialled, receive_accepted),
	SOCKET("sendfile_to_tcp4", setup_tcp4, send_dialled_sendfile, receive_accepted),
	SOCKET("splice_to_tcp6", setup_tcp6, send_dialled_splice, receive_accepted),
	SOCKET("splice_from_tcp4", setup_tcp4, send_dialled, receive_accepted_splice),
	SOCKET("udp4", setup_udp4, send_dialled, receive_pair),
	SOCKET("udp6", setup_udp6, send_dialled, receive_pair),
	{}
};
