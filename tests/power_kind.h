/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kinds of write of tests/power.c. Each leaves the canary in the whole file,
 * so that any block shows it, and leaves closing descriptors to its caller.
 */
#ifndef DOMICILE_POWER_KIND_H
#define DOMICILE_POWER_KIND_H

#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <linux/aio_abi.h>
#include <linux/fs.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE 16384

static char *data; /* SIZE bytes of canaries, below 4 GiB and aligned for O_DIRECT */

/* --- how labelled data gets into a file --------------------------------------------- */

struct target {
	const char *path;
	const char *source; /* labelled, on the same file system */
	const char *scratch; /* a name for another new file */
};

static int path_open(const struct target *target, int flags)
{
	return open(target->path, O_CREAT | O_CLOEXEC | flags, 0644);
}

/* Data without metadata, or everything, or nothing: as programs do. */
static void settle(int fd)
{
	switch (random() % 4) {
	case 0:
		fdatasync(fd);
		break;
	case 1:
	case 2:
		sync_file_range(fd, 0, 0,
				SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
		break;
	}
}

static void put(const struct target *target, int flags, off_t at)
{
	int fd = path_open(target, O_WRONLY | flags);

	if (pwrite(fd, data, SIZE, at) == SIZE)
		settle(fd);
}

static void kind_write(const struct target *target)
{
	put(target, 0, 0);
}

static void kind_append(const struct target *target)
{
	put(target, O_APPEND, 0);
}

static void kind_direct(const struct target *target)
{
	put(target, O_DIRECT, 0);
}

static void kind_sync(const struct target *target)
{
	put(target, O_SYNC, 0);
}

static void kind_dsync(const struct target *target)
{
	put(target, O_DSYNC | O_DIRECT, 0);
}

static void kind_truncate(const struct target *target)
{
	put(target, O_TRUNC, 0);
}

static void kind_hole(const struct target *target)
{
	put(target, 0, 1 << 20);
}

static void kind_small(const struct target *target)
{
	int fd = path_open(target, O_WRONLY);

	if (write(fd, data, 100) == 100)
		settle(fd);
}

static void kind_mmap(const struct target *target)
{
	int fd = path_open(target, O_RDWR);
	void *map;

	if (ftruncate(fd, SIZE))
		return;
	map = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map != MAP_FAILED) {
		memcpy(map, data, SIZE);
		msync(map, SIZE, random() % 2 ? MS_SYNC : MS_ASYNC);
		munmap(map, SIZE);
	}
	settle(fd);
}

static void kind_rename(const struct target *target)
{
	struct target other = { .path = target->scratch };
	int fd = path_open(&other, O_WRONLY);

	if (write(fd, data, SIZE) == SIZE)
		settle(fd);
	rename(other.path, target->path);
}

static void kind_copy(const struct target *target)
{
	int from = open(target->source, O_RDONLY | O_CLOEXEC), to = path_open(target, O_WRONLY);

	if (copy_file_range(from, NULL, to, NULL, SIZE, 0) == SIZE)
		settle(to);
}

static void kind_sendfile(const struct target *target)
{
	int from = open(target->source, O_RDONLY | O_CLOEXEC), to = path_open(target, O_WRONLY);

	sendfile(to, from, NULL, SIZE);
	settle(to);
}

static void kind_splice(const struct target *target)
{
	int to = path_open(target, O_WRONLY), ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return;
	if (write(ends[1], data, SIZE) == SIZE)
		splice(ends[0], NULL, to, NULL, SIZE, 0);
	settle(to);
}

static void kind_reflink(const struct target *target)
{
	int from = open(target->source, O_RDONLY | O_CLOEXEC), to = path_open(target, O_WRONLY);

	ioctl(to, FICLONE, from);
	settle(to);
}

static void kind_allocated(const struct target *target)
{
	int fd = path_open(target, O_WRONLY | O_DIRECT);

	if (!fallocate(fd, FALLOC_FL_ZERO_RANGE, 0, SIZE) && pwrite(fd, data, SIZE, 0) == SIZE)
		settle(fd);
}

static void kind_aio(const struct target *target)
{
	int fd = path_open(target, O_WRONLY | O_DIRECT);
	struct iocb iocb = {
		.aio_fildes = fd,
		.aio_lio_opcode = IOCB_CMD_PWRITE,
		.aio_buf = (unsigned long)data,
		.aio_nbytes = SIZE,
	}, *list = &iocb;
	aio_context_t context = 0;
	struct io_event event;

	if (syscall(SYS_io_setup, 1, &context))
		return;
	if (syscall(SYS_io_submit, context, 1, &list) == 1)
		syscall(SYS_io_getevents, context, 1, 1, &event, NULL);
	syscall(SYS_io_destroy, context);
	settle(fd);
}

/* A 32-bit system call from a 64-bit program: numbered otherwise. */
static void kind_compat(const struct target *target)
{
	int fd = path_open(target, O_WRONLY | O_DIRECT);
	long ret = 4 /* write */;

	asm volatile("int $0x80" : "+a"(ret) : "b"((long)fd), "c"(data), "d"((long)SIZE)
		     : "memory", "r8", "r9", "r10", "r11");
	settle(fd);
}

/* Return: the result of the write. */
static int uring_once(struct io_uring *ring, int fd, unsigned int sqe_flags)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
	struct io_uring_cqe *cqe;
	int result;

	io_uring_prep_write(sqe, fd, data, SIZE, 0);
	sqe->flags |= sqe_flags;
	if (io_uring_submit(ring) < 0 || io_uring_wait_cqe(ring, &cqe))
		return -EIO;
	result = cqe->res;
	io_uring_cqe_seen(ring, cqe);
	return result;
}

static void uring_put(const struct target *target, int flags, unsigned int ring_flags,
		      unsigned int sqe_flags)
{
	int fd = path_open(target, O_WRONLY | flags), result;
	struct io_uring ring;

	if (io_uring_queue_init(4, &ring, ring_flags))
		return;
	do
		result = uring_once(&ring, fd, sqe_flags);
	while (result == -EAGAIN); /* the label has to be there first */
	io_uring_queue_exit(&ring);
	if (result == SIZE)
		settle(fd);
}

static void kind_uring(const struct target *target)
{
	uring_put(target, 0, 0, 0);
}

static void kind_uringdirect(const struct target *target)
{
	uring_put(target, O_DIRECT, 0, 0);
}

static void kind_uringsync(const struct target *target)
{
	uring_put(target, O_SYNC, 0, 0);
}

static void kind_uringworker(const struct target *target)
{
	uring_put(target, O_DIRECT, 0, IOSQE_ASYNC);
}

static void kind_uringpoll(const struct target *target)
{
	uring_put(target, O_DIRECT, IORING_SETUP_SQPOLL, 0);
}

static void *pair_run(void *path)
{
	struct target target = { .path = path };

	kind_direct(&target);
	return NULL;
}

/* Two threads: the one that comes second must not take the first one's word for the disk's. */
static void kind_pair(const struct target *target)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, pair_run, (void *)target->path))
		return;
	usleep(random() % 3000);
	kind_direct(target);
	pthread_join(thread, NULL);
}

/* --- kinds for processes that become labelled in the middle ------------------------- */

static void take_label(const struct target *target)
{
	static char buffer[SIZE];
	int fd = open(target->source, O_RDONLY | O_CLOEXEC);

	if (read(fd, buffer, sizeof(buffer)) != sizeof(buffer))
		_exit(1);
}

static void late_opened(const struct target *target)
{
	int fd = path_open(target, O_WRONLY | O_DIRECT);

	take_label(target);
	if (pwrite(fd, data, SIZE, 0) == SIZE)
		settle(fd);
}

static char *late_map(const struct target *target, int *fd)
{
	char *map;

	*fd = path_open(target, O_RDWR);
	if (ftruncate(*fd, SIZE))
		_exit(1);
	map = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
	if (map == MAP_FAILED)
		_exit(1);
	return map;
}

static void late_mapped(const struct target *target)
{
	int fd;
	char *map = late_map(target, &fd);

	take_label(target);
	memcpy(map, data, SIZE);
	settle(fd);
}

/*
 * A limit: the data comes into the file by the very call that labels the
 * process, and which was there before the data. The label follows at once.
 */
static void late_piped(const struct target *target)
{
	int fd, ends[2], got = 0;
	char *map = late_map(target, &fd);

	if (pipe(ends))
		return;
	if (!fork()) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		munmap(map, SIZE);
		take_label(target);
		_exit(write(ends[1], data, SIZE) != SIZE);
	}
	close(ends[1]);
	while (got < SIZE) {
		ssize_t size = read(ends[0], map + got, SIZE - got);

		if (size <= 0)
			break;
		got += size;
	}
	settle(fd);
	wait(NULL);
}

/* The child writes to what the parent, which is not labelled, has mapped too. */
static void late_shared(const struct target *target)
{
	int fd;
	char *map = late_map(target, &fd);

	if (!fork()) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		take_label(target);
		memcpy(map, data, SIZE);
		_exit(0);
	}
	wait(NULL);
	settle(fd);
}

struct kind {
	const char *name;
	void (*write)(const struct target *target);
	bool late; /* the writer becomes labelled in it */
	bool limit; /* a power cut can come between the data and the label */
};

static const struct kind kinds[] = {
	{ .name = "write", .write = kind_write },
	{ .name = "append", .write = kind_append },
	{ .name = "direct", .write = kind_direct },
	{ .name = "sync", .write = kind_sync },
	{ .name = "dsync", .write = kind_dsync },
	{ .name = "truncate", .write = kind_truncate },
	{ .name = "hole", .write = kind_hole },
	{ .name = "small", .write = kind_small },
	{ .name = "mmap", .write = kind_mmap },
	{ .name = "rename", .write = kind_rename },
	{ .name = "copy", .write = kind_copy },
	{ .name = "sendfile", .write = kind_sendfile },
	{ .name = "splice", .write = kind_splice },
	{ .name = "reflink", .write = kind_reflink },
	{ .name = "allocated", .write = kind_allocated },
	{ .name = "aio", .write = kind_aio },
	{ .name = "compat", .write = kind_compat },
	{ .name = "pair", .write = kind_pair },
	{ .name = "uring", .write = kind_uring },
	{ .name = "uringdirect", .write = kind_uringdirect },
	{ .name = "uringsync", .write = kind_uringsync },
	{ .name = "uringworker", .write = kind_uringworker },
	{ .name = "uringpoll", .write = kind_uringpoll },
	{ .name = "opened", .write = late_opened, .late = true },
	{ .name = "mapped", .write = late_mapped, .late = true },
	{ .name = "piped", .write = late_piped, .late = true, .limit = true },
	{ .name = "shared", .write = late_shared, .late = true },
};

#define KINDS (sizeof(kinds) / sizeof(*kinds))

#endif /* DOMICILE_POWER_KIND_H */
