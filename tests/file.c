// SPDX-License-Identifier: GPL-2.0-only
/*
 * Regular files, on every file system that keeps labels: each way to read one,
 * to write one, and to copy one without reading it.
 */

#include "place.h"

#include <linux/falloc.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

#define SIZE 4096

static char page[SIZE] __attribute__((aligned(SIZE)));

/* --- read ---------------------------------------------------------------------- */

static int take_read(int fd) { return read(fd, page, SIZE); }
static int take_pread(int fd) { return pread(fd, page, SIZE, 0); }

static int take_readv(int fd)
{
	struct iovec iov = { page, SIZE };

	return readv(fd, &iov, 1);
}

static int take_preadv2(int fd)
{
	struct iovec iov = { page, SIZE };

	return preadv2(fd, &iov, 1, 0, 0);
}

static int take_mmap(int fd)
{
	char *data = mmap(NULL, SIZE, PROT_READ, MAP_PRIVATE, fd, 0);

	if (data == MAP_FAILED)
		return -1;
	memcpy(page, data, sizeof(canary));
	return sizeof(canary);
}

struct reader {
	const char *path;
	int (*take)(int fd);
};

static int reader(void *argument)
{
	struct reader *reader = argument;
	int fd = open(reader->path, O_RDONLY);

	if (fd < 0 || reader->take(fd) <= 0)
		return errno;
	return strcmp(page, canary) ? ENODATA : try_out();
}

/* The file is labelled by what was written to it, and not in this kernel's memory alone. */
static int read_by(int place, int (*take)(int fd))
{
	struct reader argument = { path_at(place, "source"), take };
	int error = in_child(place_leave, (void *)argument.path);

	if (error)
		return 1000 + error;
	error = in_child(reader, &argument);
	unlink(argument.path);
	return error;
}

#define TEST_READ(name)									\
	TEST(read_##name)								\
	{										\
		ROW("F01/" #name, "tracked", "file_open");				\
		EACH_PLACE(place)							\
			EXPECT_DENIED(read_by(place, take_##name));			\
	}

TEST_READ(read)
TEST_READ(pread)
TEST_READ(readv)
TEST_READ(preadv2)
TEST_READ(mmap)

static int copy_bash(void *argument)
{
	int from = open("/bin/bash", O_RDONLY), to, error = take_label();

	to = open(argument, O_WRONLY | O_CREAT | O_TRUNC, 0755);
	if (error || to < 0)
		return error ?: errno;
	while (sendfile(to, from, NULL, 1 << 20) > 0)
		;
	return 0;
}

static int exec_bash(void *argument)
{
	int null = open("/dev/null", O_WRONLY);

	dup2(null, 2);
	execl(argument, "bash", "-c", "echo x > /dev/udp/" OUT4 "/4000", NULL);
	return 127;
}

TEST(read_exec)
{
	ROW("F01/exec", "tracked", "file_open");
	EACH_PLACE(place) {
		char *path = path_at(place, "bash");

		EXPECT_EQ(0, in_child(copy_bash, path));
		EXPECT_EQ(enforcing ? 1 : 0, in_child(exec_bash, path));
		unlink(path);
	}
}

/* --- write --------------------------------------------------------------------- */

static int give_write(int fd) { return write(fd, canary, sizeof(canary)); }
static int give_pwrite(int fd) { return pwrite(fd, canary, sizeof(canary), 0); }

static int give_writev(int fd)
{
	struct iovec iov = { (void *)canary, sizeof(canary) };

	return writev(fd, &iov, 1);
}

static int give_append(int fd)
{
	return fcntl(fd, F_SETFL, O_APPEND) ? -1 : give_write(fd);
}

static int give_direct(int fd)
{
	memcpy(page, canary, sizeof(canary));
	return fcntl(fd, F_SETFL, O_DIRECT) ? -1 : pwrite(fd, page, SIZE, 0);
}

/* Room in front of what is there, where the file system can make it. */
static int give_fallocate(int fd)
{
	if (pwrite(fd, page, SIZE, 0) != SIZE)
		return -1;
	if (fallocate(fd, FALLOC_FL_INSERT_RANGE, 0, SIZE) && errno == EOPNOTSUPP &&
	    fallocate(fd, 0, 0, 2 * SIZE))
		return -1;
	return give_pwrite(fd);
}

struct writer {
	const char *path;
	int (*give)(int fd);
	bool early; /* the file is open before the label is taken */
};

static int writer(void *argument)
{
	struct writer *writer = argument;
	int fd = -1, error;

	if (writer->early)
		fd = open(writer->path, O_RDWR | O_CREAT, 0644);
	error = take_label();
	if (!writer->early)
		fd = open(writer->path, O_RDWR | O_CREAT, 0644);
	if (error || fd < 0 || writer->give(fd) < 0)
		return error ?: errno;
	/* Not later than this: the call has returned. */
	return enforcing && !has_label(writer->path) ? ENODATA : 0;
}

static int write_by(const char *path, int (*give)(int fd), bool early)
{
	struct writer argument = { path, give, early };
	int error = in_child(writer, &argument);

	if (error)
		return 1000 + error;
	error = in_child(place_take, (void *)path);
	unlink(path);
	return error;
}

#define TEST_WRITE(name)								\
	TEST(write_##name)								\
	{										\
		ROW("F02/" #name, "tracked", "file_permission");			\
		EACH_PLACE(place)							\
			EXPECT_DENIED(write_by(path_at(place, "target"), give_##name, 0));	\
	}

TEST_WRITE(write)
TEST_WRITE(pwrite)
TEST_WRITE(writev)
TEST_WRITE(append)
TEST_WRITE(direct)
TEST_WRITE(fallocate)

TEST(write_new)
{
	ROW("F02/new", "tracked", "file_permission");
	EACH_PLACE(place)
		EXPECT_DENIED(write_by(path_at(place, "new"), give_write, false));
}

TEST(write_existing)
{
	ROW("F02/existing", "tracked", "file_permission");
	EACH_PLACE(place) {
		char *path = path_at(place, "existing");

		file_write(path, "plain text that was there before");
		EXPECT_DENIED(write_by(path, give_write, false));
	}
}

TEST(opened_before_to_write)
{
	ROW("F07/write", "tracked", "file_permission");
	EACH_PLACE(place)
		EXPECT_DENIED(write_by(path_at(place, "early"), give_write, true));
}

/* What was opened for reading leads to a descriptor for writing. */
static int give_reopened(int fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	fd = open(path, O_WRONLY);
	return fd < 0 ? -1 : give_write(fd);
}

static int reopener(void *argument)
{
	int fd = open(argument, O_RDONLY), error = take_label();

	return error || fd < 0 || give_reopened(fd) < 0 ? errno : 0;
}

TEST(opened_before_to_read)
{
	ROW("F07/read", "tracked", "file_open file_permission");
	EACH_PLACE(place) {
		char *path = path_at(place, "early");

		file_write(path, "plain text that was there before");
		EXPECT_EQ(ENODATA, in_child(place_take, path));
		EXPECT_EQ(0, in_child(reopener, path));
		EXPECT_DENIED(in_child(place_take, path));
		unlink(path);
	}
}

/* Who writes without a label leaves none, whoever else is labelled. */
static int plain_writer(void *argument)
{
	struct writer *writer = argument;
	int fd = open(writer->path, O_RDWR | O_CREAT, 0644);

	return fd < 0 || writer->give(fd) < 0 || has_label(writer->path) ? EIO : try_out();
}

TEST(write_plain)
{
	int (*const give[])(int) = { give_write, give_pwrite, give_writev, give_append,
				     give_direct, give_fallocate };

	EACH_PLACE(place)
		for (size_t i = 0; i < sizeof(give) / sizeof(*give); i++) {
			struct writer writer = { path_at(place, "plain"), give[i], false };

			EXPECT_EQ(0, in_child(plain_writer, &writer));
			EXPECT_EQ(0, in_child(place_take, (void *)writer.path));
			unlink(writer.path);
		}
}

/* --- copies that no user memory sees ----------------------------------------------- */

struct copier {
	const char *from;
	const char *to;
	int (*copy)(int in, int out);
};

static int via_range(int in, int out)
{
	return copy_file_range(in, NULL, out, NULL, SIZE, 0);
}

static int via_sendfile(int in, int out)
{
	return sendfile(out, in, NULL, SIZE);
}

static int via_splice(int in, int out)
{
	int fds[2], size;

	if (pipe(fds))
		return -1;
	size = splice(in, NULL, fds[1], NULL, SIZE, 0);
	return size <= 0 ? -1 : splice(fds[0], NULL, out, NULL, size, 0);
}

static int via_clone(int in, int out)
{
	return ioctl(out, FICLONE, in);
}

static int via_clone_range(int in, int out)
{
	struct file_clone_range range = { .src_fd = in };

	return ioctl(out, FICLONERANGE, &range);
}

static int copier(void *argument)
{
	struct copier *copier = argument;
	int in = open(copier->from, O_RDONLY);
	int out = open(copier->to, O_RDWR | O_CREAT, 0644);

	return copier->copy(in, out) < 0 ? errno : 0;
}

/* Nobody but the copier is labelled by the copying. Return: what the reader of the copy gets. */
static int copy_by(int place, int (*copy)(int in, int out))
{
	struct copier argument = { path_at(place, "source"), path_at(place, "target"), copy };
	int error = in_child(place_leave, (void *)argument.from) ?: in_child(copier, &argument);

	if (error)
		return 1000 + error;
	error = in_child(place_take, (void *)argument.to);
	unlink(argument.from);
	unlink(argument.to);
	return error;
}

TEST(copy_range)
{
	ROW("F03/copy_file_range", "tracked", "file_permission");
	EACH_PLACE(place)
		EXPECT_DENIED(copy_by(place, via_range));
}

TEST(copy_sendfile)
{
	ROW("F03/sendfile", "tracked", "file_permission");
	EACH_PLACE(place)
		EXPECT_DENIED(copy_by(place, via_sendfile));
}

TEST(copy_splice)
{
	ROW("F03/splice", "tracked", "splice_file_to_pipe file_permission");
	EACH_PLACE(place)
		EXPECT_DENIED(copy_by(place, via_splice));
}

/* xfs and btrfs; the others have no shared extents. */
#define EACH_PLACE_WITH_CLONES(place) for (int place = 2; place < PLACES; place++)

TEST(clone_file)
{
	ROW("F04/ficlone", "tracked", "file_permission");
	EACH_PLACE_WITH_CLONES(place)
		EXPECT_DENIED(copy_by(place, via_clone));
}

TEST(clone_range)
{
	ROW("F04/ficlonerange", "tracked", "file_permission");
	EACH_PLACE_WITH_CLONES(place)
		EXPECT_DENIED(copy_by(place, via_clone_range));
}

/* Blocks that are the same already become one: it needs as much on both sides. */
static int fill_page(const char *path, int flags)
{
	int fd = open(path, O_WRONLY | O_CREAT | flags, 0644);

	memset(page, 'x', SIZE);
	memcpy(page, canary, sizeof(canary));
	return fd < 0 || write(fd, page, SIZE) != SIZE || fsync(fd) ? errno : 0;
}

static int fill_labelled(void *argument)
{
	return take_label() ?: fill_page(argument, 0);
}

static int fill_plain(void *argument)
{
	return fill_page(argument, 0);
}

static int via_dedupe(int in, int out)
{
	struct {
		struct file_dedupe_range range;
		struct file_dedupe_range_info info;
	} same = { { .src_length = SIZE, .dest_count = 1 }, { .dest_fd = out } };

	return ioctl(in, FIDEDUPERANGE, &same) || same.info.status ? -1 : 0;
}

TEST(dedupe)
{
	ROW("F04/dedupe", "tracked", "file_permission");
	EACH_PLACE_WITH_CLONES(place) {
		struct copier argument = { path_at(place, "source"), path_at(place, "target"),
					   via_dedupe };

		EXPECT_EQ(0, in_child(fill_labelled, (void *)argument.from));
		EXPECT_EQ(0, in_child(fill_plain, (void *)argument.to));
		EXPECT_EQ(0, in_child(place_take, (void *)argument.to));
		EXPECT_EQ(0, in_child(copier, &argument));
		EXPECT_DENIED(in_child(place_take, (void *)argument.to));
		unlink(argument.from);
		unlink(argument.to);
	}
}

/* --- locks, leases and watchers: names alone ------------------------------------------ */

static int locker(void *argument)
{
	struct flock lock = { .l_type = F_WRLCK };
	int fd = open(argument, O_RDWR), error = take_label();

	if (error || fcntl(fd, F_OFD_SETLK, &lock))
		return error ?: errno;
	pause();
	return 0;
}

static int lock_watcher(void *argument)
{
	struct flock lock = { .l_type = F_WRLCK };
	int fd = open(argument, O_RDWR);

	usleep(500 * 1000);
	if (fcntl(fd, F_GETLK, &lock) || lock.l_type != F_WRLCK)
		return EIO;
	return try_out();
}

TEST(lock)
{
	ROW("F17/lock", "accepted", "names only");
	EACH_PLACE(place) {
		char *path = path_at(place, "lock");
		pid_t pid;

		file_write(path, "plain");
		pid = child_start(locker, path);
		EXPECT_EQ(0, in_child(lock_watcher, path));
		kill(pid, SIGKILL);
		child_error(pid);
		unlink(path);
	}
}

static int lease_holder(void *argument)
{
	int fd = open(argument, O_RDONLY), fds = 0;
	struct timespec wait = { .tv_sec = 10 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGIO);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (fd < 0 || fcntl(fd, F_SETLEASE, F_RDLCK))
		return errno;
	fds = sigtimedwait(&set, NULL, &wait);
	fcntl(fd, F_SETLEASE, F_UNLCK);
	return fds == SIGIO ? try_out() : ETIMEDOUT;
}

TEST(lease)
{
	ROW("F17/lease", "accepted", "names only");
	EACH_PLACE(place) {
		char *path = path_at(place, "lease");
		pid_t pid;

		file_write(path, "plain");
		pid = child_start(lease_holder, path);
		usleep(500 * 1000);
		EXPECT_EQ(0, in_child(place_leave, path));
		EXPECT_EQ(0, child_error(pid));
		unlink(path);
	}
}

