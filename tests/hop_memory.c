// SPDX-License-Identifier: GPL-2.0-only
/* Hops through memory: mappings that both have, and memory passed as a descriptor. */
#include "hop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define WINDOW 4096

/* --- a file that both map ------------------------------------------------------------ */

static char *window; /* of the hop that goes on */

static int window_open(const struct passage *passage, enum hop_place place)
{
	char path[HOP_PATH];
	int fd;

	hop_path(path, place, "window", passage->index);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0 || ftruncate(fd, WINDOW))
		return errno;
	window = mmap(NULL, WINDOW, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return window == MAP_FAILED ? errno : 0;
}

static int window_close(const struct passage *passage)
{
	char *closed = window;

	window = NULL;
	return !passage->kept && munmap(closed, WINDOW) ? errno : 0;
}

static int mapping_send(const struct passage *passage, enum hop_place place)
{
	int error = window_open(passage, place);

	if (error)
		return error;
	memcpy(window, passage->data, passage->size);
	return window_close(passage);
}

static int mapping_receive(const struct passage *passage, enum hop_place place)
{
	int error = window ? 0 : window_open(passage, place);

	if (error)
		return error;
	memcpy(passage->data, window, passage->size);
	return window_close(passage);
}

#define ON(place)								\
	static int window_open_##place(const struct passage *passage)		\
	{									\
		return window_open(passage, HOP_##place);			\
	}									\
	static int mapping_send_##place(const struct passage *passage)		\
	{									\
		return mapping_send(passage, HOP_##place);			\
	}									\
	static int mapping_receive_##place(const struct passage *passage)	\
	{									\
		return mapping_receive(passage, HOP_##place);			\
	}

ON(TMPFS)
ON(EXT4)
ON(SHM)

/* --- a System V segment: who has received removes it ------------------------------------ */

static key_t segment_key(const struct passage *passage)
{
	return 0x646f6d00 + passage->index;
}

static int segment_setup(const struct passage *passage)
{
	int segment = shmget(segment_key(passage), 0, 0);

	if (segment >= 0)
		shmctl(segment, IPC_RMID, NULL); /* of a chain that failed */
	return shmget(segment_key(passage), WINDOW, IPC_CREAT | IPC_EXCL | 0600) < 0 ? errno : 0;
}

static int segment_open(const struct passage *passage)
{
	window = shmat(shmget(segment_key(passage), 0, 0), NULL, 0);
	return window == (void *)-1 ? errno : 0;
}

static int segment_close(const struct passage *passage)
{
	char *closed = window;

	window = NULL;
	return !passage->kept && shmdt(closed) ? errno : 0;
}

static int segment_send(const struct passage *passage)
{
	int error = segment_open(passage);

	if (error)
		return error;
	memcpy(window, passage->data, passage->size);
	return segment_close(passage);
}

static int segment_receive(const struct passage *passage)
{
	int error = window ? 0 : segment_open(passage);

	if (error)
		return error;
	memcpy(passage->data, window, passage->size);
	if (shmctl(shmget(segment_key(passage), 0, 0), IPC_RMID, NULL))
		return errno;
	return segment_close(passage);
}

/* --- memory that the receiver is born with --------------------------------------------- */

static int anonymous_send(const struct passage *passage)
{
	pid_t pid;

	window = mmap(NULL, WINDOW, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (window == MAP_FAILED)
		return errno;
	pid = fork();
	if (pid < 0)
		return errno;
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		process_serve(passage->seed, passage->to);
	}
	memcpy(window, passage->data, passage->size);
	return window_close(passage);
}

static int anonymous_receive(const struct passage *passage)
{
	memcpy(passage->data, window, passage->size);
	return window_close(passage);
}

/* --- a descriptor of memory --------------------------------------------------------------- */

static int memfd_fill(const struct passage *passage)
{
	int fd = memfd_create("chain", MFD_CLOEXEC);

	if (fd >= 0 && pwrite(fd, passage->data, passage->size, 0) != passage->size)
		return -1;
	return fd;
}

static int memfd_drain(const struct passage *passage, int fd)
{
	int error = fd < 0 ? errno :
		passed_all(pread(fd, passage->data, passage->size, 0), passage);

	close(fd);
	return error;
}

static int rights_setup(const struct passage *passage)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds))
		return errno;
	return fd_place(fds[0], FD_HOP(passage->index, 0)) ?:
	       fd_place(fds[1], FD_HOP(passage->index, 1));
}

union control {
	struct cmsghdr header;
	char space[CMSG_SPACE(sizeof(int))];
};

static int rights_send(const struct passage *passage)
{
	union control control = { .header = { .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS,
					      .cmsg_len = CMSG_LEN(sizeof(int)) } };
	char byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	int fd = memfd_fill(passage), error;

	if (fd < 0)
		return errno;
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	error = sendmsg(FD_HOP(passage->index, 1), &msg, 0) < 0 ? errno : 0;
	close(fd);
	return error;
}

static int rights_receive(const struct passage *passage)
{
	union control control;
	char byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	int fd;

	if (recvmsg(FD_HOP(passage->index, 0), &msg, MSG_CMSG_CLOEXEC) < 0)
		return errno;
	if (!CMSG_FIRSTHDR(&msg))
		return ENODATA;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return memfd_drain(passage, fd);
}

/* The sender keeps it open, at the number of the hop. */
static int memfd_send(const struct passage *passage)
{
	return fd_place(memfd_fill(passage), FD_HOP(passage->index, 0));
}

static int proc_fd_receive(const struct passage *passage)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", passage->peer,
		 FD_HOP(passage->index, 0));
	return memfd_drain(passage, open(path, O_RDONLY | O_CLOEXEC));
}

static int pidfd_receive(const struct passage *passage)
{
	int pidfd = syscall(SYS_pidfd_open, passage->peer, 0);
	int fd = syscall(SYS_pidfd_getfd, pidfd, FD_HOP(passage->index, 0), 0);
	int error = memfd_drain(passage, fd);

	close(pidfd);
	return error;
}

#define MAPPING(name_, place)							\
	{									\
		.name = name_, .flow = FLOW_MAPPING,				\
		.prepare = window_open_##place, .send = mapping_send_##place,	\
		.receive = mapping_receive_##place				\
	}

const struct hop_kind hop_memories[] = {
	MAPPING("mapping_tmpfs", TMPFS),
	MAPPING("mapping_ext4", EXT4),
	MAPPING("posix_shm", SHM),
	{ .name = "sysv_shm", .flow = FLOW_MAPPING, .setup = segment_setup,
	  .prepare = segment_open, .send = segment_send, .receive = segment_receive },
	{ .name = "anonymous", .flow = FLOW_FORK_MAPPING,
	  .send = anonymous_send, .receive = anonymous_receive },
	{ .name = "memfd_rights", .flow = FLOW_OBJECT,
	  .setup = rights_setup, .waits = true, .send = rights_send, .receive = rights_receive },
	{ .name = "memfd_proc_fd", .flow = FLOW_OBJECT,
	  .send = memfd_send, .receive = proc_fd_receive },
	{ .name = "memfd_pidfd", .flow = FLOW_ATTACH,
	  .send = memfd_send, .receive = pidfd_receive },
	{}
};
