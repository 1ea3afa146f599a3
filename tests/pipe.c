// SPDX-License-Identifier: GPL-2.0-only
/* Labels travel through pipes, however the bytes get in and out. */

#include "channel.h"

TEST_PASS(pipe, "P03/pipe", "pipe_read", pipe_new())
TEST_PASS(fifo, "P03/fifo", "pipe_read", fifo_new())

TEST_PASS_BY(pipe_from_sendfile, "P04/splice", "splice_file_to_pipe", pipe_new(), send,
	     send_sendfile)
TEST_PASS_BY(pipe_from_splice, "P04/splice", "splice_file_to_pipe", pipe_new(), send,
	     send_splice)
TEST_PASS_BY(pipe_from_vmsplice, "P04/vmsplice_in", "add_to_pipe", pipe_new(), send,
	     send_vmsplice)
TEST_PASS_BY(pipe_from_tee, "P04/tee", "do_tee", pipe_new(), send, send_tee)
TEST_PASS_BY(pipe_to_vmsplice, "P04/vmsplice_out", "splice_from_pipe_next", pipe_new(), receive,
	     receive_vmsplice)
TEST_PASS_BY(pipe_to_splice, "P04/splice", "do_splice", pipe_new(), receive,
	     receive_splice)


/*
 * A splice from an empty pipe to `out`, which waits for data. Plays the reader:
 * what it leaves in @buffer makes the rest of the test try again.
 */
static int receive_splice_out(int fd, char *buffer, size_t size)
{
	struct endpoint to = endpoint(OUT4, PORT);
	int out = socket(AF_INET, SOCK_STREAM, 0);

	if (connect(out, (void *)&to.address, to.length))
		return -1;
	if (splice(fd, NULL, out, NULL, size, 0) < 0 && errno != EPERM)
		return -1;
	return sprintf(buffer, "%s", canary);
}

/* The bytes themselves, and not only the next send, stay here. */
TEST(pipe_spliced_out_while_waiting)
{
	struct channel channel = pipe_new();

	channel.early = true;
	channel.receive = receive_splice_out;
	ROW("P04/splice", "blocked", "socket_sendmsg");
	arrived("out", false);
	EXPECT_DENIED(channel_run(channel));
	EXPECT_EQ(!enforcing, arrived("out", !enforcing));
}

/* A reader that came before the writer had a label, and got nothing of it. */
static int channel_plain_writer(void *argument)
{
	struct channel *channel = argument;

	return write(channel->write_end, canary, sizeof(canary)) < 0 ? errno : 0;
}

TEST(pipe_without_label)
{
	struct channel channel = pipe_new();
	pid_t reader = child_start(channel_reader, &channel);

	EXPECT_EQ(0, in_child(channel_plain_writer, &channel));
	EXPECT_EQ(0, child_error(reader));
}

/* Both ways through one FIFO: who only wrote to a labelled process has nothing of it. */
static int writer_only(void *argument)
{
	struct channel *channel = argument;

	return write(channel->write_end, "x", 1) < 0 ? errno : try_out();
}

static int labelled_reader(void *argument)
{
	struct channel *channel = argument;
	char byte;

	return take_label() ?: read(channel->read_end, &byte, 1) != 1 ? EIO : 0;
}

TEST(fifo_both_ways)
{
	struct channel channel = fifo_new();

	ROW("P03/both", "tracked", "file_permission");
	EXPECT_EQ(0, in_child(writer_only, &channel));
	EXPECT_EQ(0, in_child(labelled_reader, &channel));
	EXPECT_EQ(0, in_child(writer_only, &channel));
	EXPECT_EQ(0, in_child(labelled_reader, &channel));
	EXPECT_DENIED(channel_run(channel));
}
