// SPDX-License-Identifier: GPL-2.0-only
/* Labels travel through unix sockets, and with the descriptors that they carry. */

#include "channel.h"

TEST_PASS(unix_stream, "P05/stream", "unix_stream_read_actor", pair_new(SOCK_STREAM))
TEST_PASS(unix_pair, "P05/socketpair", "unix_stream_read_actor", pair_new(SOCK_STREAM))
TEST_PASS(unix_write, "P05/write", "socket_sendmsg", pair_new(SOCK_STREAM))
TEST_PASS_BY(unix_message, "P05/sendmsg", "socket_sendmsg", pair_new(SOCK_STREAM), send,
	     send_message)
TEST_PASS(unix_dgram, "P05/dgram", "__skb_try_recv_datagram", pair_new(SOCK_DGRAM))
TEST_PASS(unix_seqpacket, "P05/seqpacket", "__skb_try_recv_datagram", pair_new(SOCK_SEQPACKET))
TEST_PASS_BY(unix_stream_to_splice, "P05/splice", "do_splice", pair_new(SOCK_STREAM),
	     receive, receive_splice)
TEST_PASS_BY(unix_stream_from_sendfile, "P05/sendfile", "socket_sendmsg",
	     pair_new(SOCK_STREAM), send, send_sendfile)

/* --- unix sockets with names ---------------------------------------------------- */

static socklen_t unix_name(struct sockaddr_un *name)
{
	*name = (struct sockaddr_un){ .sun_family = AF_UNIX };
	return offsetof(struct sockaddr_un, sun_path) +
	       sprintf(name->sun_path + 1, "domicile-test") + 1;
}

static int unix_sender(void *argument)
{
	int fd = socket(AF_UNIX, *(int *)argument, 0), error;
	struct sockaddr_un name;
	socklen_t length = unix_name(&name);

	if (*(int *)argument == SOCK_STREAM && connect(fd, (void *)&name, length))
		return errno;
	error = take_label();
	if (error)
		return error;
	if (*(int *)argument == SOCK_STREAM)
		return send(fd, canary, sizeof(canary), 0) < 0 ? errno : 0;
	return sendto(fd, canary, sizeof(canary), 0, (void *)&name, length) < 0 ? errno : 0;
}

static int unix_receiver(void *argument)
{
	char buffer[256] = {};
	int fd = *(int *)argument;

	return recv(fd, buffer, sizeof(buffer), 0) <= 0 || strcmp(buffer, canary) ? EIO :
										   try_out();
}

static int unix_acceptor(void *argument)
{
	int fd = accept(*(int *)argument, NULL, NULL);

	return unix_receiver(&fd);
}

static int unix_named(int type)
{
	int fd = socket(AF_UNIX, type, 0), error, result;
	struct sockaddr_un name;
	socklen_t length = unix_name(&name);
	pid_t receiver;

	if (bind(fd, (void *)&name, length) || (type == SOCK_STREAM && listen(fd, 4)))
		return errno;
	receiver = child_start(type == SOCK_STREAM ? unix_acceptor : unix_receiver, &fd);
	error = in_child(unix_sender, &type);
	result = child_error(receiver);
	close(fd);
	return error ?: result;
}

TEST(unix_abstract_stream)
{
	ROW("P05/abstract", "tracked", "unix_stream_read_actor");
	ROW("N21/abstract", "tracked", "unix_stream_read_actor");
	EXPECT_DENIED(unix_named(SOCK_STREAM));
}

TEST(unix_abstract_dgram)
{
	ROW("P05/abstract", "tracked", "unix_may_send");
	EXPECT_DENIED(unix_named(SOCK_DGRAM));
}

/* Who only sends on a socket that somebody else's label went through stays free. */
static int send_only(void *argument)
{
	struct channel *channel = argument;

	return write(channel->write_end, "x", 1) < 0 ? errno : try_out();
}

TEST(unix_other_direction)
{
	struct channel channel = pair_new(SOCK_STREAM);

	EXPECT_EQ(0, in_child(channel_writer, &channel));
	EXPECT_EQ(0, in_child(send_only, &channel));
}

/* --- descriptors that are passed on -------------------------------------------- */

static int rights_sender(void *argument)
{
	return pass_fd(((struct channel *)argument)->write_end, open(LABELLED, O_RDONLY));
}

static int rights_receiver(void *argument)
{
	char buffer[256] = {};
	int fd = take_fd(((struct channel *)argument)->read_end);

	return read(fd, buffer, sizeof(buffer)) <= 0 ? EIO : try_out();
}

TEST(scm_rights_file)
{
	struct channel channel = pair_new(SOCK_STREAM);

	ROW("P06/file", "tracked", "file_receive");
	EXPECT_EQ(0, in_child(rights_sender, &channel));
	EXPECT_DENIED(in_child(rights_receiver, &channel));
}

/* --- other things that are passed on ------------------------------------------------ */

static int pass_memfd(void *argument)
{
	int fd = memfd_create("test", 0), error = take_label();

	if (!error && pwrite(fd, canary, sizeof(canary), 0) < 0)
		error = errno;
	return error ?: pass_fd(((struct channel *)argument)->write_end, fd);
}

TEST(scm_rights_memfd)
{
	struct channel channel = pair_new(SOCK_STREAM);

	ROW("P06/memfd", "tracked", "file_receive");
	EXPECT_EQ(0, in_child(pass_memfd, &channel));
	EXPECT_DENIED(in_child(rights_receiver, &channel));
}

static int pass_pipe(void *argument)
{
	int fds[2], error = pipe(fds) ? errno : take_label();

	if (!error && write(fds[1], canary, sizeof(canary)) < 0)
		error = errno;
	return error ?: pass_fd(((struct channel *)argument)->write_end, fds[0]);
}

TEST(scm_rights_pipe)
{
	struct channel channel = pair_new(SOCK_STREAM);

	ROW("P06/pipe", "tracked", "pipe_read");
	EXPECT_EQ(0, in_child(pass_pipe, &channel));
	EXPECT_DENIED(in_child(rights_receiver, &channel));
}

/* The connection is made by somebody who may. */
static int pass_connection(void *argument)
{
	struct endpoint to = endpoint(OUT4, PORT);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (connect(fd, (void *)&to.address, to.length))
		return errno;
	return pass_fd(((struct channel *)argument)->write_end, fd);
}

static int use_connection(void *argument)
{
	int fd = take_fd(((struct channel *)argument)->read_end), error = take_label();

	return error ?: send(fd, canary, sizeof(canary), MSG_NOSIGNAL) < 0 ? errno : 0;
}

TEST(scm_rights_socket)
{
	struct channel channel = pair_new(SOCK_STREAM);

	ROW("P06/socket", "blocked", "socket_sendmsg");
	arrived("out", false);
	EXPECT_EQ(0, in_child(pass_connection, &channel));
	EXPECT_DENIED(in_child(use_connection, &channel));
	EXPECT_EQ(!enforcing, arrived("out", !enforcing));
	if (enforcing)
		EXPECT_TRUE(recorded("socket_sendmsg", OUT4, LABELLED));
}

/* Who was started with the other end of a socket, as by an init system. */
static int started_with(void *argument)
{
	if (dup2(((struct channel *)argument)->read_end, 0))
		return errno;
	return execl("/bin/bash", "bash", "-c",
		     "read -r -d '' x; exec 2>/dev/null; echo x > /dev/udp/" OUT4 "/4000", NULL);
}

TEST(started_with_socket)
{
	struct channel channel = pair_new(SOCK_STREAM);
	pid_t pid = child_start(started_with, &channel);

	ROW("P20/init", "tracked", "unix_stream_read_actor");
	EXPECT_EQ(0, in_child(channel_writer, &channel));
	EXPECT_EQ(enforcing ? 1 : 0, child_error(pid));
}
