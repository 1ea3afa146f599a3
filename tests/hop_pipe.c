// SPDX-License-Identifier: GPL-2.0-only
/* Hops through pipes: each way in and each way out. */
#include "hop.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static int read_end(const struct passage *passage)
{
	return FD_HOP(passage->index, 0);
}

static int write_end(const struct passage *passage)
{
	return FD_HOP(passage->index, 1);
}

static int pipe_setup(const struct passage *passage)
{
	int fds[2];

	if (pipe(fds))
		return errno;
	return fd_place(fds[0], read_end(passage)) ?: fd_place(fds[1], write_end(passage));
}

/* --- in ---------------------------------------------------------------------- */

static int send_write(const struct passage *passage)
{
	return fd_write(write_end(passage), passage->data, passage->size);
}

/* The pages stay as they are until the receiver has them: nothing else is sent meanwhile. */
static int send_vmsplice(const struct passage *passage)
{
	struct iovec iov = { passage->data, passage->size };

	return passed_all(vmsplice(write_end(passage), &iov, 1, 0), passage);
}

/* A pipe of the sender's own, with the data in it. */
static int filled_pipe(const struct passage *passage, int fds[2])
{
	if (pipe2(fds, O_CLOEXEC))
		return errno;
	return fd_write(fds[1], passage->data, passage->size);
}

static int send_tee(const struct passage *passage)
{
	int fds[2], error = filled_pipe(passage, fds);

	return error ?: passed_all(tee(fds[0], write_end(passage), passage->size, 0), passage);
}

static int send_splice(const struct passage *passage)
{
	int fds[2], error = filled_pipe(passage, fds);

	return error ?: passed_all(splice(fds[0], NULL, write_end(passage), NULL, passage->size, 0),
			    passage);
}

/* A file of the sender's own, with the data in it. */
static int filled_file(const struct passage *passage)
{
	int fd = memfd_create("chain", MFD_CLOEXEC);

	if (fd < 0 || pwrite(fd, passage->data, passage->size, 0) != passage->size)
		return -1;
	return fd;
}

static int send_sendfile(const struct passage *passage)
{
	int fd = filled_file(passage);

	if (fd < 0)
		return errno;
	return passed_all(sendfile(write_end(passage), fd, NULL, passage->size), passage);
}

static int send_splice_file(const struct passage *passage)
{
	int fd = filled_file(passage);

	if (fd < 0)
		return errno;
	return passed_all(splice(fd, NULL, write_end(passage), NULL, passage->size, 0), passage);
}

/* --- out --------------------------------------------------------------------- */

static int receive_read(const struct passage *passage)
{
	return fd_read(read_end(passage), passage->data, passage->size);
}

static int receive_vmsplice(const struct passage *passage)
{
	struct iovec iov = { passage->data, passage->size };

	return passed_all(vmsplice(read_end(passage), &iov, 1, 0), passage);
}

static int receive_tee(const struct passage *passage)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return errno;
	return passed_all(tee(read_end(passage), fds[1], passage->size, 0), passage) ?:
	       fd_read(fds[0], passage->data, passage->size);
}

static int receive_splice(const struct passage *passage)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return errno;
	return passed_all(splice(read_end(passage), NULL, fds[1], NULL, passage->size, 0), passage) ?:
	       fd_read(fds[0], passage->data, passage->size);
}

static int receive_splice_file(const struct passage *passage)
{
	int fd = memfd_create("chain", MFD_CLOEXEC), error;

	if (fd < 0)
		return errno;
	error = passed_all(splice(read_end(passage), NULL, fd, NULL, passage->size, 0), passage);
	return error ?: passed_all(pread(fd, passage->data, passage->size, 0), passage);
}

/* --- with a name --------------------------------------------------------------- */

static int fifo_setup(const struct passage *passage)
{
	char path[HOP_PATH];

	hop_path(path, HOP_TMPFS, "fifo", passage->index);
	unlink(path);
	if (mkfifo(path, 0600))
		return errno;
	return fd_place(open(path, O_RDWR), FD_HOP(passage->index, 0));
}

static int fifo_send(const struct passage *passage)
{
	char path[HOP_PATH];
	int fd, error;

	hop_path(path, HOP_TMPFS, "fifo", passage->index);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	error = fd_write(fd, passage->data, passage->size);
	close(fd);
	return error;
}

static int fifo_receive(const struct passage *passage)
{
	char path[HOP_PATH];
	int fd, error;

	hop_path(path, HOP_TMPFS, "fifo", passage->index);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	error = fd_read(fd, passage->data, passage->size);
	close(fd);
	return error;
}

#define PIPE(name_, in, out)							\
	{									\
		.name = name_, .flow = FLOW_OBJECT, .waits = true,		\
		.setup = pipe_setup, .send = in, .receive = out			\
	}

const struct hop_kind hop_pipes[] = {
	PIPE("pipe", send_write, receive_read),
	PIPE("vmsplice_to_pipe", send_vmsplice, receive_read),
	PIPE("vmsplice_from_pipe", send_write, receive_vmsplice),
	PIPE("tee_to_pipe", send_tee, receive_read),
	PIPE("tee_from_pipe", send_write, receive_tee),
	PIPE("splice_to_pipe", send_splice, receive_read),
	PIPE("splice_from_pipe", send_write, receive_splice),
	PIPE("sendfile_to_pipe", send_sendfile, receive_read),
	PIPE("splice_file_to_pipe", send_splice_file, receive_splice_file),
	{ .name = "fifo", .flow = FLOW_OBJECT, .waits = true,
	  .setup = fifo_setup, .send = fifo_send, .receive = fifo_receive },
	{}
};
