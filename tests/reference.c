// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data that goes to a socket without being copied: by splice and sendfile,
 * asynchronously, and by reference to pages that change later.
 */

#include "route.h"
#include "slow.h"

#include <linux/aio_abi.h>
#include <linux/errqueue.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/uio.h>

/* --- at once ------------------------------------------------------------------- */

static int late_sendfile(struct endpoint *to)
{
	return sendfile(late_fd, open(source, O_RDONLY), NULL, sizeof(canary) - 1) < 0 ? errno : 0;
}

static int splice_out(int pipe_end)
{
	return splice(pipe_end, NULL, late_fd, NULL, sizeof(canary) - 1, 0) < 0 ? errno : 0;
}

static int late_splice(struct endpoint *to)
{
	int fds[2];

	if (pipe(fds) ||
	    splice(open(source, O_RDONLY), NULL, fds[1], NULL, sizeof(canary) - 1, 0) < 0)
		return errno;
	return splice_out(fds[0]);
}

static int late_tee(struct endpoint *to)
{
	int from[2], copy[2];

	if (pipe(from) || pipe(copy) || write(from[1], canary, sizeof(canary)) < 0 ||
	    tee(from[0], copy[1], sizeof(canary), 0) < 0)
		return errno;
	return splice_out(copy[0]);
}

static int late_vmsplice(struct endpoint *to)
{
	struct iovec iov = { (void *)canary, sizeof(canary) };
	int fds[2];

	if (pipe(fds) || vmsplice(fds[1], &iov, 1, 0) < 0)
		return errno;
	return splice_out(fds[0]);
}

static int late_zerocopy(struct endpoint *to)
{
	int one = 1;

	setsockopt(late_fd, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one));
	return send(late_fd, canary, sizeof(canary), MSG_ZEROCOPY) < 0 ? errno : 0;
}

static int late_aio(struct endpoint *to)
{
	struct iocb write = { .aio_fildes = late_fd, .aio_lio_opcode = IOCB_CMD_PWRITE,
			      .aio_buf = (__u64)canary, .aio_nbytes = sizeof(canary) };
	struct iocb *list[] = { &write };
	aio_context_t context = 0;
	struct io_event event;

	if (syscall(SYS_io_setup, 4, &context) || syscall(SYS_io_submit, context, 1, list) != 1 ||
	    syscall(SYS_io_getevents, context, 1, 1, &event, NULL) != 1)
		return errno;
	return event.res < 0 ? -event.res : 0;
}

#define TEST_LATE(name, row)							\
	TEST(by_##name)								\
	{									\
		ROW(row, "blocked", "socket_sendmsg");				\
		check(_metadata, &route4, late_##name, job_late, job_late_plain); \
	}

TEST_LATE(sendfile, "N04/sendfile")
TEST_LATE(splice, "N04/splice")
TEST_LATE(tee, "N04/tee")
TEST_LATE(vmsplice, "N04/vmsplice")
TEST_LATE(aio, "N06")
TEST_LATE(zerocopy, "N07/late")

/* --- later ------------------------------------------------------------------------ */

#define PAGE 4096
#define FILE_LATER DIR_TEST "/later"

static char *page_new(void)
{
	char *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memset(page, 'x', PAGE);
	return page;
}

/* Each sends a page that holds nothing yet. */
static int sent_zerocopy(int fd, char *page)
{
	return send(fd, page, PAGE, MSG_ZEROCOPY) == PAGE ? 0 : errno;
}

static int sent_vmsplice(int fd, char *page)
{
	struct iovec iov = { page, PAGE };
	int fds[2];

	if (pipe(fds) || vmsplice(fds[1], &iov, 1, 0) != PAGE)
		return errno;
	return splice(fds[0], NULL, fd, NULL, PAGE, 0) == PAGE ? 0 : errno;
}

static int sent_vmsplice_gift(int fd, char *page)
{
	struct iovec iov = { page, PAGE };
	int fds[2];

	if (pipe(fds) || vmsplice(fds[1], &iov, 1, SPLICE_F_GIFT) != PAGE)
		return errno;
	return splice(fds[0], NULL, fd, NULL, PAGE, SPLICE_F_MOVE) == PAGE ? 0 : errno;
}

/* The data reaches the page when the send is over. */
static int later_page(void *argument)
{
	int (*send)(int fd, char *page) = argument;
	int fd = connect_full(OUT4), error;
	char *page = page_new();

	if (fd < 0)
		return errno;
	error = send(fd, page) ?: take_label();
	if (!error)
		memcpy(page, canary, sizeof(canary));
	return error;
}

static int later_file(void *argument)
{
	int fd = connect_full(OUT4), error, file = open(FILE_LATER, O_RDWR | O_CREAT, 0600);
	off_t start = 0;

	if (fd < 0 || write(file, page_new(), PAGE) != PAGE ||
	    sendfile(fd, file, &start, PAGE) != PAGE)
		return errno;
	error = take_label();
	if (!error && pwrite(file, canary, sizeof(canary), 0) < 0)
		error = errno;
	return error;
}

/* Nothing is refused, and what arrives is what the page held when it was sent. */
static void check_later(struct __test_metadata *_metadata, int (*work)(void *),
			int (*send)(int fd, char *page))
{
	struct slow slow;

	arrived("out", false);
	slow_start(&slow, "out");
	EXPECT_EQ(0, in_child(work, send));
	EXPECT_EQ(0, slow_drain(&slow));
	EXPECT_TRUE(file_holds(SINK ".out", "xxxxxxxx", 8));
	EXPECT_EQ(!enforcing, arrived("out", !enforcing));
}

TEST(zerocopy_later)
{
	ROW("N07/zerocopy", "blocked", "socket_sendmsg,domicile_send_copy");
	check_later(_metadata, later_page, sent_zerocopy);
}

TEST(vmsplice_later)
{
	ROW("N07/vmsplice", "blocked", "socket_sendmsg,domicile_send_copy");
	check_later(_metadata, later_page, sent_vmsplice);
}

TEST(vmsplice_gift_later)
{
	ROW("N07/vmsplice_gift", "blocked", "socket_sendmsg,domicile_send_copy");
	check_later(_metadata, later_page, sent_vmsplice_gift);
}

TEST(sendfile_later)
{
	ROW("N07/sendfile", "blocked", "socket_sendmsg,domicile_send_copy");
	check_later(_metadata, later_file, NULL);
	unlink(FILE_LATER);
}

/* --- and nobody notices ------------------------------------------------------------ */

/* The kernel says that a zero-copy send is over, once for each. Return: up to which. */
static int completed(int fd, int last)
{
	struct pollfd error = { .fd = fd };
	char control[256];
	struct msghdr msg = { .msg_control = control, .msg_controllen = sizeof(control) };
	struct sock_extended_err *report;

	if (poll(&error, 1, 5000) != 1 || recvmsg(fd, &msg, MSG_ERRQUEUE) < 0)
		return -1;
	report = (void *)CMSG_DATA(CMSG_FIRSTHDR(&msg));
	if (report->ee_origin != SO_EE_ORIGIN_ZEROCOPY || report->ee_info != last + 1)
		return -1;
	return report->ee_data;
}

static int complete_all(int fd, const struct endpoint *to, int count)
{
	int one = 1, last = -1;

	if (setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one)) ||
	    connect(fd, (void *)&to->address, to->length))
		return errno;
	for (int i = 0; i < count; i++)
		if (send(fd, canary, sizeof(canary), MSG_ZEROCOPY) < 0)
			return errno;
	while (last < count - 1) {
		int now = completed(fd, last);

		if (now <= last)
			return ENOMSG;
		last = now;
	}
	return 0;
}

static int complete_tcp(void *argument)
{
	struct endpoint to = endpoint(argument, PORT);

	return complete_all(socket(to.family, SOCK_STREAM, 0), &to, 5);
}

static int complete_udp(void *argument)
{
	struct endpoint to = endpoint(argument, PORT);

	return complete_all(socket(to.family, SOCK_DGRAM, 0), &to, 5);
}

TEST(zerocopy_completes)
{
	EXPECT_EQ(0, in_child(complete_tcp, OUT4));
	EXPECT_EQ(0, in_child(complete_tcp, OUT6));
	EXPECT_EQ(0, in_child(complete_udp, OUT4));
	EXPECT_TRUE(arrived("out", true));
}
