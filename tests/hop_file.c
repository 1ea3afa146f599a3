// SPDX-License-Identifier: GPL-2.0-only
/* Hops through regular files: who writes, who copies, and who had it open before. */
#include "hop.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

/* An early receiver has the file open before anybody writes to it. */
static int receiver_fd = -1;

static int file_open(const struct passage *passage, enum hop_place place, const char *name,
		     int flags)
{
	char path[HOP_PATH];

	hop_path(path, place, name, passage->index);
	return open(path, flags | O_CLOEXEC, 0644);
}

static int file_prepare(const struct passage *passage, enum hop_place place)
{
	receiver_fd = file_open(passage, place, "file", O_RDONLY | O_CREAT);
	return receiver_fd < 0 ? errno : 0;
}

static int file_send(const struct passage *passage, enum hop_place place)
{
	int fd = file_open(passage, place, "file", O_WRONLY | O_CREAT), error;

	if (fd < 0)
		return errno;
	error = fd_write(fd, passage->data, passage->size);
	close(fd);
	return error;
}

static int file_receive(const struct passage *passage, enum hop_place place)
{
	int fd = receiver_fd < 0 ? file_open(passage, place, "file", O_RDONLY) : receiver_fd;
	int error;

	if (fd < 0)
		return errno;
	error = fd_read(fd, passage->data, passage->size);
	close(fd);
	receiver_fd = -1;
	return error;
}

/* The test itself opened it, and everybody has inherited it. */
static int inherited_setup(const struct passage *passage)
{
	return fd_place(file_open(passage, HOP_TMPFS, "file", O_RDWR | O_CREAT),
			FD_HOP(passage->index, 0));
}

static int inherited_send(const struct passage *passage)
{
	return passed_all(pwrite(FD_HOP(passage->index, 0), passage->data, passage->size, 0),
			  passage);
}

static int inherited_receive(const struct passage *passage)
{
	return passed_all(pread(FD_HOP(passage->index, 0), passage->data, passage->size, 0),
			  passage);
}

/* --- from one file to another ------------------------------------------------------ */

/* What the sender wrote to a file of its own, open for reading, and where it is to go. */
static int copy_open(const struct passage *passage, enum hop_place place, int fds[2])
{
	int error;

	fds[0] = file_open(passage, place, "original", O_RDWR | O_CREAT);
	fds[1] = file_open(passage, place, "file", O_WRONLY | O_CREAT);
	if (fds[0] < 0 || fds[1] < 0)
		return errno;
	error = fd_write(fds[0], passage->data, passage->size);
	lseek(fds[0], 0, SEEK_SET);
	return error;
}

static int copy_close(const int fds[2], int error)
{
	close(fds[0]);
	close(fds[1]);
	return error;
}

static int copy_send(const struct passage *passage, enum hop_place place)
{
	int fds[2], error = copy_open(passage, place, fds);

	return copy_close(fds, error ?: passed_all(copy_file_range(fds[0], NULL, fds[1], NULL,
								   passage->size, 0), passage));
}

static int sendfile_send(const struct passage *passage, enum hop_place place)
{
	int fds[2], error = copy_open(passage, place, fds);

	return copy_close(fds, error ?: passed_all(sendfile(fds[1], fds[0], NULL, passage->size),
						   passage));
}

static int clone_send(const struct passage *passage, enum hop_place place)
{
	int fds[2], error = copy_open(passage, place, fds);

	return copy_close(fds, error ?: ioctl(fds[1], FICLONE, fds[0]) ? errno : 0);
}

static int splice_send(const struct passage *passage, enum hop_place place)
{
	int fd = file_open(passage, place, "file", O_WRONLY | O_CREAT), fds[2], error;

	if (fd < 0 || pipe2(fds, O_CLOEXEC))
		return errno;
	error = fd_write(fds[1], passage->data, passage->size);
	if (!error)
		error = passed_all(splice(fds[0], NULL, fd, NULL, passage->size, 0), passage);
	close(fd);
	return error;
}

/* --- under another name --------------------------------------------------------------- */

static int rename_send(const struct passage *passage, enum hop_place place)
{
	char original[HOP_PATH], path[HOP_PATH];
	int fds[2], error = copy_open(passage, place, fds);

	hop_path(original, place, "original", passage->index);
	hop_path(path, place, "file", passage->index);
	return copy_close(fds, error ?: rename(original, path) ? errno : 0);
}

static int tmpfile_send(const struct passage *passage, enum hop_place place)
{
	char directory[HOP_PATH], path[HOP_PATH], proc[64];
	int fd, error;

	hop_path(path, place, "file", passage->index);
	unlink(path);
	snprintf(directory, sizeof(directory), "%.*s", (int)(strrchr(path, '/') - path), path);
	fd = open(directory, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0644);
	if (fd < 0)
		return errno;
	error = fd_write(fd, passage->data, passage->size);
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	if (!error && linkat(AT_FDCWD, proc, AT_FDCWD, path, AT_SYMLINK_FOLLOW))
		error = errno;
	close(fd);
	return error;
}

/* --- through a mapping of one of them --------------------------------------------------- */

static int mapping_receive(const struct passage *passage, enum hop_place place)
{
	int fd = file_open(passage, place, "file", O_RDONLY);
	char *window = mmap(NULL, passage->size, PROT_READ, MAP_PRIVATE, fd, 0);

	close(fd);
	if (window == MAP_FAILED)
		return errno;
	memcpy(passage->data, window, passage->size);
	return munmap(window, passage->size) ? errno : 0;
}

/* --------------------------------------------------------------------------------------------- */

#define ON(function, place)							\
	static int function##_##place(const struct passage *passage)		\
	{									\
		return function(passage, HOP_##place);				\
	}

ON(file_prepare, TMPFS)
ON(file_prepare, EXT4)
ON(file_prepare, XFS)
ON(file_prepare, BTRFS)
ON(file_send, TMPFS)
ON(file_send, EXT4)
ON(file_send, XFS)
ON(file_send, BTRFS)
ON(file_receive, TMPFS)
ON(file_receive, EXT4)
ON(file_receive, XFS)
ON(file_receive, BTRFS)
ON(mapping_receive, TMPFS)
ON(mapping_receive, BTRFS)
ON(copy_send, TMPFS)
ON(copy_send, EXT4)
ON(copy_send, XFS)
ON(sendfile_send, BTRFS)
ON(clone_send, XFS)
ON(clone_send, BTRFS)
ON(splice_send, TMPFS)
ON(splice_send, EXT4)
ON(rename_send, EXT4)
ON(rename_send, TMPFS)
ON(tmpfile_send, XFS)

#define FILE_HOP(name_, prepare_, send_, receive_)				\
	{									\
		.name = name_, .flow = FLOW_OBJECT,				\
		.prepare = prepare_, .send = send_, .receive = receive_		\
	}

/* With a way of sending on one file system. */
#define COPY(name_, send_, place)						\
	FILE_HOP(name_, file_prepare_##place, send_##_##place, file_receive_##place)

const struct hop_kind hop_files[] = {
	COPY("file_tmpfs", file_send, TMPFS),
	COPY("file_ext4", file_send, EXT4),
	COPY("file_xfs", file_send, XFS),
	COPY("file_btrfs", file_send, BTRFS),
	COPY("copy_file_range_tmpfs", copy_send, TMPFS),
	COPY("copy_file_range_ext4", copy_send, EXT4),
	COPY("copy_file_range_xfs", copy_send, XFS),
	COPY("sendfile_btrfs", sendfile_send, BTRFS),
	COPY("ficlone_xfs", clone_send, XFS),
	COPY("ficlone_btrfs", clone_send, BTRFS),
	COPY("splice_tmpfs", splice_send, TMPFS),
	COPY("splice_ext4", splice_send, EXT4),
	FILE_HOP("rename_ext4", NULL, rename_send_EXT4, file_receive_EXT4),
	FILE_HOP("rename_tmpfs", NULL, rename_send_TMPFS, file_receive_TMPFS),
	FILE_HOP("tmpfile_xfs", NULL, tmpfile_send_XFS, file_receive_XFS),
	FILE_HOP("private_mapping_tmpfs", NULL, file_send_TMPFS, mapping_receive_TMPFS),
	FILE_HOP("private_mapping_btrfs", NULL, file_send_BTRFS, mapping_receive_BTRFS),
	{ .name = "file_inherited", .flow = FLOW_OBJECT,
	  .setup = inherited_setup, .send = inherited_send, .receive = inherited_receive },
	{}
};
