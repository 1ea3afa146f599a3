// SPDX-License-Identifier: GPL-2.0-only
/*
 * Labels travel inside the host. In each test somebody who never touched the
 * labelled file gets its data some other way, and then tries to send to `out`.
 */

#include "domicile_test.h"

#include <pthread.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

#define COPY DIR_TEST "/copy"
#define FIFO DIR_TEST "/fifo"

/* --- one process -------------------------------------------------------------- */

static int by_open(void *argument)
{
	int fd = open(LABELLED, O_RDONLY);

	return fd < 0 ? errno : try_out();
}

static int by_mmap(void *argument)
{
	int fd = open(LABELLED, O_RDONLY);
	char *data = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);

	return data == MAP_FAILED || *data != canary[0] ? EIO : try_out();
}

static int by_thread_group(void *argument)
{
	int error = take_label();
	pid_t pid = fork();

	if (!pid)
		_exit(error ?: try_out());
	return child_error(pid);
}

static int by_vfork_exec(void *argument)
{
	return take_label() ?:
	       shell("bash -c 'echo x > /dev/udp/" OUT4 "/%d' 2>/dev/null", PORT) ? EPERM : 0;
}

static int by_metadata(void *argument)
{
	struct stat st;

	return stat(LABELLED, &st) ? errno : try_out();
}

static int by_plain_file(void *argument)
{
	char buffer[16];
	int fd = open(PLAIN, O_RDONLY);

	return read(fd, buffer, sizeof(buffer)) <= 0 ? EIO : try_out();
}

TEST(file_open) { EXPECT_DENIED(in_child(by_open, NULL)); }
TEST(file_mmap) { EXPECT_DENIED(in_child(by_mmap, NULL)); }
TEST(process_fork) { EXPECT_DENIED(in_child(by_thread_group, NULL)); }
TEST(process_exec) { EXPECT_DENIED(in_child(by_vfork_exec, NULL)); }
TEST(file_stat_takes_no_label) { EXPECT_EQ(0, in_child(by_metadata, NULL)); }
TEST(file_plain) { EXPECT_EQ(0, in_child(by_plain_file, NULL)); }

/* --- from one process to another through a descriptor -------------------------- */

struct channel {
	int read_end;
	int write_end;
	bool early; /* the reader waits before the writer takes the label */
	int (*receive)(int fd, char *buffer, size_t size);
	int (*send)(int fd);
};

static int send_write(int fd)
{
	return write(fd, canary, sizeof(canary));
}

static int send_sendfile(int fd)
{
	return sendfile(fd, open(LABELLED, O_RDONLY), NULL, sizeof(canary) - 1);
}

static int send_splice(int fd)
{
	return splice(open(LABELLED, O_RDONLY), NULL, fd, NULL, sizeof(canary) - 1, 0);
}

static int send_vmsplice(int fd)
{
	struct iovec iov = { (void *)canary, sizeof(canary) };

	return vmsplice(fd, &iov, 1, 0);
}

/* Through a pipe of its own, which no other way of sending has labelled. */
static int send_tee(int fd)
{
	int fds[2];

	if (pipe(fds) || send_vmsplice(fds[1]) < 0)
		return -1;
	return tee(fds[0], fd, sizeof(canary), 0);
}

static int receive_read(int fd, char *buffer, size_t size)
{
	return read(fd, buffer, size);
}

static int receive_recv(int fd, char *buffer, size_t size)
{
	return recv(fd, buffer, size, 0);
}

static int receive_vmsplice(int fd, char *buffer, size_t size)
{
	struct iovec iov = { buffer, size };

	return vmsplice(fd, &iov, 1, 0);
}

/* Through a pipe of its own, as `cat` between other programs would. */
static int receive_splice(int fd, char *buffer, size_t size)
{
	int fds[2];

	if (pipe(fds) || splice(fd, NULL, fds[1], NULL, size, 0) <= 0)
		return -1;
	return read(fds[0], buffer, size);
}

/*
 * A splice from an empty pipe to `out`, which waits for data. Plays the reader:
 * what it leaves in @buffer makes the rest of the test try again.
 */
static int receive_splice_out(int fd, char *buffer, size_t size)
{
	struct endpoint to = endpoint(OUT4, PORT);
	int out = socket(AF_INET, SOCK_STREAM, 0);

	if (connect(out, (void *)&to.address, to.length))
		return -1;
	if (splice(fd, NULL, out, NULL, size, 0) < 0 && errno != EPERM)
		return -1;
	return sprintf(buffer, "%s", canary);
}

static int channel_reader(void *argument)
{
	struct channel *channel = argument;
	char buffer[256] = {};

	if (!channel->early)
		usleep(300 * 1000);
	if (channel->receive(channel->read_end, buffer, sizeof(buffer)) <= 0)
		return EIO;
	return strcmp(buffer, canary) ? ENODATA : try_out();
}

static int channel_writer(void *argument)
{
	struct channel *channel = argument;
	int error;

	if (channel->early)
		usleep(300 * 1000);
	error = take_label();
	if (error)
		return error;
	return channel->send(channel->write_end) < 0 ? errno : 0;
}

static int channel_run(struct channel channel)
{
	pid_t reader = child_start(channel_reader, &channel);
	int error = in_child(channel_writer, &channel);
	int result = child_error(reader);

	close(channel.read_end);
	close(channel.write_end);
	return error ?: result;
}

static struct channel pipe_new(void)
{
	struct channel channel = { .receive = receive_read, .send = send_write };
	int fds[2];

	if (pipe(fds))
		fail("pipe");
	channel.read_end = fds[0];
	channel.write_end = fds[1];
	return channel;
}

static struct channel fifo_new(void)
{
	struct channel channel = { .receive = receive_read, .send = send_write };

	unlink(FIFO);
	if (mkfifo(FIFO, 0600))
		fail(FIFO);
	channel.read_end = open(FIFO, O_RDWR);
	channel.write_end = open(FIFO, O_WRONLY);
	return channel;
}

static struct channel pair_new(int type)
{
	struct channel channel = { .receive = receive_recv, .send = send_write };
	int fds[2];

	if (socketpair(AF_UNIX, type, 0, fds))
		fail("socketpair");
	channel.read_end = fds[0];
	channel.write_end = fds[1];
	return channel;
}

FIXTURE(pass) {
	bool unused;
};

FIXTURE_VARIANT(pass) {
	bool early;
};

FIXTURE_VARIANT_ADD(pass, reader_comes_later) { .early = false };
FIXTURE_VARIANT_ADD(pass, reader_waits) { .early = true };

FIXTURE_SETUP(pass)
{
}

FIXTURE_TEARDOWN(pass)
{
}

#define TEST_PASS(name, make)							\
	TEST_F(pass, name)							\
	{									\
		struct channel channel = make;					\
										\
		channel.early = variant->early;					\
		EXPECT_DENIED(channel_run(channel));				\
	}

TEST_PASS(pipe, pipe_new())
TEST_PASS(fifo, fifo_new())
TEST_PASS(unix_stream, pair_new(SOCK_STREAM))
TEST_PASS(unix_dgram, pair_new(SOCK_DGRAM))
TEST_PASS(unix_seqpacket, pair_new(SOCK_SEQPACKET))

#define TEST_SPLICE(name, make, end, function)					\
	TEST_F(pass, name)							\
	{									\
		struct channel channel = make;					\
										\
		channel.early = variant->early;					\
		channel.end = function;						\
		EXPECT_DENIED(channel_run(channel));				\
	}

TEST_SPLICE(pipe_from_sendfile, pipe_new(), send, send_sendfile)
TEST_SPLICE(pipe_from_splice, pipe_new(), send, send_splice)
TEST_SPLICE(pipe_from_vmsplice, pipe_new(), send, send_vmsplice)
TEST_SPLICE(pipe_from_tee, pipe_new(), send, send_tee)
TEST_SPLICE(pipe_to_vmsplice, pipe_new(), receive, receive_vmsplice)
TEST_SPLICE(pipe_to_splice, pipe_new(), receive, receive_splice)
TEST_SPLICE(unix_stream_to_splice, pair_new(SOCK_STREAM), receive, receive_splice)

/* The bytes themselves, and not only the next send, stay here. */
TEST(pipe_spliced_out_while_waiting)
{
	struct channel channel = pipe_new();

	channel.early = true;
	channel.receive = receive_splice_out;
	arrived("out", false);
	EXPECT_DENIED(channel_run(channel));
	EXPECT_EQ(!enforcing, arrived("out", !enforcing));
}

/* A reader that came before the writer had a label, and got nothing of it. */
static int channel_plain_writer(void *argument)
{
	struct channel *channel = argument;

	return write(channel->write_end, canary, sizeof(canary)) < 0 ? errno : 0;
}

TEST(pipe_without_label)
{
	struct channel channel = pipe_new();
	pid_t reader = child_start(channel_reader, &channel);

	EXPECT_EQ(0, in_child(channel_plain_writer, &channel));
	EXPECT_EQ(0, child_error(reader));
}

/* --- unix sockets with names ---------------------------------------------------- */

static socklen_t unix_name(struct sockaddr_un *name)
{
	*name = (struct sockaddr_un){ .sun_family = AF_UNIX };
	return offsetof(struct sockaddr_un, sun_path) +
	       sprintf(name->sun_path + 1, "domicile-test") + 1;
}

static int unix_sender(void *argument)
{
	int fd = socket(AF_UNIX, *(int *)argument, 0), error;
	struct sockaddr_un name;
	socklen_t length = unix_name(&name);

	if (*(int *)argument == SOCK_STREAM && connect(fd, (void *)&name, length))
		return errno;
	error = take_label();
	if (error)
		return error;
	if (*(int *)argument == SOCK_STREAM)
		return send(fd, canary, sizeof(canary), 0) < 0 ? errno : 0;
	return sendto(fd, canary, sizeof(canary), 0, (void *)&name, length) < 0 ? errno : 0;
}

static int unix_receiver(void *argument)
{
	char buffer[256] = {};
	int fd = *(int *)argument;

	return recv(fd, buffer, sizeof(buffer), 0) <= 0 || strcmp(buffer, canary) ? EIO :
										   try_out();
}

static int unix_acceptor(void *argument)
{
	int fd = accept(*(int *)argument, NULL, NULL);

	return unix_receiver(&fd);
}

static int unix_named(int type)
{
	int fd = socket(AF_UNIX, type, 0), error, result;
	struct sockaddr_un name;
	socklen_t length = unix_name(&name);
	pid_t receiver;

	if (bind(fd, (void *)&name, length) || (type == SOCK_STREAM && listen(fd, 4)))
		return errno;
	receiver = child_start(type == SOCK_STREAM ? unix_acceptor : unix_receiver, &fd);
	error = in_child(unix_sender, &type);
	result = child_error(receiver);
	close(fd);
	return error ?: result;
}

TEST(unix_abstract_stream) { EXPECT_DENIED(unix_named(SOCK_STREAM)); }
TEST(unix_abstract_dgram) { EXPECT_DENIED(unix_named(SOCK_DGRAM)); }

/* Who only sends on a socket that somebody else's label went through stays free. */
static int send_only(void *argument)
{
	struct channel *channel = argument;

	return write(channel->write_end, "x", 1) < 0 ? errno : try_out();
}

TEST(unix_other_direction)
{
	struct channel channel = pair_new(SOCK_STREAM);

	EXPECT_EQ(0, in_child(channel_writer, &channel));
	EXPECT_EQ(0, in_child(send_only, &channel));
}

/* --- descriptors that are passed on ---------------------------------------------- */

static int pass_fd(int socket, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = {}, byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	return sendmsg(socket, &msg, 0) < 0 ? errno : 0;
}

static int take_fd(int socket)
{
	char control[CMSG_SPACE(sizeof(int))] = {}, byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			      .msg_controllen = sizeof(control) };
	int fd = -1;

	if (recvmsg(socket, &msg, 0) > 0 && CMSG_FIRSTHDR(&msg))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

static int rights_sender(void *argument)
{
	return pass_fd(((struct channel *)argument)->write_end, open(LABELLED, O_RDONLY));
}

static int rights_receiver(void *argument)
{
	char buffer[256] = {};
	int fd = take_fd(((struct channel *)argument)->read_end);

	return read(fd, buffer, sizeof(buffer)) <= 0 ? EIO : try_out();
}

TEST(scm_rights_file)
{
	struct channel channel = pair_new(SOCK_STREAM);

	EXPECT_EQ(0, in_child(rights_sender, &channel));
	EXPECT_DENIED(in_child(rights_receiver, &channel));
}

/* A descriptor opened by somebody else before the label was on the file. */
static int reader_of_fd(void *argument)
{
	char buffer[256] = {};

	return pread(*(int *)argument, buffer, sizeof(buffer), 0) <= 0 ? EIO : try_out();
}

static int write_copy(void *argument)
{
	return take_label() ?:
	       pwrite(*(int *)argument, canary, sizeof(canary), 0) < 0 ? errno : 0;
}

TEST(file_opened_before_the_label)
{
	int fd;

	file_write(COPY, "plain");
	fd = open(COPY, O_RDWR);
	EXPECT_EQ(0, in_child(reader_of_fd, &fd));
	EXPECT_EQ(0, in_child(write_copy, &fd));
	EXPECT_DENIED(in_child(reader_of_fd, &fd));
	unlink(COPY);
}

/* --- shared memory ---------------------------------------------------------------------- */

static char *shared;

static int shared_writer(void *argument)
{
	int error = take_label();

	memcpy(argument, canary, sizeof(canary));
	return error;
}

static int shared_reader(void *argument)
{
	usleep(500 * 1000);
	return strcmp(argument, canary) ? ENODATA : try_out();
}

/* Not child_start(): these keep one piece of shared memory. */
static int shared_run(int (*work)(void *), char *memory)
{
	memory_unshare_but(memory);
	return work(memory);
}

/* The family shares memory that the harness does not know. */
static int shared_anonymous(void *argument)
{
	pid_t reader, writer;

	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	reader = fork();
	if (!reader)
		_exit(shared_run(shared_reader, shared));
	writer = fork();
	if (!writer)
		_exit(shared_run(shared_writer, shared));
	return child_error(writer) ?: child_error(reader);
}

TEST(shared_anonymous_memory) { EXPECT_DENIED(in_child(shared_anonymous, NULL)); }

static int shared_map(void)
{
	int fd = open(COPY, O_RDWR | O_CREAT, 0600);

	if (fd < 0 || ftruncate(fd, 4096))
		return errno;
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED_VALIDATE, fd, 0);
	return shared == MAP_FAILED ? errno : 0;
}

static int shared_file_writer(void *argument)
{
	return shared_map() ?: shared_writer(shared);
}

static int shared_file_reader(void *argument)
{
	return shared_map() ?: shared_reader(shared);
}

TEST(shared_file_mapping)
{
	pid_t reader = child_start(shared_file_reader, NULL);

	EXPECT_EQ(0, in_child(shared_file_writer, NULL));
	EXPECT_DENIED(child_error(reader));
	unlink(COPY);
}

/* The writer's label comes by pipe while it waits: no hook may touch its files then. */
static int shared_pipe_writer(void *argument)
{
	struct channel *channel = argument;
	char buffer[256];
	int error = shared_map();

	if (error || read(channel->read_end, buffer, sizeof(buffer)) <= 0)
		return error ?: EIO;
	memcpy(shared, buffer, sizeof(canary));
	pause();
	return 0;
}

TEST(shared_memory_after_waiting)
{
	struct channel channel = pipe_new();
	pid_t writer, reader;

	channel.early = true;
	writer = child_start(shared_pipe_writer, &channel);
	reader = child_start(shared_file_reader, NULL);
	EXPECT_EQ(0, in_child(channel_writer, &channel));
	EXPECT_DENIED(child_error(reader));
	kill(writer, SIGKILL);
	child_error(writer);
	unlink(COPY);
}

/* --- exec by a thread that is not the leader ----------------------------------------------- */

static void *exec_thread(void *argument)
{
	execl("/bin/bash", "bash", "-c", "echo x > /dev/udp/" OUT4 "/4000", NULL);
	_exit(127);
}

static int by_exec_of_thread(void *argument)
{
	int error = take_label(), null = open("/dev/null", O_WRONLY);
	pthread_t thread;

	if (error)
		return error;
	dup2(null, 2);
	pthread_create(&thread, NULL, exec_thread, NULL);
	pause();
	return 0;
}

TEST(exec_by_thread)
{
	EXPECT_EQ(enforcing ? 1 : 0, in_child(by_exec_of_thread, NULL));
}

/* --- attaching ---------------------------------------------------------------------------- */

static int labelled_sleeper(void *argument)
{
	int error = take_label();

	pause();
	return error;
}

static int memory_reader(void *argument)
{
	static char buffer[sizeof(canary)];
	struct iovec local = { buffer, sizeof(buffer) };
	struct iovec remote = { (void *)canary, sizeof(canary) };
	pid_t pid = *(pid_t *)argument;

	if (process_vm_readv(pid, &local, 1, &remote, 1, 0) < 0)
		return errno;
	return try_out();
}

static int status_reader(void *argument)
{
	char path[64], buffer[256];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", *(pid_t *)argument);
	fd = open(path, O_RDONLY);
	return read(fd, buffer, sizeof(buffer)) <= 0 ? EIO : try_out();
}

TEST(process_memory)
{
	pid_t pid = child_start(labelled_sleeper, NULL);

	usleep(500 * 1000);
	EXPECT_EQ(0, in_child(status_reader, &pid));
	EXPECT_DENIED(in_child(memory_reader, &pid));
	kill(pid, SIGKILL);
	child_error(pid);
}

/* --- `domicile run`, `task show` ------------------------------------------------------------ */

TEST(run_with_label)
{
	if (!enforcing)
		SKIP(return, "needs domicile");
	EXPECT_NE(0, shell("domicile run --label cn.pii -- bash -c 'echo x > /dev/udp/" OUT4
			   "/%d' 2>/dev/null", PORT));
	EXPECT_EQ(0, shell("domicile run --label cn.pii -- bash -c 'echo x > /dev/udp/" IN4
			   "/%d'", PORT));
	EXPECT_EQ(0, shell("domicile run --label cn.pii -- sleep 5 & sleep 1; "
			   "domicile task show $! | grep -q cn.pii"));
}
