// SPDX-License-Identifier: GPL-2.0-only
/*
 * What system calls cost, in ticks of the time-stamp counter. Under QEMU's
 * -icount shift=0 a tick is one instruction.
 *
 * Each row is timed in blocks of many calls; the smallest block counts, the
 * others met an interrupt.
 */
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <x86intrin.h>

#define BLOCKS 15
#define WARM_UP 3

/* What the row that is being measured has open. */
static int ends[2];
static struct sockaddr_in address;
static char path[4096];

static const char *directory = "/tmp";
static char byte;

#define CHECK(call)                                                                                \
	do {                                                                                       \
		if ((call) < 0)                                                                    \
			err(1, "%s", #call);                                                       \
	} while (0)

static void ends_close(void)
{
	close(ends[0]);
	close(ends[1]);
}

static void one_getpid(void)
{
	syscall(SYS_getpid);
}

/* --- pipes and unix sockets ---------------------------------------------- */

static void pipe_open(void)
{
	CHECK(pipe(ends));
}

static void unix_open(void)
{
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
}

static void one_transfer(void)
{
	CHECK(write(ends[1], &byte, 1));
	CHECK(read(ends[0], &byte, 1));
}

/* --- files --------------------------------------------------------------- */

static void file_open(void)
{
	snprintf(path, sizeof(path), "%s/bench-XXXXXX", directory);
	CHECK(ends[0] = mkstemp(path));
	CHECK(write(ends[0], &byte, 1));
}

static void file_close(void)
{
	close(ends[0]);
	unlink(path);
}

static void one_open(void)
{
	int fd;

	CHECK(fd = open(path, O_RDONLY));
	CHECK(close(fd));
}

static void one_stat(void)
{
	struct stat status;

	CHECK(stat(path, &status));
}

static void one_file_read(void)
{
	CHECK(pread(ends[0], &byte, 1, 0));
}

static void one_file_write(void)
{
	CHECK(pwrite(ends[0], &byte, 1, 0));
}

/* --- the network, as far as this host ------------------------------------ */

/* ends[1] gets the address that ends[0] has been given. */
static void inet_open(int type)
{
	socklen_t length = sizeof(address);

	address = (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	CHECK(ends[0] = socket(AF_INET, type, 0));
	CHECK(bind(ends[0], (struct sockaddr *)&address, sizeof(address)));
	CHECK(getsockname(ends[0], (struct sockaddr *)&address, &length));
}

static void udp_open(void)
{
	inet_open(SOCK_DGRAM);
	CHECK(ends[1] = socket(AF_INET, SOCK_DGRAM, 0));
}

static void udp_empty(void)
{
	while (recv(ends[0], &byte, 1, MSG_DONTWAIT) >= 0)
		;
}

static void one_udp_send(void)
{
	CHECK(sendto(ends[1], &byte, 1, 0, (struct sockaddr *)&address, sizeof(address)));
}

static void one_udp_transfer(void)
{
	one_udp_send();
	CHECK(recv(ends[0], &byte, 1, 0));
}

static void tcp_listen(void)
{
	inet_open(SOCK_STREAM);
	CHECK(listen(ends[0], 16));
}

static void tcp_close(void)
{
	close(ends[0]);
}

/* Aborted rather than closed: connections that linger slow down the next. */
static void one_tcp_connect(void)
{
	struct linger abort = { .l_onoff = 1 };
	int client, server;

	CHECK(client = socket(AF_INET, SOCK_STREAM, 0));
	CHECK(connect(client, (struct sockaddr *)&address, sizeof(address)));
	CHECK(server = accept(ends[0], NULL, NULL));
	CHECK(setsockopt(client, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort)));
	CHECK(close(client));
	CHECK(close(server));
}

static void tcp_open(void)
{
	int listener;

	tcp_listen();
	listener = ends[0];
	CHECK(ends[1] = socket(AF_INET, SOCK_STREAM, 0));
	CHECK(connect(ends[1], (struct sockaddr *)&address, sizeof(address)));
	CHECK(ends[0] = accept(listener, NULL, NULL));
	close(listener);
}

/* --- processes ----------------------------------------------------------- */

static void one_fork(void)
{
	pid_t child;

	CHECK(child = fork());
	if (!child)
		_exit(0);
	CHECK(waitpid(child, NULL, 0));
}

static const struct row {
	const char *name;
	unsigned int calls; /* in a block; few enough for some block to see no timer tick */
	void (*open)(void);
	void (*one)(void);
	void (*empty)(void); /* after each block, not timed */
	void (*close)(void);
} rows[] = {
	{ "getpid", 2000, NULL, one_getpid },
	{ "pipe write+read", 400, pipe_open, one_transfer, NULL, ends_close },
	{ "unix write+read", 200, unix_open, one_transfer, NULL, ends_close },
	{ "file read", 400, file_open, one_file_read, NULL, file_close },
	{ "file write", 400, file_open, one_file_write, NULL, file_close },
	{ "open+close", 200, file_open, one_open, NULL, file_close },
	{ "stat", 400, file_open, one_stat, NULL, file_close },
	{ "udp send", 100, udp_open, one_udp_send, udp_empty, ends_close },
	{ "udp send+receive", 100, udp_open, one_udp_transfer, NULL, ends_close },
	{ "tcp connect", 20, tcp_listen, one_tcp_connect, NULL, tcp_close },
	{ "tcp send+receive", 50, tcp_open, one_transfer, NULL, ends_close },
	{ "fork+exit", 10, NULL, one_fork },
};

#define ROWS (sizeof(rows) / sizeof(*rows))

static uint64_t ticks(void)
{
	uint64_t now;

	_mm_lfence();
	now = __rdtsc();
	_mm_lfence();
	return now;
}

static uint64_t block(const struct row *row)
{
	uint64_t start = ticks();

	for (unsigned int i = 0; i < row->calls; i++)
		row->one();
	start = ticks() - start;
	if (row->empty)
		row->empty();
	return start;
}

static double measure(const struct row *row)
{
	uint64_t least = UINT64_MAX, took;

	if (row->open)
		row->open();
	for (int i = -WARM_UP; i < BLOCKS; i++) {
		took = block(row);
		if (i >= 0 && took < least)
			least = took;
	}
	if (row->close)
		row->close();
	return (double)least / row->calls;
}

static void pin(void)
{
	cpu_set_t first;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	CHECK(sched_setaffinity(0, sizeof(first), &first));
}

static void print(bool json)
{
	for (size_t i = 0; i < ROWS; i++) {
		double cost = measure(&rows[i]);

		if (json)
			printf("%s\"%s\": %.1f", i ? ", " : "{", rows[i].name, cost);
		else
			printf("%s\t%.1f\n", rows[i].name, cost);
		fflush(stdout);
	}
	if (json)
		puts("}");
}

int main(int argc, char **argv)
{
	bool json = argc > 1 && !strcmp(argv[1], "--json");

	if (argc > 2 + json) {
		fprintf(stderr, "Usage: calls [--json] [DIRECTORY]\n");
		return 2;
	}
	if (argc > 1 + json)
		directory = argv[1 + json];
	pin();
	print(json);
	return ferror(stdout) ? 1 : 0;
}
