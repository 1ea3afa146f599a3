// SPDX-License-Identifier: GPL-2.0-only
/* Labelled data on its way off the host through io_uring, operation by operation. */

#include "route.h"

#include <liburing.h>
#include <sys/uio.h>

struct request {
	struct io_uring_sqe *sqe;
	struct io_uring *ring;
	int fd;
};

/* Return: 0, or the errno of the operation. A zero-copy send answers twice. */
static int uring_run(struct io_uring *ring)
{
	struct io_uring_cqe *cqe;
	bool more;
	int error;

	if (io_uring_submit(ring) < 0 || io_uring_wait_cqe(ring, &cqe))
		return EIO;
	error = cqe->res < 0 ? -cqe->res : 0;
	more = cqe->flags & IORING_CQE_F_MORE;
	io_uring_cqe_seen(ring, cqe);
	if (more && !io_uring_wait_cqe(ring, &cqe))
		io_uring_cqe_seen(ring, cqe);
	return error;
}

/* One operation on the connection, prepared by @prepare. */
static int uring_late(int (*prepare)(struct request *request), unsigned int flags)
{
	struct request request;
	struct io_uring ring;
	int error;

	if (io_uring_queue_init(4, &ring, 0))
		return errno;
	request.ring = &ring;
	request.fd = late_fd;
	request.sqe = io_uring_get_sqe(&ring);
	error = prepare(&request);
	request.sqe->flags |= flags;
	error = error ?: uring_run(&ring);
	io_uring_queue_exit(&ring);
	return error;
}

static struct iovec canary_iov = { (void *)canary, sizeof(canary) };
static struct msghdr canary_message = { .msg_iov = &canary_iov, .msg_iovlen = 1 };

static int prepare_send(struct request *request)
{
	io_uring_prep_send(request->sqe, request->fd, canary, sizeof(canary), 0);
	return 0;
}

static int prepare_send_zc(struct request *request)
{
	io_uring_prep_send_zc(request->sqe, request->fd, canary, sizeof(canary), 0, 0);
	return 0;
}

static int prepare_sendmsg(struct request *request)
{
	io_uring_prep_sendmsg(request->sqe, request->fd, &canary_message, 0);
	return 0;
}

static int prepare_sendmsg_zc(struct request *request)
{
	io_uring_prep_sendmsg_zc(request->sqe, request->fd, &canary_message, 0);
	return 0;
}

static int prepare_write(struct request *request)
{
	io_uring_prep_write(request->sqe, request->fd, canary, sizeof(canary), 0);
	return 0;
}

static int prepare_writev(struct request *request)
{
	io_uring_prep_writev(request->sqe, request->fd, &canary_iov, 1, 0);
	return 0;
}

static int prepare_splice(struct request *request)
{
	int fds[2];

	if (pipe(fds) || write(fds[1], canary, sizeof(canary)) < 0)
		return errno;
	io_uring_prep_splice(request->sqe, fds[0], -1, request->fd, -1, sizeof(canary), 0);
	return 0;
}

/* Registered before the data is in it. */
static int prepare_fixed(struct request *request)
{
	static char buffer[4096];
	struct iovec iov = { buffer, sizeof(buffer) };
	int error = -io_uring_register_buffers(request->ring, &iov, 1);

	memcpy(buffer, canary, sizeof(canary));
	io_uring_prep_write_fixed(request->sqe, request->fd, buffer, sizeof(canary), 0, 0);
	return error;
}

static int prepare_send_zc_fixed(struct request *request)
{
	static char buffer[4096];
	struct iovec iov = { buffer, sizeof(buffer) };
	int error = -io_uring_register_buffers(request->ring, &iov, 1);

	memcpy(buffer, canary, sizeof(canary));
	io_uring_prep_send_zc_fixed(request->sqe, request->fd, buffer, sizeof(canary), 0, 0, 0);
	return error;
}

/* The socket, too, is known to the ring alone. */
static int prepare_fixed_file(struct request *request)
{
	int error = -io_uring_register_files(request->ring, &request->fd, 1);

	close(request->fd);
	io_uring_prep_send(request->sqe, 0, canary, sizeof(canary), 0);
	request->sqe->flags |= IOSQE_FIXED_FILE;
	return error;
}

#define SEND_BY(name, prepare, flags)						\
	static int uring_##name(struct endpoint *to)				\
	{									\
		return uring_late(prepare, flags);				\
	}

SEND_BY(send, prepare_send, 0)
SEND_BY(send_zc, prepare_send_zc, 0)
SEND_BY(sendmsg, prepare_sendmsg, 0)
SEND_BY(sendmsg_zc, prepare_sendmsg_zc, 0)
SEND_BY(write, prepare_write, 0)
SEND_BY(writev, prepare_writev, 0)
SEND_BY(splice, prepare_splice, 0)
SEND_BY(fixed, prepare_fixed, 0)
SEND_BY(send_zc_fixed, prepare_send_zc_fixed, 0)
SEND_BY(fixed_file, prepare_fixed_file, 0)
SEND_BY(iowq, prepare_send, IOSQE_ASYNC)

#define TEST_URING(name)							\
	TEST(by_ring_##name)							\
	{									\
		ROW("N05/" #name, "blocked", "socket_sendmsg");			\
		check(_metadata, &route4, uring_##name, job_late, job_late_plain); \
	}

TEST_URING(send)
TEST_URING(send_zc)
TEST_URING(sendmsg)
TEST_URING(sendmsg_zc)
TEST_URING(write)
TEST_URING(writev)
TEST_URING(splice)
TEST_URING(fixed)
TEST_URING(send_zc_fixed)
TEST_URING(fixed_file)
TEST_URING(iowq)

/* --- connections that the ring itself makes ------------------------------------- */

static int send_connect(struct endpoint *to)
{
	int fd = socket(to->family, SOCK_STREAM, 0), error;
	struct io_uring ring;

	if (io_uring_queue_init(4, &ring, 0))
		return errno;
	io_uring_prep_connect(io_uring_get_sqe(&ring), fd, (void *)&to->address, to->length);
	error = uring_run(&ring);
	if (!error) {
		io_uring_prep_send(io_uring_get_sqe(&ring), fd, canary, sizeof(canary), 0);
		error = uring_run(&ring);
	}
	io_uring_queue_exit(&ring);
	return error;
}

FIXTURE(ring) {
	bool unused;
};

FIXTURE_VARIANT(ring) {
	struct route route;
};

FIXTURE_VARIANT_ADD(ring, ipv4) { { IN4, OUT4, OUT4, "" } };
FIXTURE_VARIANT_ADD(ring, ipv6) { { IN6, OUT6, OUT6, "6" } };

FIXTURE_SETUP(ring)
{
}

FIXTURE_TEARDOWN(ring)
{
}

TEST_F(ring, connect)
{
	row_route(&variant->route, "N05/connect", "socket_connect");
	check(_metadata, &variant->route, send_connect, job_labelled, job_plain);
}

/* --- a kernel thread that submits, started before the label was taken ------------ */

static struct io_uring polled;

static int polled_start(void *argument)
{
	if (io_uring_queue_init(4, &polled, IORING_SETUP_SQPOLL))
		return errno;
	io_uring_prep_nop(io_uring_get_sqe(&polled));
	return uring_run(&polled);
}

static int send_polled(struct endpoint *to)
{
	io_uring_prep_send(io_uring_get_sqe(&polled), late_fd, canary, sizeof(canary), 0);
	return uring_run(&polled);
}

static int job_polled(void *argument)
{
	return polled_start(NULL) ?: job_late(argument);
}

static int job_polled_plain(void *argument)
{
	return polled_start(NULL) ?: job_late_plain(argument);
}

TEST(sqpoll)
{
	ROW("N05/sqpoll", "blocked", "socket_sendmsg");
	check(_metadata, &route4, send_polled, job_polled, job_polled_plain);
}
