// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two attacks on trackers of this kind that Georget et al. (2017) describe:
 * calls on one object that run side by side, and shared mappings. Each try has a
 * process that was never labelled get the data at the last moment and send at
 * once. DOMICILE_TRIES says how many.
 */

#include "channel.h"

#include <pthread.h>

#define TRIES 300
#define TIME_MAX 100000 /* seconds */

FIXTURE(attack) {
	bool unused;
};

FIXTURE_SETUP(attack)
{
}

FIXTURE_TEARDOWN(attack)
{
}

static int tries(void)
{
	const char *text = getenv("DOMICILE_TRIES");

	return text ? atoi(text) : TRIES;
}

/* --- calls ----------------------------------------------------------------- */

/* Labelled; writes to whoever opens the FIFO. It is a new pipe each time. */
static int feeder(void *argument)
{
	int error = take_label();

	while (!error) {
		int fd = open(FIFO, O_WRONLY);

		if (fd < 0 || write(fd, canary, sizeof(canary)) < 0)
			error = errno == EPIPE ? 0 : errno;
		close(fd);
		/* The reader has to close it, too, before there is a next. */
		while (!error && access(FIFO ".next", F_OK))
			sched_yield();
		unlink(FIFO ".next");
	}
	return error;
}

static int eater(void *argument)
{
	char copy[256] = {};
	int fd = open(FIFO, O_RDONLY);

	return read(fd, copy, sizeof(copy)) <= 0 || strcmp(copy, canary) ? EIO : try_out();
}

static char volatile arrival[256];

static void *eat(void *argument)
{
	int fd = open(FIFO, O_RDONLY);

	if (read(fd, (char *)arrival, sizeof(arrival)) <= 0)
		_exit(EIO);
	return NULL;
}

/* One thread sends what another is still reading. */
static int eater_of_thread(void *argument)
{
	pthread_t thread;

	pthread_create(&thread, NULL, eat, NULL);
	while (!arrival[0])
		;
	return try_out();
}

/* Return: how many of the tries did not end with @expected. */
static int calls_run(int (*work)(void *), int expected)
{
	int bad = 0, fd;
	pid_t pid;

	unlink(FIFO);
	unlink(FIFO ".next");
	if (mkfifo(FIFO, 0600))
		return -1;
	pid = child_start(feeder, NULL);
	for (int i = 0; i < tries(); i++) {
		bad += in_child(work, NULL) != expected;
		fd = creat(FIFO ".next", 0600);
		close(fd);
		while (!access(FIFO ".next", F_OK))
			sched_yield();
	}
	kill(pid, SIGKILL);
	child_error(pid);
	return bad;
}

TEST_F_TIMEOUT(attack, calls, TIME_MAX)
{
	ROW("P17/calls", "tracked", "pipe_read");
	EXPECT_EQ(0, calls_run(eater, enforcing ? EPERM : 0));
}

TEST_F_TIMEOUT(attack, calls_of_threads, TIME_MAX)
{
	ROW("P17/threads", "tracked", "domicile_file_get");
	EXPECT_EQ(0, calls_run(eater_of_thread, enforcing ? EPERM : 0));
}

/* --- mappings ----------------------------------------------------------------- */

static int map_writer(char *memory)
{
	int error = take_label();

	memcpy(memory + 1, canary + 1, sizeof(canary) - 1);
	*(volatile char *)memory = canary[0];
	return error;
}

static int map_reader(char *memory)
{
	while (!*(volatile char *)memory)
		;
	return try_out();
}

/* The family shares memory that the harness does not know. */
static int mapping_try(void *argument)
{
	char *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t writer = fork(), reader;

	if (!writer)
		_exit(map_writer(memory));
	reader = fork();
	if (!reader)
		_exit(map_reader(memory));
	return child_error(writer) ?: child_error(reader);
}

TEST_F_TIMEOUT(attack, mappings, TIME_MAX)
{
	int bad = 0;

	ROW("P17/mappings", "tracked", "domicile_mapping");
	for (int i = 0; i < tries(); i++)
		bad += in_child(mapping_try, NULL) != (enforcing ? EPERM : 0);
	EXPECT_EQ(0, bad);
}
