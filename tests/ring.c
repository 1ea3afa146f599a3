// SPDX-License-Identifier: GPL-2.0-only
/*
 * One ring of io_uring, and two processes that have it since fork(); and files that rings
 * write to.
 */

#include "place.h"

#include <liburing.h>

/* Of the process that makes the ring: which reads and writes go to and come from. */
static char buffer[4096] __attribute__((aligned(4096)));

static int complete(struct io_uring *ring)
{
	struct io_uring_cqe *cqe;
	int result;

	if (io_uring_submit(ring) < 0 || io_uring_wait_cqe(ring, &cqe))
		return -EIO;
	result = cqe->res;
	io_uring_cqe_seen(ring, cqe);
	return result;
}

static int ring_new(struct io_uring *ring)
{
	struct iovec iov = { buffer, sizeof(buffer) };

	return -io_uring_queue_init(4, ring, 0) ?: -io_uring_register_buffers(ring, &iov, 1);
}

/* The child has the ring read the labelled file into its parent's memory. */
static int child_reads(struct io_uring *ring)
{
	int fd = open(LABELLED, O_RDONLY);

	io_uring_prep_read_fixed(io_uring_get_sqe(ring), fd, buffer, 256, 0, 0);
	return fd < 0 || complete(ring) <= 0 ? EIO : 0;
}

static int parent_sends(void *argument)
{
	struct io_uring ring;
	int error = ring_new(&ring);
	pid_t pid;

	if (error)
		return error;
	pid = fork();
	if (!pid)
		_exit(child_reads(&ring));
	return child_error(pid) ?: strcmp(buffer, canary) ? ENODATA : try_out();
}

TEST(registered_buffer_filled)
{
	ROW("P15/buffers", "tracked", "io_submit_sqes");
	EXPECT_DENIED(in_child(parent_sends, NULL));
}

/* The child has the ring write what its parent read meanwhile, and reads that. */
static int child_writes(struct io_uring *ring)
{
	char copy[256] = {};
	int fds[2];

	usleep(500 * 1000);
	if (pipe(fds))
		return errno;
	io_uring_prep_write_fixed(io_uring_get_sqe(ring), fds[1], buffer, sizeof(canary), 0, 0);
	if (complete(ring) <= 0 || read(fds[0], copy, sizeof(copy)) <= 0)
		return EIO;
	return strcmp(copy, canary) ? ENODATA : try_out();
}

static int child_sends(void *argument)
{
	struct io_uring ring;
	int error = ring_new(&ring), fd;
	pid_t pid;

	if (error)
		return error;
	pid = fork();
	if (!pid)
		_exit(child_writes(&ring));
	fd = open(LABELLED, O_RDONLY);
	if (read(fd, buffer, sizeof(buffer)) <= 0)
		return EIO;
	return child_error(pid);
}

TEST(registered_buffer_emptied)
{
	ROW("P15/buffers", "tracked", "io_submit_sqes");
	EXPECT_DENIED(in_child(child_sends, NULL));
}

/* The file is in the ring, and in no table of the process that reads it. */
static int child_reads_registered(struct io_uring *ring)
{
	static char copy[256];
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);

	io_uring_prep_read(sqe, 0, copy, sizeof(copy), 0);
	sqe->flags |= IOSQE_FIXED_FILE;
	if (complete(ring) <= 0)
		return EIO;
	return strcmp(copy, canary) ? ENODATA : try_out();
}

static int file_in_ring(void *argument)
{
	int fd = open(PLAIN, O_RDONLY), error;
	struct io_uring ring;
	pid_t pid;

	error = ring_new(&ring) ?: -io_uring_register_files(&ring, &fd, 1);
	if (error)
		return error;
	close(fd);
	pid = fork();
	if (!pid)
		_exit(child_reads_registered(&ring));
	return child_error(pid);
}

/* PLAIN gets its label when it is in the ring already. */
static int file_in_ring_labelled(void *argument)
{
	if (enforcing && shell("domicile label set cn.pii " PLAIN " >&2"))
		return EIO;
	return file_in_ring(argument);
}

TEST(registered_file)
{
	ROW("P15/files", "tracked", "file_permission");
	EXPECT_EQ(0, in_child(file_in_ring, NULL));
	EXPECT_DENIED(in_child(file_in_ring_labelled, NULL));
	if (enforcing)
		EXPECT_EQ(0, shell("domicile label clear " PLAIN " >&2"));
}

/* The memory of the ring itself is shared: nothing is submitted. */
static int child_leaves(struct io_uring *ring)
{
	char copy[256] = {};
	int fd = open(LABELLED, O_RDONLY);

	if (read(fd, copy, sizeof(copy)) <= 0)
		return EIO;
	memcpy(ring->sq.sqes, copy, sizeof(canary));
	return 0;
}

static int parent_looks(void *argument)
{
	char copy[256] = {};
	struct io_uring ring;
	int error = ring_new(&ring);
	pid_t pid;

	if (error)
		return error;
	pid = fork();
	if (!pid)
		_exit(child_leaves(&ring));
	error = child_error(pid);
	memcpy(copy, ring.sq.sqes, sizeof(canary));
	return error ?: strcmp(copy, canary) ? ENODATA : try_out();
}

TEST(ring_memory)
{
	ROW("P15/ring", "tracked", "domicile_mapping");
	EXPECT_DENIED(in_child(parent_looks, NULL));
}

/* Rings of others are others. */
static int ring_of_stranger(void *argument)
{
	struct io_uring ring;
	int error = ring_new(&ring);

	usleep(1000 * 1000);
	return error ?: try_out();
}

TEST(ring_taints_no_stranger)
{
	pid_t pid = child_start(ring_of_stranger, NULL);

	usleep(200 * 1000);
	EXPECT_DENIED(in_child(parent_looks, NULL));
	EXPECT_EQ(0, child_error(pid));
}

struct opener {
	const char *steps; /* o: opens the file, r: makes a ring, l: takes the label */
	const char *path;
};

/* Return: EPERM if the file has the label then. Nothing was written. */
static int take_steps(void *argument)
{
	const struct opener *opener = argument;
	struct io_uring ring;
	int error = 0;

	for (const char *step = opener->steps; *step && !error; step++) {
		if (*step == 'o')
			error = open(opener->path, O_WRONLY | O_CREAT, 0600) < 0 ? errno : 0;
		else if (*step == 'r')
			error = ring_new(&ring);
		else
			error = take_label() ? EIO : 0;
	}
	return error ?: has_label(opener->path) ? EPERM : 0;
}

/* A ring asks nobody before it writes: the label is there before. */
TEST(file_has_label_first)
{
	static const char *const steps[] = { "rlo", "lro", "olr", "lor", "orl", "rol" };

	ROW("F20/ring", "tracked", "file_open,io_uring_alloc_task_context");
	EACH_PLACE(place) {
		struct opener opener = { .path = path_at(place, "ring") };

		for (int i = 0; i < (int)(sizeof(steps) / sizeof(*steps)); i++) {
			opener.steps = steps[i];
			EXPECT_DENIED(in_child(take_steps, &opener)) {
				TH_LOG("%s, %s", opener.path, opener.steps);
			}
			unlink(opener.path);
		}
	}
}

/* Without a ring, or without a label, one that is only opened has none. */
TEST(file_opened_has_no_label)
{
	static const char *const steps[] = { "lo", "ol", "ro", "or" };

	for (int i = 0; i < (int)(sizeof(steps) / sizeof(*steps)); i++) {
		struct opener opener = { steps[i], path_at(0, "ring") };

		EXPECT_EQ(0, in_child(take_steps, &opener));
		unlink(opener.path);
	}
}
