// SPDX-License-Identifier: GPL-2.0-only
/* What a rule lets go is recorded: once for each socket and destination. */

#include "route.h"

#include <netinet/tcp.h>

struct flows {
	int (*send)(void);
	pid_t pid; /* of who did it */
};

/* Records of the process, or of all if @pid is 0, that hold @what. */
static int allowed_records(pid_t pid, const char *what)
{
	char process[32] = "";
	char line[8192];
	int count = 0;
	FILE *tail;

	usleep(300 * 1000);
	if (pid)
		snprintf(process, sizeof(process), "\"pid\":%d,", pid);
	tail = popen("domicile audit tail --json --verdict allow -n 200", "r");
	while (tail && fgets(line, sizeof(line), tail))
		count += strstr(line, process) && strstr(line, what);
	if (tail)
		pclose(tail);
	return count;
}

static int send_to(int fd, const char *host, int port)
{
	struct endpoint to = endpoint(host, port);

	return sendto(fd, canary, sizeof(canary), 0, (void *)&to.address, to.length) < 0 ?
		       errno : 0;
}

static int datagrams(void *argument)
{
	int error = take_label(), fd = socket(AF_INET, SOCK_DGRAM, 0);

	for (int i = 0; i < 3 && !error; i++)
		error = send_to(fd, IN4, PORT);
	return error ?: send_to(fd, IN4, PORT + 1) ?: send_to(fd, IN4, PORT);
}

static int datagrams_plain(void *argument)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	return send_to(fd, IN4, PORT);
}

static int datagrams_here(void *argument)
{
	int error = take_label(), fd = socket(AF_INET, SOCK_DGRAM, 0);

	return error ?: send_to(fd, "127.0.0.1", PORT) ?: send_to(fd, "198.51.100.1", PORT);
}

static int stream(void *argument)
{
	struct endpoint to = endpoint(IN4, PORT);
	int fd, error;

	if (argument)
		error = take_label();
	fd = tcp_connect(&to);
	if (!argument)
		error = take_label();
	for (int i = 0; i < 3 && !error; i++)
		error = send(fd, canary, sizeof(canary), 0) < 0 ? errno : 0;
	return error;
}

static void check_count(struct __test_metadata *_metadata, int (*work)(void *), void *argument,
			const char *what, int count)
{
	pid_t pid = child_start(work, argument);

	EXPECT_EQ(0, child_error(pid));
	if (enforcing)
		EXPECT_EQ(count, allowed_records(pid, what));
}

TEST(allowed_datagrams)
{
	check_count(_metadata, datagrams, NULL, "\"hook\":\"socket_sendmsg\"", 2);
	check_count(_metadata, datagrams, NULL,
		    "\"rule\":\"" DIR_TEST "/policy.yaml:10\"", 2);
	check_count(_metadata, datagrams, NULL, "\"network\":\"cn-facilities\"", 2);
	check_count(_metadata, datagrams, NULL, "\"path\":\"" LABELLED, 2);
	EXPECT_TRUE(arrived("in", true));
}

TEST(allowed_streams)
{
	check_count(_metadata, stream, (void *)1, "\"hook\":\"socket_connect\"", 1);
	check_count(_metadata, stream, (void *)1, "", 1);
	check_count(_metadata, stream, NULL, "\"hook\":\"socket_sendmsg\"", 1);
	check_count(_metadata, stream, NULL, "", 1);
	EXPECT_TRUE(arrived("in", true));
}

/* What holds no label, and what stays on this host. */
TEST(allowed_unrecorded)
{
	check_count(_metadata, datagrams_plain, NULL, "", 0);
	check_count(_metadata, datagrams_here, NULL, "", 0);
	EXPECT_TRUE(arrived("in", true));
}

/* What the proxy does with it, this host does not see. */
TEST(allowed_proxy)
{
	ROW("N22/record", "accepted", "socket_connect");
	shell("curl -q -s -o /dev/null --max-time 2 -x http://" IN4 ":%d --data-binary @" LABELLED
	      " http://" OUT4 "/", PORT);
	EXPECT_TRUE(arrived("in", true));
	if (enforcing)
		EXPECT_TRUE(recorded("\"verdict\":\"allow\"", "\"comm\":\"curl\"",
				     "\"address\":\"" IN4 "\""));
}

/* --- a ring that is nearly full ------------------------------------------------ */

#define REFUSALS 4300 /* fill more than half of the ring, and not all of it */

static int refused_often(void *argument)
{
	int error = take_label(), fd = socket(AF_INET, SOCK_DGRAM, 0);

	for (int i = 0; i < REFUSALS && !error; i++)
		if (send_to(fd, OUT4, PORT) != EPERM)
			return EIO;
	return error ?: datagrams(NULL);
}

static int unrecorded(void)
{
	return shell("domicile status --json | grep -Eq '\"allowed_unrecorded\": 0,?$'");
}

FIXTURE(allowed) {};
FIXTURE_SETUP(allowed) {}
FIXTURE_TEARDOWN(allowed) {}

/* It takes the daemon a while to write them all. */
TEST_F_TIMEOUT(allowed, ring_nearly_full, 90)
{
	pid_t pid;

	if (!enforcing)
		SKIP(return, "nothing is refused without Domicile");
	EXPECT_EQ(0, shell("pkill -STOP -x domiciled"));
	pid = child_start(refused_often, NULL);
	EXPECT_EQ(0, child_error(pid));
	EXPECT_EQ(0, shell("pkill -CONT -x domiciled"));
	EXPECT_NE(0, unrecorded());
	EXPECT_EQ(0, allowed_records(pid, ""));
	EXPECT_EQ(0, shell("for i in $(seq 200); do domicile status --json | "
			   "grep -q '\"used\": 0,' && exit; sleep 0.2; done; exit 1"));
	check_count(_metadata, datagrams, NULL, "", 2);
}
