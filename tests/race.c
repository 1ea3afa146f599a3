// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data that moves after the hook was asked, or with no hook at all: long reads,
 * mappings, and threads. Each try is repeated until the data was really caught
 * in the act; every catch must find its catcher labelled.
 */

#include "domicile_test.h"

#include <pthread.h>
#include <sys/shm.h>
#include <time.h>

#define SHARED DIR_TEST "/race"
#define LONG (48u << 20)
#define TRIES 20

struct race {
	int go[2]; /* the one who is early says so */
	int data[2];
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static void say(int fd)
{
	if (write(fd, "x", 1) != 1)
		_exit(EIO);
}

static void hear(int fd)
{
	char byte;

	if (read(fd, &byte, 1) != 1)
		_exit(EIO);
}

static int shared_open(void)
{
	return open(SHARED, O_RDWR | O_CLOEXEC);
}

static void *shared_map(int fd)
{
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (memory == MAP_FAILED)
		_exit(EIO);
	return memory;
}

static void spin(volatile const char *memory)
{
	double end = now() + 20;

	while (!*memory && now() < end)
		;
}

static void shared_new(size_t size)
{
	int fd;

	unlink(SHARED);
	fd = open(SHARED, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0 || posix_fallocate(fd, 0, size))
		fail(SHARED);
	close(fd);
}

/*
 * Runs both until the catcher had the data. Return: what the catcher got when
 * it tried `out`, or ENODATA.
 */
static int race_run(size_t size, int (*catcher)(void *), int (*writer)(void *))
{
	int result = ENODATA;

	for (int i = 0; i < TRIES && result == ENODATA; i++) {
		struct race race;
		pid_t pid;

		shared_new(size);
		if (pipe(race.go) || pipe(race.data))
			fail("pipe");
		pid = child_start(catcher, &race);
		in_child(writer, &race);
		result = child_error(pid);
		for (int end = 0; end < 2; end++) {
			close(race.go[end]);
			close(race.data[end]);
		}
	}
	unlink(SHARED);
	return result;
}

/* --- a long read ------------------------------------------------------------ */

static int reader_long(void *argument)
{
	char *buffer = calloc(1, LONG);
	struct race *race = argument;
	int fd = shared_open();

	say(race->go[1]);
	if (read(fd, buffer, LONG) != LONG)
		return EIO;
	return strcmp(buffer + LONG - 4096, canary) ? ENODATA : try_out();
}

static int writer_at_end(void *argument)
{
	int fd = shared_open(), error = take_label();
	struct race *race = argument;

	hear(race->go[0]);
	if (error)
		return error;
	return pwrite(fd, canary, sizeof(canary), LONG - 4096) < 0 ? errno : 0;
}

TEST(read_while_it_is_written)
{
	ROW("F08", "tracked", "filemap_read,shmem_file_read_iter");
	EXPECT_DENIED(race_run(LONG, reader_long, writer_at_end));
}

/* --- mappings ---------------------------------------------------------------- */

static int writer_by_mapping(void *argument)
{
	char *memory = shared_map(shared_open());
	struct race *race = argument;
	int error;

	hear(race->go[0]);
	error = take_label();
	if (error)
		return error;
	memcpy(memory, canary, sizeof(canary));
	sleep(1);
	return 0;
}

static int copy_and_unmap(void *argument)
{
	char *memory = shared_map(shared_open()), copy[sizeof(canary)];
	struct race *race = argument;

	say(race->go[1]);
	spin(memory);
	usleep(10 * 1000);
	memcpy(copy, memory, sizeof(copy));
	munmap(memory, 4096);
	return strcmp(copy, canary) ? ENODATA : try_out();
}

TEST(mapping_copied_and_unmapped)
{
	ROW("F09/later", "tracked", "remove_vma");
	EXPECT_DENIED(race_run(4096, copy_and_unmap, writer_by_mapping));
}

/* As above, but another mapping comes in its place. */
static int copy_and_replace(void *argument)
{
	char *memory = shared_map(shared_open()), copy[sizeof(canary)];
	struct race *race = argument;

	say(race->go[1]);
	spin(memory);
	usleep(10 * 1000);
	memcpy(copy, memory, sizeof(copy));
	mmap(memory, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	return strcmp(copy, canary) ? ENODATA : try_out();
}

TEST(mapping_copied_and_replaced)
{
	ROW("F09/later", "tracked", "remove_vma");
	EXPECT_DENIED(race_run(4096, copy_and_replace, writer_by_mapping));
}

/* --- a chain of mappings ------------------------------------------------------ */

#define STEPS 4
#define STEP_KEY 0x646f6d80

static bool segments; /* every other step, and the last, is one of System V, without a name */

static char *segment_map(int step)
{
	char *memory = shmat(shmget(STEP_KEY + step, 4096, IPC_CREAT | 0600), NULL, 0);

	if (memory == (void *)-1)
		_exit(EIO);
	return memory;
}

static char *step_map(int step)
{
	char path[64];
	int fd;

	if (segments && !(step % 2))
		return segment_map(step);
	snprintf(path, sizeof(path), SHARED ".%d", step);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0 || ftruncate(fd, 4096))
		_exit(EIO);
	return shared_map(fd);
}

/* Copies from one file to the next, and makes no call. */
static int copy_on(void *argument)
{
	int step = *(int *)argument;
	char *from = step_map(step), *to = step_map(step + 1);

	creat(DIR_TEST "/ready", 0644);
	for (;;) {
		for (size_t i = 0; i < sizeof(canary); i++)
			((volatile char *)to)[i] = ((volatile char *)from)[i];
	}
	return 0;
}

static int chain_end(void *argument)
{
	char *memory = step_map(STEPS), copy[sizeof(canary)];

	spin(memory + sizeof(canary) - 2);
	memcpy(copy, memory, sizeof(copy));
	return strcmp(copy, canary) ? ENODATA : try_out();
}

static int chain_begin(void *argument)
{
	char *memory = step_map(0);
	int error = take_label();

	memcpy(memory, canary, sizeof(canary));
	sleep(1);
	return error;
}

/* No one of them makes a call until the last tries to send. */
static int chain_run(void)
{
	pid_t copiers[STEPS], reader;
	int error;

	for (int step = 0; step < STEPS; step++) {
		unlink(DIR_TEST "/ready");
		copiers[step] = child_start(copy_on, &step);
		while (access(DIR_TEST "/ready", F_OK))
			usleep(1000);
	}
	reader = child_start(chain_end, NULL);
	usleep(300 * 1000);
	in_child(chain_begin, NULL);
	error = child_error(reader);
	for (int step = 0; step < STEPS; step++) {
		kill(copiers[step], SIGKILL);
		child_error(copiers[step]);
	}
	for (int step = 0; step <= STEPS; step++)
		shmctl(shmget(STEP_KEY + step, 0, 0), IPC_RMID, NULL);
	shell("rm -f " SHARED ".* " DIR_TEST "/ready");
	return error;
}

TEST(mappings_in_a_chain)
{
	ROW("F09/third", "tracked", "domicile_mapping,link_spread");
	EXPECT_DENIED(chain_run());
}

TEST(mappings_and_segments_in_a_chain)
{
	ROW("F09/third", "tracked", "domicile_mapping,link_spread");
	segments = true;
	EXPECT_DENIED(chain_run());
}

/* A thread that has the mapping locked most of the time does not hide it. */
static void *locker(void *memory)
{
	for (;;) {
		mprotect(memory, 4096, PROT_READ);
		mprotect(memory, 4096, PROT_READ | PROT_WRITE);
	}
	return NULL;
}

static int copy_while_locked(void *argument)
{
	char *memory = shared_map(shared_open()), copy[sizeof(canary)];
	struct race *race = argument;
	pthread_t thread;

	pthread_create(&thread, NULL, locker, memory);
	say(race->go[1]);
	spin(memory);
	usleep(10 * 1000);
	memcpy(copy, memory, sizeof(copy));
	return strcmp(copy, canary) ? ENODATA : try_out();
}

TEST(mapping_locked_by_a_thread)
{
	ROW("P17/mappings", "tracked", "domicile_mapping");
	for (int i = 0; i < 10; i++)
		EXPECT_DENIED(race_run(4096, copy_while_locked, writer_by_mapping));
}

/* fork() of a large process keeps its address space locked for long. */
static void *forker(void *argument)
{
	for (;;) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
	return NULL;
}

static int map_while_locked(void *argument)
{
	size_t large = 256u << 20;
	char *memory = mmap(NULL, large, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), copy[sizeof(canary)];
	struct race *race = argument;
	int fd = shared_open();
	pthread_t thread;

	madvise(memory, large, MADV_NOHUGEPAGE);
	for (size_t at = 0; at < large; at += 4096)
		memory[at] = 1;
	pthread_create(&thread, NULL, forker, NULL);
	usleep(20 * 1000);
	say(race->go[1]);
	memory = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	memcpy(copy, memory, sizeof(copy));
	return strcmp(copy, canary) ? ENODATA : try_out();
}

static int writer_at_start(void *argument)
{
	int fd = shared_open(), error = take_label();
	struct race *race = argument;

	hear(race->go[0]);
	if (error)
		return error;
	return pwrite(fd, canary, sizeof(canary), 0) < 0 ? errno : 0;
}

TEST(mapping_that_waits)
{
	ROW("F10", "tracked", "mmap_region");
	EXPECT_DENIED(race_run(4096, map_while_locked, writer_at_start));
}

/* --- two threads --------------------------------------------------------------- */

static char received[256];

static void *pipe_reader(void *argument)
{
	struct race *race = argument;

	if (read(race->data[0], received, sizeof(received)) <= 0)
		_exit(EIO);
	return NULL;
}

/* One thread waits for labelled data, the other one has it before the call is over. */
static int share_by_thread(void *argument)
{
	char *memory = shared_map(shared_open());
	struct race *race = argument;
	pthread_t thread;

	pthread_create(&thread, NULL, pipe_reader, race);
	say(race->go[1]);
	spin(received);
	memcpy(memory + 1, canary + 1, sizeof(canary) - 1);
	memory[0] = canary[0];
	sleep(2);
	return 0;
}

static int labelled_pipe_writer(void *argument)
{
	int error = take_label();

	if (error)
		return error;
	return write(*(int *)argument, canary, sizeof(canary)) < 0 ? errno : 0;
}

static int catch_from_thread(void *argument)
{
	char *memory = shared_map(shared_open()), copy[sizeof(canary)];
	struct race *race = argument;
	pid_t pid = child_start(share_by_thread, race);

	hear(race->go[0]);
	say(race->go[1]);
	spin(memory);
	memcpy(copy, memory, sizeof(copy));
	kill(pid, SIGKILL);
	return strcmp(copy, canary) ? ENODATA : try_out();
}

static int feed_thread(void *argument)
{
	struct race *race = argument;

	usleep(300 * 1000);
	hear(race->go[0]);
	return in_child(labelled_pipe_writer, &race->data[1]);
}

TEST(thread_shares_what_another_reads)
{
	ROW("P17/threads", "tracked", "domicile_file_get,grown_labels");
	for (int i = 0; i < 5; i++)
		EXPECT_DENIED(race_run(4096, catch_from_thread, feed_thread));
}
