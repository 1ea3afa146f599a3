// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads. One sends what another is receiving, before that call returns; and one
 * sends from a buffer that another, or another process, fills with labelled data in
 * the meantime. Each try is repeated until it was really in the middle of the call.
 */

#include "channel.h"
#include "ptrace32.h"

#include <pthread.h>
#include <pty.h>
#include <spawn.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <termios.h>

#define BIG (60u << 10) /* of one datagram */
#define LONG (24u << 20)
#define TAIL (LONG - 4096)
#define TRIES 20
#define RECORD DIR_TEST "/record"

/* --- one receives, another sends ------------------------------------------- */

static int feeder(void *argument)
{
	int fd = *(int *)argument, error = take_label();
	char *data = calloc(1, BIG);

	memcpy(data, canary, sizeof(canary));
	return error ?: write(fd, data, isatty(fd) ? sizeof(canary) : BIG) < 0 ? errno : 0;
}

static char volatile arrival[BIG];

static void *receive(void *argument)
{
	if (read(*(int *)argument, (char *)arrival, BIG) <= 0)
		_exit(EIO);
	return NULL;
}

static int eater(void *argument)
{
	pthread_t thread;

	pthread_create(&thread, NULL, receive, argument);
	while (!arrival[0])
		;
	return try_out();
}

static int pair_stream(int fds[2])
{
	return socketpair(AF_UNIX, SOCK_STREAM, 0, fds);
}

static int pair_datagram(int fds[2])
{
	return socketpair(AF_UNIX, SOCK_DGRAM, 0, fds);
}

static int pair_seqpacket(int fds[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds);
}

static int pair_terminal(int fds[2])
{
	struct termios raw;
	int error = openpty(&fds[0], &fds[1], NULL, NULL, NULL);

	tcgetattr(fds[1], &raw);
	cfmakeraw(&raw);
	tcsetattr(fds[1], TCSANOW, &raw);
	return error;
}

/* Both ends on loopback. */
static int pair_inet(int type, int fds[2])
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(a);
	int listener;

	fds[0] = socket(AF_INET, type, 0);
	fds[1] = socket(AF_INET, type, 0);
	if (bind(fds[0], (void *)&a, size) || getsockname(fds[0], (void *)&a, &size))
		return -1;
	if (type == SOCK_DGRAM)
		return connect(fds[1], (void *)&a, size);
	listener = fds[0];
	if (listen(listener, 1) || connect(fds[1], (void *)&a, size))
		return -1;
	fds[0] = accept(listener, NULL, NULL);
	return close(listener);
}

static int pair_tcp(int fds[2])
{
	return pair_inet(SOCK_STREAM, fds);
}

static int pair_udp(int fds[2])
{
	return pair_inet(SOCK_DGRAM, fds);
}

FIXTURE(receiving) {
	bool unused;
};

FIXTURE_VARIANT(receiving) {
	const char *row;
	const char *mechanism;
	int (*pair)(int fds[2]);
};

FIXTURE_VARIANT_ADD(receiving, pipe) { "P17/calls", "domicile_file_get", pipe };
FIXTURE_VARIANT_ADD(receiving, unix_stream) {
	"P17/unix_stream", "unix_stream_read_actor", pair_stream };
FIXTURE_VARIANT_ADD(receiving, unix_datagram) {
	"P17/unix_datagram", "__skb_try_recv_datagram", pair_datagram };
FIXTURE_VARIANT_ADD(receiving, unix_seqpacket) {
	"P17/unix_seqpacket", "__skb_try_recv_datagram", pair_seqpacket };
FIXTURE_VARIANT_ADD(receiving, tcp) { "P17/tcp", "skb_copy_datagram_iter", pair_tcp };
FIXTURE_VARIANT_ADD(receiving, udp) { "P17/udp", "__skb_recv_udp", pair_udp };
FIXTURE_VARIANT_ADD(receiving, terminal) { "P17/terminal", "n_tty_read", pair_terminal };

FIXTURE_SETUP(receiving)
{
}

FIXTURE_TEARDOWN(receiving)
{
}

TEST_F_TIMEOUT(receiving, another_sends, 120)
{
	int expected = enforcing ? EPERM : 0, fds[2];
	pid_t pid;

	ROW(variant->row, "tracked", variant->mechanism);
	for (int i = 0; i < TRIES; i++) {
		ASSERT_EQ(0, variant->pair(fds));
		pid = child_start(feeder, &fds[1]);
		ASSERT_EQ(expected, in_child(eater, &fds[0]));
		ASSERT_EQ(0, child_error(pid));
		close(fds[0]);
		close(fds[1]);
	}
}

/* --- one sends, another reads labelled data into the buffer ------------------ */

struct sending {
	int fd;
	char *data;
	ssize_t sent;
};

static void *send_all(void *argument)
{
	struct sending *sending = argument;

	for (ssize_t sent; sending->sent < LONG; sending->sent += sent) {
		sent = write(sending->fd, sending->data + sending->sent,
			     LONG - sending->sent);
		if (sent <= 0)
			break;
	}
	return NULL;
}

/* Return: ENODATA if the data had gone before the canary came. */
static int sender(void *argument)
{
	struct sending sending = { .fd = *(int *)argument, .data = malloc(LONG) };
	pthread_t thread;
	int error;

	memset(sending.data, 'x', LONG);
	pthread_create(&thread, NULL, send_all, &sending);
	usleep(20 * 1000);
	error = take_label();
	memcpy(sending.data + TAIL, canary, sizeof(canary));
	if (error || sending.sent >= LONG)
		return error ?: ENODATA;
	pthread_join(thread, NULL);
	return 0;
}

static int sender_alone(void *argument)
{
	int *fds = argument;

	close(fds[0]);
	return sender(&fds[1]);
}

/* Comes when the sender waits for room. */
static int receiver(void *argument)
{
	char *data = malloc(LONG);
	ssize_t size, received = 0;

	usleep(700 * 1000);
	while ((size = read(*(int *)argument, data + received, LONG - received)) > 0)
		received += size;
	return received == LONG && !strcmp(data + TAIL, canary) ? try_out() : ENODATA;
}

FIXTURE(sending) {
	bool unused;
};

FIXTURE_VARIANT(sending) {
	const char *row;
	int (*pair)(int fds[2]);
};

FIXTURE_VARIANT_ADD(sending, pipe) { "P17/pipe_sent", pipe };
FIXTURE_VARIANT_ADD(sending, unix_stream) { "P17/unix_sent", pair_stream };
FIXTURE_VARIANT_ADD(sending, tcp) { "P17/tcp_sent", pair_tcp };

FIXTURE_SETUP(sending)
{
}

FIXTURE_TEARDOWN(sending)
{
}

TEST_F_TIMEOUT(sending, another_reads, 120)
{
	int result = ENODATA, fds[2];
	pid_t pid;

	ROW(variant->row, "tracked", "domicile_file_get");
	for (int i = 0; i < TRIES && result == ENODATA; i++) {
		ASSERT_EQ(0, variant->pair(fds));
		pid = child_start(sender_alone, fds);
		close(fds[1]);
		result = in_child(receiver, &fds[0]);
		close(fds[0]);
		child_error(pid);
	}
	EXPECT_DENIED(result);
}

/* --- one sends, another closes its descriptor and then reads ---------------------- */

static int by_close(void *fd)
{
	return close(*(int *)fd);
}

static int by_another_file(void *fd)
{
	return dup2(open("/dev/null", O_WRONLY), *(int *)fd) < 0;
}

/* Of a process that shares the descriptors, and is no thread. */
static int by_another_process(void *fd)
{
	static char stack[16 << 10] __attribute__((aligned(16)));
	pid_t pid = clone(by_close, stack + sizeof(stack), CLONE_FILES | CLONE_VM | SIGCHLD, fd);

	return child_error(pid);
}

struct letting_go {
	int *fds;
	int (*how)(void *fd);
};

static int sender_without(void *argument)
{
	struct letting_go *go = argument;
	struct sending sending = { .fd = go->fds[1], .data = malloc(LONG) };
	pthread_t thread;
	int error;

	close(go->fds[0]);
	memset(sending.data, 'x', LONG);
	pthread_create(&thread, NULL, send_all, &sending);
	usleep(100 * 1000);
	error = go->how(&sending.fd) ? EIO : take_label();
	memcpy(sending.data + TAIL, canary, sizeof(canary));
	pthread_join(thread, NULL);
	return error;
}

/* A pipe gets the label all the same. What else it was is not found: nobody takes the label. */
static int result_without(int (*pair)(int fds[2]), int (*how)(void *fd))
{
	int fds[2], result, error;
	struct letting_go go = { fds, how };
	pid_t pid;

	if (pair(fds))
		return errno;
	pid = child_start(sender_without, &go);
	close(fds[1]);
	result = in_child(receiver, &fds[0]);
	close(fds[0]);
	error = child_error(pid);
	if (enforcing && pair != pipe)
		error = recorded("\"file_open\"", "\"lost_call\"", LABELLED) ? error : EIO;
	return error ?: result;
}

TEST_F(sending, another_closes)
{
	ROW(variant->row, "tracked", "locks_remove_posix");
	EXPECT_DENIED(result_without(variant->pair, by_close));
	EXPECT_DENIED(result_without(variant->pair, by_another_file));
	EXPECT_DENIED(result_without(variant->pair, by_another_process));
}

/* --- one sends, another waits at a pipe to fill the buffer ---------------------- */

struct relay {
	int *fds; /* the end that receives, the end that sends */
	int feed[2];
};

static int relay(void *argument)
{
	struct relay *relay = argument;
	struct sending sending = { .fd = relay->fds[1], .data = malloc(LONG) };
	pthread_t thread;

	close(relay->fds[0]);
	close(relay->feed[1]);
	memset(sending.data, 'x', LONG);
	pthread_create(&thread, NULL, send_all, &sending);
	if (read(relay->feed[0], sending.data + TAIL, sizeof(canary)) <= 0)
		return EIO;
	pthread_join(thread, NULL);
	return 0;
}

static int late_feeder(void *argument)
{
	struct relay *relay = argument;
	int error;

	usleep(300 * 1000);
	error = take_label();
	return error ?: write(relay->feed[1], canary, sizeof(canary)) < 0 ? errno : 0;
}

TEST_F_TIMEOUT(sending, another_waits, 120)
{
	int result = ENODATA, fds[2];
	struct relay chain = { .fds = fds };
	pid_t sender, feeder;

	ROW(variant->row, "tracked", "pipe_spread");
	for (int i = 0; i < TRIES && result == ENODATA; i++) {
		ASSERT_EQ(0, pipe(chain.feed));
		ASSERT_EQ(0, variant->pair(fds));
		sender = child_start(relay, &chain);
		feeder = child_start(late_feeder, &chain);
		close(fds[1]);
		close(chain.feed[0]);
		close(chain.feed[1]);
		result = in_child(receiver, &fds[0]);
		close(fds[0]);
		EXPECT_EQ(0, child_error(feeder));
		child_error(sender);
	}
	EXPECT_DENIED(result);
}

/* --- one sends, and a tracer says that its call was over ------------------------ */

struct hiding {
	int *fds;
	volatile int *thread; /* its id; with the next, shared with the tracer */
	volatile int *go;
	bool compat;
};

static struct hiding *hiding;

static void *send_hidden(void *argument)
{
	*hiding->thread = gettid();
	while (!*hiding->go)
		;
	return send_all(argument);
}

/* Takes the label when the tracer has gone. */
static int hidden_sender(void)
{
	struct sending sending = { .data = malloc(LONG) };
	pthread_t thread;
	int error;

	close(hiding->fds[0]);
	sending.fd = hiding->fds[1];
	memset(sending.data, 'x', LONG);
	pthread_create(&thread, NULL, send_hidden, &sending);
	while (*hiding->go != 2)
		usleep(1000);
	error = take_label();
	memcpy(sending.data + TAIL, canary, sizeof(canary));
	pthread_join(thread, NULL);
	return error;
}

/*
 * A tracer that stops a thread to leave it also ends its call; one that dies does not.
 * Return: 0 when the thread will be in its write, with 0 for the result to come.
 */
static int result_forge(void)
{
	pid_t thread = *hiding->thread;
	struct user_regs_struct registers;
	int status;

	if (ptrace(PTRACE_SEIZE, thread, 0, PTRACE_O_TRACESYSGOOD) ||
	    ptrace(PTRACE_INTERRUPT, thread, 0, 0) ||
	    waitpid(thread, &status, __WALL) != thread)
		return errno;
	*hiding->go = 1;
	do {
		if (ptrace(PTRACE_SYSCALL, thread, 0, 0) ||
		    waitpid(thread, &status, __WALL) != thread ||
		    ptrace(PTRACE_GETREGS, thread, 0, &registers))
			return errno;
	} while (registers.orig_rax != SYS_write || (long)registers.rax != -ENOSYS);
	if (hiding->compat ? ptrace32(PTRACE_POKEUSER, thread, 6 * 4, 0) :
		     ptrace(PTRACE_POKEUSER, thread, offsetof(struct user_regs_struct, rax), 0))
		return errno;
	if (ptrace(PTRACE_CONT, thread, 0, 0))
		return errno;
	usleep(50 * 1000);
	return 0;
}

static int hidden(void *argument)
{
	pid_t sender, tracer;
	int error;

	hiding = argument;
	hiding->thread = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			      -1, 0);
	hiding->go = hiding->thread + 1;
	sender = fork();
	if (!sender) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(hidden_sender());
	}
	close(hiding->fds[1]);
	while (!*hiding->thread)
		usleep(1000);
	tracer = fork();
	if (!tracer)
		_exit(result_forge());
	error = child_error(tracer);
	*hiding->go = 2;
	return error ?: child_error(sender);
}

static int result_of_hidden(int (*pair)(int fds[2]), bool compat)
{
	int fds[2], result;
	struct hiding what = { .fds = fds, .compat = compat };
	pid_t pid;

	if (pair(fds))
		return errno;
	pid = child_start(hidden, &what);
	close(fds[1]);
	result = in_child(receiver, &fds[0]);
	close(fds[0]);
	return child_error(pid) ?: result;
}

TEST_F(sending, another_forges)
{
	ROW(variant->row, "tracked", "arch_ptrace");
	EXPECT_DENIED(result_of_hidden(variant->pair, false));
}

TEST_F(sending, another_forges_32)
{
	ROW(variant->row, "tracked", "compat_arch_ptrace");
	EXPECT_DENIED(result_of_hidden(variant->pair, true));
}

/* --- one sends from memory that another process fills ------------------------- */

static char *shared_data(void)
{
	int fd = open(RECORD, O_RDWR);
	char *data = mmap(NULL, LONG, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (data == MAP_FAILED)
		_exit(EIO);
	close(fd);
	return data;
}

static int sender_of_shared(void *argument)
{
	int *fds = argument;
	struct sending sending = { .fd = fds[1], .data = shared_data() };

	close(fds[0]);
	send_all(&sending);
	return 0;
}

static int filler(void *argument)
{
	char *data = shared_data();
	int error;

	usleep(300 * 1000);
	error = take_label();
	memcpy(data + TAIL, canary, sizeof(canary));
	return error;
}

TEST_F_TIMEOUT(sending, another_process_fills, 120)
{
	int result = ENODATA, fds[2];
	pid_t sender, writer;

	ROW(variant->row, "tracked", "domicile_link_maps");
	for (int i = 0; i < TRIES && result == ENODATA; i++) {
		ASSERT_EQ(0, shell("truncate -s %u " RECORD, LONG));
		ASSERT_EQ(0, variant->pair(fds));
		sender = child_start(sender_of_shared, fds);
		writer = child_start(filler, NULL);
		close(fds[1]);
		result = in_child(receiver, &fds[0]);
		close(fds[0]);
		EXPECT_EQ(0, child_error(writer));
		child_error(sender);
		unlink(RECORD);
	}
	EXPECT_DENIED(result);
}

static int filler_from_pipe(void *argument)
{
	struct relay *relay = argument;
	char *data = shared_data();

	close(relay->feed[1]);
	return read(relay->feed[0], data + TAIL, sizeof(canary)) > 0 ? 0 : EIO;
}

TEST_F_TIMEOUT(sending, another_process_waits, 120)
{
	int result = ENODATA, fds[2];
	struct relay chain = { .fds = fds };
	pid_t sender, feeder, reader;

	ROW(variant->row, "tracked", "pipe_spread");
	for (int i = 0; i < TRIES && result == ENODATA; i++) {
		ASSERT_EQ(0, shell("truncate -s %u " RECORD, LONG));
		ASSERT_EQ(0, pipe(chain.feed));
		ASSERT_EQ(0, variant->pair(fds));
		sender = child_start(sender_of_shared, fds);
		close(fds[1]);
		reader = child_start(filler_from_pipe, &chain);
		feeder = child_start(late_feeder, &chain);
		close(chain.feed[0]);
		close(chain.feed[1]);
		result = in_child(receiver, &fds[0]);
		close(fds[0]);
		EXPECT_EQ(0, child_error(feeder));
		EXPECT_EQ(0, child_error(reader));
		child_error(sender);
		unlink(RECORD);
	}
	EXPECT_DENIED(result);
}

FIXTURE(writing) {
	bool unused;
};

FIXTURE_SETUP(writing)
{
}

FIXTURE_TEARDOWN(writing)
{
}

static int record_read(void *argument)
{
	char data[sizeof(canary)] = {};
	int fd = open(RECORD, O_RDONLY);

	if (pread(fd, data, sizeof(data), TAIL) <= 0 || strcmp(data, canary))
		return ENODATA;
	return try_out();
}

TEST_F_TIMEOUT(writing, a_file_another_reads, 120)
{
	int result = ENODATA, fd;

	ROW("P17/file_written", "tracked", "domicile_file_get");
	for (int i = 0; i < TRIES && result == ENODATA; i++) {
		unlink(RECORD);
		fd = open(RECORD, O_WRONLY | O_CREAT, 0644);
		in_child(sender, &fd);
		close(fd);
		result = in_child(record_read, NULL);
	}
	unlink(RECORD);
	/* The label cannot be taken before the write has ended, which holds the file. */
	EXPECT_TRUE(enforcing ? result == EPERM || result == ENODATA : !result);
}

static int sender_out(void *argument)
{
	struct endpoint to = endpoint(OUT4, PORT);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (connect(fd, (void *)&to.address, to.length))
		return errno;
	return sender(&fd);
}

static bool has_ended(pid_t pid)
{
	siginfo_t info = {};

	return !waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) && info.si_pid;
}

/* The call cannot be refused any more; its packets are, and it waits. */
TEST_F_TIMEOUT(writing, out_another_reads, 120)
{
	int result = ENODATA;

	ROW("P17/out", "blocked", "domicile_file_get,cgroup_egress");
	for (int i = 0; i < TRIES && result == ENODATA; i++) {
		pid_t pid = child_start(sender_out, NULL);

		arrived("out", false);
		for (int waits = enforcing ? 50 : 400; waits && !has_ended(pid); waits--)
			usleep(100 * 1000);
		kill(pid, SIGKILL);
		result = child_error(pid);
	}
	EXPECT_EQ(enforcing, shell("grep -q -a -F '%s' " SINK ".out", canary) != 0);
}

/* --- who is not concerned ------------------------------------------------------ */

#define PROGRAM DIR_TEST "/true"

static void *fill(void *argument)
{
	static char plain[1 << 17];

	if (write(*(int *)argument, plain, sizeof(plain)) != sizeof(plain))
		_exit(EIO);
	return NULL;
}

/* A process of many threads starts a labelled program, which takes none of its memory. */
static int spawner(void *argument)
{
	char *const arguments[] = { PROGRAM, NULL };
	int *fds = argument, status;
	pthread_t thread;
	pid_t pid;

	pthread_create(&thread, NULL, fill, &fds[1]);
	usleep(300 * 1000);
	if (posix_spawn(&pid, PROGRAM, NULL, NULL, arguments, NULL) ||
	    waitpid(pid, &status, 0) != pid || status)
		return ECHILD;
	if (write(fds[2], "", 1) != 1)
		return EPIPE;
	pthread_join(thread, NULL);
	return try_out();
}

static int drain(void *argument)
{
	static char buffer[1 << 17];
	ssize_t size, total = 0;

	while (total < sizeof(buffer) && (size = read(*(int *)argument, buffer, sizeof(buffer))) > 0)
		total += size;
	return total == sizeof(buffer) ? try_out() : EIO;
}

/* A thread has written, and does something else by now. */
static void *wrote(void *argument)
{
	fill(argument);
	for (;;)
		;
	return NULL;
}

static int labelled_later(void *argument)
{
	pthread_t thread;

	pthread_create(&thread, NULL, wrote, argument);
	usleep(500 * 1000);
	return take_label();
}

TEST(a_call_that_is_over_takes_no_label)
{
	int fds[2];

	ASSERT_EQ(0, pipe(fds));
	ASSERT_LT(0, fcntl(fds[1], F_SETPIPE_SZ, 1 << 18));
	EXPECT_EQ(0, in_child(labelled_later, &fds[1]));
	EXPECT_EQ(0, in_child(drain, &fds[0]));
}

TEST(a_child_to_be_taints_no_call)
{
	int fds[2], go[2];
	pid_t pid;
	char byte;

	ASSERT_EQ(0, shell("cp /bin/true " PROGRAM));
	if (enforcing)
		ASSERT_EQ(0, shell("domicile label set cn.pii " PROGRAM " >/dev/null"));
	ASSERT_EQ(0, pipe(fds));
	ASSERT_EQ(0, pipe(go));
	pid = child_start(spawner, (int[]){ fds[0], fds[1], go[1] });
	ASSERT_EQ(1, read(go[0], &byte, 1));
	EXPECT_EQ(0, in_child(drain, &fds[0]));
	EXPECT_EQ(0, child_error(pid));
	unlink(PROGRAM);
}
