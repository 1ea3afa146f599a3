/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Channels: a descriptor to send by and one to receive from. A process that took
 * the label sends the canary, and another receives it and tries to reach `out`,
 * in each of two orders.
 */
#ifndef DOMICILE_CHANNEL_H
#define DOMICILE_CHANNEL_H

#include "domicile_test.h"

#include <sys/sendfile.h>
#include <sys/uio.h>

#define FIFO DIR_TEST "/fifo"

struct channel {
	int read_end;
	int write_end;
	bool early; /* the reader waits before the writer takes the label */
	int (*receive)(int fd, char *buffer, size_t size);
	int (*send)(int fd);
};

static inline int send_write(int fd)
{
	return write(fd, canary, sizeof(canary));
}

static inline int send_message(int fd)
{
	struct iovec iov = { (void *)canary, sizeof(canary) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	return sendmsg(fd, &msg, 0);
}

static inline int send_sendfile(int fd)
{
	return sendfile(fd, open(LABELLED, O_RDONLY), NULL, sizeof(canary) - 1);
}

static inline int send_splice(int fd)
{
	return splice(open(LABELLED, O_RDONLY), NULL, fd, NULL, sizeof(canary) - 1, 0);
}

static inline int send_vmsplice(int fd)
{
	struct iovec iov = { (void *)canary, sizeof(canary) };

	return vmsplice(fd, &iov, 1, 0);
}

/* Through a pipe of its own, which no other way of sending has labelled. */
static inline int send_tee(int fd)
{
	int fds[2];

	if (pipe(fds) || send_vmsplice(fds[1]) < 0)
		return -1;
	return tee(fds[0], fd, sizeof(canary), 0);
}

static inline int receive_read(int fd, char *buffer, size_t size)
{
	return read(fd, buffer, size);
}

static inline int receive_recv(int fd, char *buffer, size_t size)
{
	return recv(fd, buffer, size, 0);
}

static inline int receive_vmsplice(int fd, char *buffer, size_t size)
{
	struct iovec iov = { buffer, size };

	return vmsplice(fd, &iov, 1, 0);
}

/* Through a pipe of its own, as `cat` between other programs would. */
static inline int receive_splice(int fd, char *buffer, size_t size)
{
	int fds[2];

	if (pipe(fds) || splice(fd, NULL, fds[1], NULL, size, 0) <= 0)
		return -1;
	return read(fds[0], buffer, size);
}

static inline int channel_reader(void *argument)
{
	struct channel *channel = argument;
	char buffer[256] = {};

	if (!channel->early)
		usleep(300 * 1000);
	if (channel->receive(channel->read_end, buffer, sizeof(buffer)) <= 0)
		return EIO;
	return strcmp(buffer, canary) ? ENODATA : try_out();
}

static inline int channel_writer(void *argument)
{
	struct channel *channel = argument;
	int error;

	if (channel->early)
		usleep(300 * 1000);
	error = take_label();
	if (error)
		return error;
	return channel->send(channel->write_end) < 0 ? errno : 0;
}

static inline int channel_run(struct channel channel)
{
	pid_t reader = child_start(channel_reader, &channel);
	int error = in_child(channel_writer, &channel);
	int result = child_error(reader);

	close(channel.read_end);
	close(channel.write_end);
	return error ?: result;
}

static inline struct channel pipe_new(void)
{
	struct channel channel = { .receive = receive_read, .send = send_write };
	int fds[2];

	if (pipe(fds))
		fail("pipe");
	channel.read_end = fds[0];
	channel.write_end = fds[1];
	return channel;
}

static inline struct channel fifo_new(void)
{
	struct channel channel = { .receive = receive_read, .send = send_write };

	unlink(FIFO);
	if (mkfifo(FIFO, 0600))
		fail(FIFO);
	channel.read_end = open(FIFO, O_RDWR);
	channel.write_end = open(FIFO, O_WRONLY);
	return channel;
}

static inline struct channel pair_new(int type)
{
	struct channel channel = { .receive = receive_recv, .send = send_write };
	int fds[2];

	if (socketpair(AF_UNIX, type, 0, fds))
		fail("socketpair");
	channel.read_end = fds[0];
	channel.write_end = fds[1];
	return channel;
}

FIXTURE(pass) {
	bool unused;
};

FIXTURE_VARIANT(pass) {
	bool early;
};

FIXTURE_VARIANT_ADD(pass, reader_comes_later) { .early = false };
FIXTURE_VARIANT_ADD(pass, reader_waits) { .early = true };

FIXTURE_SETUP(pass)
{
}

FIXTURE_TEARDOWN(pass)
{
}

/* @row: of the ledger. */
#define TEST_PASS(name, row, mechanism, make)					\
	TEST_F(pass, name)							\
	{									\
		struct channel channel = make;					\
										\
		ROW(row, "tracked", mechanism);				\
		if (variant->early && !strncmp(row, "P03", 3))			\
			ROW("P03/waiting", "tracked", mechanism);		\
		channel.early = variant->early;					\
		EXPECT_DENIED(channel_run(channel));				\
	}

/* As TEST_PASS, with another way to send or to receive. */
#define TEST_PASS_BY(name, row, mechanism, make, end, function)			\
	TEST_F(pass, name)							\
	{									\
		struct channel channel = make;					\
										\
		ROW(row, "tracked", mechanism);				\
		channel.early = variant->early;					\
		channel.end = function;						\
		EXPECT_DENIED(channel_run(channel));				\
	}

/* --- descriptors that are passed on ---------------------------------------- */

static inline int pass_fd(int socket, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = {}, byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	return sendmsg(socket, &msg, 0) < 0 ? errno : 0;
}

static inline int take_fd(int socket)
{
	char control[CMSG_SPACE(sizeof(int))] = {}, byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			      .msg_controllen = sizeof(control) };
	int fd = -1;

	if (recvmsg(socket, &msg, 0) > 0 && CMSG_FIRSTHDR(&msg))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

#endif /* DOMICILE_CHANNEL_H */
