/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests in C share: two phases, two networks, a sink that keeps what
 * arrives, children that hold labelled data, and the audit records.
 *
 * Each program runs its tests twice, first without Domicile ("off"), where the
 * canary must arrive, and then under it ("on"). A test asks `enforcing`.
 *
 * The harness shares memory with its children, and a label follows shared
 * memory. So nobody but a child made by in_child(), which gives that memory
 * up, may touch labelled data.
 */
#ifndef DOMICILE_TEST_H
#define DOMICILE_TEST_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef DOMICILE_TEST_NO_HARNESS /* a program that has a plan of its own */
#include "kselftest.h"
#else
#include "kselftest_harness.h"
#endif

#define DIR_TEST "/tmp/domicile-test"
#define LABELLED DIR_TEST "/labelled"
#define PLAIN DIR_TEST "/plain"
#define SINK DIR_TEST "/sink" /* + ".in" or ".out": all that arrived there */
#define PORT 4000

#define IN4 "198.51.100.2"
#define IN6 "2001:db8:20::2"
#define OUT4 "203.0.113.2"
#define OUT6 "2001:db8:bad::2"

static bool __attribute__((unused)) enforcing;
static const char canary[] = "canary-5d2c81f7-of-a-person";

/*
 * The row of the channel ledger that a test proves, with its variant, what
 * becomes of the channel and by which hook or mechanism: tools/ledger reads it.
 * ROW("N01/tcp4", "blocked", "socket_connect");
 */
#define ROW(id, outcome, mechanism)						\
	({									\
		if (enforcing) {						\
			printf("# row %s %s %s\n", id, outcome, mechanism);	\
			fflush(stdout); /* the harness ends tests by _exit() */	\
		}								\
	})

/* Under enforcement EPERM, else no error. */
#define EXPECT_DENIED(error) EXPECT_EQ(enforcing ? EPERM : 0, error)

static inline int shell(const char *format, ...)
{
	char command[2048];
	va_list args;
	int status;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	status = system(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* --- children -------------------------------------------------------------- */

/* Give up the memory that the harness shares with its children, but not @keep. */
static inline void memory_unshare_but(const void *keep)
{
	unsigned long start, end;
	char line[512], mode[8];
	FILE *maps = fopen("/proc/self/maps", "r");

	while (maps && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx %7s", &start, &end, mode) == 3 && mode[3] == 's' &&
		    start != (unsigned long)keep)
			munmap((void *)start, end - start);
	}
	if (maps)
		fclose(maps);
}

static inline int child_error(pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static inline pid_t child_start(int (*work)(void *), void *argument)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid)
		return pid;
	memory_unshare_but(NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	_exit(work(argument));
}

/* Run @work in a child of its own. Return: what it returned, an errno by custom. */
static inline int in_child(int (*work)(void *), void *argument)
{
	return child_error(child_start(work, argument));
}

/* Wait until nobody has the writing end of the pipe @fd any more. */
static inline void pipe_ends(int fd)
{
	struct pollfd hangup = { .fd = fd };

	poll(&hangup, 1, 10000);
}

/* Read the labelled file: what a child does to become tainted. */
static inline int take_label(void)
{
	char buffer[256];
	int fd = open(LABELLED, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return errno;
	if (read(fd, buffer, sizeof(buffer)) <= 0)
		return errno ?: EIO;
	close(fd);
	return 0;
}

/* --- network --------------------------------------------------------------- */

struct endpoint {
	struct sockaddr_storage address;
	socklen_t length;
	int family;
};

/* @host: a numeric address; "::ffff:a.b.c.d" gives an AF_INET6 endpoint. */
static inline struct endpoint endpoint(const char *host, int port)
{
	struct endpoint to = {};
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&to.address;
	struct sockaddr_in *v4 = (struct sockaddr_in *)&to.address;

	to.family = strchr(host, ':') ? AF_INET6 : AF_INET;
	to.address.ss_family = to.family;
	if (to.family == AF_INET6) {
		to.length = sizeof(*v6);
		v6->sin6_port = htons(port);
		inet_pton(AF_INET6, host, &v6->sin6_addr);
	} else {
		to.length = sizeof(*v4);
		v4->sin_port = htons(port);
		inet_pton(AF_INET, host, &v4->sin_addr);
	}
	return to;
}

/* Return: 0 or the errno of sending the canary to @host by UDP. */
static inline int send_canary(const char *host)
{
	struct endpoint to = endpoint(host, PORT);
	int fd = socket(to.family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int error = 0;

	if (sendto(fd, canary, sizeof(canary), 0, (void *)&to.address, to.length) < 0)
		error = errno;
	close(fd);
	return error;
}

/* Is the current process labelled? Found out as anybody could. */
static inline int try_out(void)
{
	return send_canary(OUT4);
}

static inline int sink_listen(int type)
{
	struct endpoint at = endpoint("::", PORT);
	int fd = socket(AF_INET6, type, 0), one = 1, off = 0, fastopen = 16;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, (void *)&at.address, at.length))
		_exit(1);
	if (type == SOCK_STREAM) {
		setsockopt(fd, IPPROTO_TCP, 23 /* TCP_FASTOPEN */, &fastopen, sizeof(fastopen));
		listen(fd, 64);
	}
	return fd;
}

static inline int raw_listen(int family)
{
	return socket(family, SOCK_RAW, 253 /* for experiments, RFC 3692 */);
}

#define SINK_SOCKETS 7
#define ETHER_TYPE 0x88b5 /* for experiments, IEEE 802 */

/* Keeps all that arrives: TCP and UDP on PORT, raw protocol 253, pings, Ethernet frames. */
static inline void sink_serve(int ready, int out)
{
	struct pollfd fds[64] = {};
	int count = SINK_SOCKETS;
	char buffer[65536];

	fds[0].fd = sink_listen(SOCK_STREAM);
	fds[1].fd = sink_listen(SOCK_DGRAM);
	fds[2].fd = raw_listen(AF_INET);
	fds[3].fd = raw_listen(AF_INET6);
	fds[4].fd = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	fds[5].fd = socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
	fds[6].fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETHER_TYPE));
	for (int i = 0; i < 64; i++)
		fds[i].events = POLLIN;
	if (write(ready, "", 1) != 1)
		_exit(1);
	while (poll(fds, count, -1) >= 0) {
		for (int i = 0; i < count; i++) {
			ssize_t size;

			if (!fds[i].revents)
				continue;
			if (!i) {
				int free = SINK_SOCKETS;

				while (free < count && fds[free].fd >= 0)
					free++;
				if (free == 64)
					_exit(1);
				fds[free].revents = 0;
				fds[free].fd = accept(fds[0].fd, NULL, NULL);
				count = free < count ? count : free + 1;
				continue;
			}
			size = recv(fds[i].fd, buffer, sizeof(buffer), 0);
			if (size > 0 && write(out, buffer, size) != size)
				_exit(1);
			if (i >= SINK_SOCKETS && size <= 0) {
				close(fds[i].fd);
				fds[i].fd = -1;
			}
		}
	}
	_exit(0);
}

static inline int namespace_enter(const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return setns(fd, CLONE_NEWNET);
}

static inline pid_t sink_start(const char *network)
{
	char path[64], byte;
	int ready[2];
	pid_t pid;

	snprintf(path, sizeof(path), SINK ".%s", network);
	if (pipe(ready))
		return -1;
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (namespace_enter(network))
			_exit(1);
		sink_serve(ready[1], open(path, O_WRONLY | O_CREAT | O_APPEND, 0600));
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		return -1;
	close(ready[0]);
	return pid;
}

static inline bool file_holds(const char *path, const char *what, size_t size)
{
	static char buffer[1 << 20];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? 0 : read(fd, buffer, sizeof(buffer));

	close(fd);
	return length > 0 && memmem(buffer, length, what, size);
}

/*
 * Did the canary arrive in @network since the last call? Waits long enough to
 * be sure that it did not when none is expected.
 */
static inline bool arrived(const char *network, bool expected)
{
	char path[64];
	bool seen = false;

	snprintf(path, sizeof(path), SINK ".%s", network);
	for (int i = 0; i < (expected ? 200 : 3) && !seen; i++) {
		usleep(50 * 1000);
		seen = file_holds(path, canary, sizeof(canary) - 1);
	}
	if (truncate(path, 0))
		return true;
	return seen;
}

/* --- records --------------------------------------------------------------- */

/* Is there a record, among the last ones, whose JSON holds all these strings? */
static inline bool recorded(const char *a, const char *b, const char *c)
{
	char line[8192];
	bool found = false;

	for (int i = 0; i < 10 && !found; i++) {
		FILE *tail = popen("domicile audit tail --json -n 40", "r");

		while (tail && fgets(line, sizeof(line), tail))
			found |= strstr(line, a) && strstr(line, b) && strstr(line, c);
		if (tail)
			pclose(tail);
		if (!found)
			usleep(100 * 1000);
	}
	return found;
}

/* --- the two phases -------------------------------------------------------- */

static inline void fail(const char *what)
{
	printf("Bail out! %s\n", what);
	exit(KSFT_FAIL);
}

static inline void file_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		fail(path);
	close(fd);
}

static inline void place_remove(void)
{
	umount2(DIR_TEST, MNT_DETACH);
	shell("rm -rf " DIR_TEST);
}

static inline void place_make(void)
{
	place_remove();
	if (mkdir(DIR_TEST, 0755) || mount("tmpfs", DIR_TEST, "tmpfs", 0, "mode=755") ||
	    mkdir(DIR_TEST "/tree", 0755))
		fail(DIR_TEST);
	file_write(LABELLED, canary);
	file_write(PLAIN, canary);
	file_write(DIR_TEST "/policy.yaml",
		   "version: 1\n"
		   "labels:\n"
		   "  cn.pii: {title: Personal information, jurisdiction: CN}\n"
		   "  eu.health: {title: Health data, jurisdiction: FR}\n"
		   "networks:\n"
		   "  cn-facilities: {cidr: [198.51.100.0/24, \"2001:db8:20::/48\"]}\n"
		   "sources:\n"
		   "  - {path: " DIR_TEST "/tree, label: cn.pii}\n"
		   "rules:\n"
		   "  - label: cn.pii\n"
		   "    egress: {allow: [cn-facilities], mode: enforce}\n"
		   "  - label: eu.health\n"
		   "    egress: {allow: [cn-facilities], mode: audit}\n");
}

static inline int net(const char *what)
{
	char self[PATH_MAX] = {};

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return -1;
	*strrchr(self, '/') = 0;
	return shell("%s/../../tests/vm/net %s", self, what);
}

#ifndef DOMICILE_TEST_NO_HARNESS

static inline int phase(bool on, int argc, char **argv)
{
	pid_t pid;

	printf("# %s Domicile\n", on ? "under" : "without");
	fflush(NULL);
	pid = fork();
	if (!pid) {
		enforcing = on;
		exit(test_harness_run(argc, argv));
	}
	return child_error(pid);
}

/* DOMICILE_PHASE is for programs that share one start of Domicile: see tests/run. */
static inline bool phase_wanted(const char *phase)
{
	const char *only = getenv("DOMICILE_PHASE");

	return !only || !strcmp(only, phase);
}

static inline void policy_enforce(void)
{
	if (getenv("DOMICILE_PHASE")) {
		if (shell("domicile policy apply " DIR_TEST "/policy.yaml >&2"))
			fail("domicile policy apply failed");
	} else if (shell("domicile up -p " DIR_TEST "/policy.yaml >&2")) {
		fail("domicile up failed");
	}
}

/* Return: as the harness. */
static inline int under_domicile(int argc, char **argv)
{
	int result = KSFT_FAIL;

	policy_enforce();
	if (!shell("domicile label set cn.pii " LABELLED " >&2"))
		result = phase(true, argc, argv);
	if (!getenv("DOMICILE_PHASE") && shell("domicile down >&2"))
		fail("domicile down failed");
	return result;
}

int main(int argc, char **argv)
{
	int off = 0, on = 0;
	pid_t in, out;

	setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 0);
	signal(SIGPIPE, SIG_IGN);
	place_make();
	shell("sysctl -qw net.ipv4.ping_group_range='0 2147483647'");
	if (net("up"))
		fail("no namespaces");
	in = sink_start("in");
	out = sink_start("out");
	if (in < 0 || out < 0)
		fail("no sinks");

	if (phase_wanted("without"))
		off = phase(false, argc, argv);
	if (phase_wanted("under"))
		on = under_domicile(argc, argv);

	kill(in, SIGKILL);
	kill(out, SIGKILL);
	net("down");
	place_remove();
	return off ?: on;
}

#endif /* DOMICILE_TEST_NO_HARNESS */

#endif /* DOMICILE_TEST_H */
