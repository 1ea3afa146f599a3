// SPDX-License-Identifier: GPL-2.0-only
/* Labels travel through unix sockets, and with the descriptors that they carry. */

#include "channel.h"

TEST_PASS(unix_stream, "P05/stream", "unix_stream_recvmsg", pair_new(SOCK_STREAM))
TEST_PASS(unix_dgram, "P05/dgram", "unix_dgram_recvmsg", pair_new(SOCK_DGRAM))
TEST_PASS(unix_seqpacket, "P05/seqpacket", "unix_seqpacket_recvmsg", pair_new(SOCK_SEQPACKET))
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
	ROW("P05/abstract", "tracked", "unix_stream_recvmsg");
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
