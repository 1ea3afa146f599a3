// SPDX-License-Identifier: GPL-2.0-only
/* Labels travel through memory that processes share. */

#include "channel.h"

#define COPY DIR_TEST "/copy"

static char *shared;

static int shared_writer(void *argument)
{
	int error = take_label();

	memcpy(argument, canary, sizeof(canary));
	return error;
}

static int shared_reader(void *argument)
{
	usleep(500 * 1000);
	return strcmp(argument, canary) ? ENODATA : try_out();
}

/* Not child_start(): these keep one piece of shared memory. */
static int shared_run(int (*work)(void *), char *memory)
{
	memory_unshare_but(memory);
	return work(memory);
}

/* The family shares memory that the harness does not know. */
static int shared_anonymous(void *argument)
{
	pid_t reader, writer;

	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	reader = fork();
	if (!reader)
		_exit(shared_run(shared_reader, shared));
	writer = fork();
	if (!writer)
		_exit(shared_run(shared_writer, shared));
	return child_error(writer) ?: child_error(reader);
}

TEST(shared_anonymous_memory)
{
	ROW("P09", "tracked", "domicile_mapping");
	EXPECT_DENIED(in_child(shared_anonymous, NULL));
}

static int shared_map(void)
{
	int fd = open(COPY, O_RDWR | O_CREAT, 0600);

	if (fd < 0 || ftruncate(fd, 4096))
		return errno;
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED_VALIDATE, fd, 0);
	return shared == MAP_FAILED ? errno : 0;
}

static int shared_file_writer(void *argument)
{
	return shared_map() ?: shared_writer(shared);
}

static int shared_file_reader(void *argument)
{
	return shared_map() ?: shared_reader(shared);
}

TEST(shared_file_mapping)
{
	pid_t reader = child_start(shared_file_reader, NULL);

	EXPECT_EQ(0, in_child(shared_file_writer, NULL));
	EXPECT_DENIED(child_error(reader));
	unlink(COPY);
}

/* The writer's label comes by pipe while it waits: no hook may touch its files then. */
static int shared_pipe_writer(void *argument)
{
	struct channel *channel = argument;
	char buffer[256];
	int error = shared_map();

	if (error || read(channel->read_end, buffer, sizeof(buffer)) <= 0)
		return error ?: EIO;
	memcpy(shared, buffer, sizeof(canary));
	pause();
	return 0;
}

TEST(shared_memory_after_waiting)
{
	struct channel channel = pipe_new();
	pid_t writer, reader;

	channel.early = true;
	writer = child_start(shared_pipe_writer, &channel);
	reader = child_start(shared_file_reader, NULL);
	EXPECT_EQ(0, in_child(channel_writer, &channel));
	EXPECT_DENIED(child_error(reader));
	kill(writer, SIGKILL);
	child_error(writer);
	unlink(COPY);
}
