// SPDX-License-Identifier: GPL-2.0-only
/* Names that labelled processes look up: little of them, and where it is not little, the label. */

#include "domicile_test.h"

#define DECLARED "127.0.0.53" /* the policy: 5 queries a second, names of 24 characters */
#define UNDECLARED "127.0.0.54"
#define RATE 5
#define POLICY_RESOLVER DIR_TEST "/resolver.yaml"
#define NSCD "/run/nscd/socket"
#define BUS DIR_TEST "/bus"

static void policy_resolvers(void)
{
	if (!enforcing || !access(POLICY_RESOLVER, F_OK))
		return;
	shell("{ cat " DIR_TEST "/policy.yaml; echo 'resolvers:'; "
	      "echo '  - {address: " DECLARED ", rate: 5/s, length: 24}'; } > " POLICY_RESOLVER);
	if (shell("domicile policy apply " POLICY_RESOLVER " >&2"))
		fail("domicile policy apply failed");
}

/* --- queries ------------------------------------------------------------------- */

struct query {
	const char *host;
	const char *name;
	bool edns;
	int beside; /* bytes behind the question */
	int type; /* of the socket */
	int count;
	int wait_ms; /* between two */
};

static int query_make(const struct query *query, unsigned char *packet)
{
	static const unsigned char header[12] = { 0x12, 0x34, 1, 0, 0, 1 };
	static const unsigned char opt[11] = { 0, 0, 41, 5, 0xdc };
	int size = sizeof(header), length;

	memcpy(packet, header, sizeof(header));
	packet[11] = query->edns;
	for (const char *at = query->name; *at; at += length + (at[length] == '.')) {
		length = strcspn(at, ".");
		packet[size++] = length;
		memcpy(packet + size, at, length);
		size += length;
	}
	memcpy(packet + size, "\0\0\1\0\1", 5);
	size += 5;
	if (query->edns) {
		memcpy(packet + size, opt, sizeof(opt));
		size += sizeof(opt);
	}
	memset(packet + size, 'x', query->beside);
	return size + query->beside;
}

static int ask(const struct query *query)
{
	struct endpoint to = endpoint(query->host, 53);
	int fd = socket(AF_INET, query->type, 0), size;
	unsigned char packet[512];

	size = query_make(query, packet);
	if (query->type == SOCK_STREAM && connect(fd, (void *)&to.address, to.length))
		return errno;
	for (int i = 0; i < query->count; i++) {
		if (sendto(fd, packet, size, 0, (void *)&to.address, to.length) < 0)
			return errno;
		usleep(query->wait_ms * 1000);
	}
	return 0;
}

static int ask_labelled(void *argument)
{
	return take_label() ?: ask(argument);
}

static int ask_plain(void *argument)
{
	return ask(argument);
}

/* --- a resolver: 0 if it got a query and may go out, or an errno ---------------- */

struct resolver {
	int fd;
	int type;
};

static int resolve(void *argument)
{
	struct resolver *resolver = argument;
	struct pollfd ready = { .fd = resolver->fd, .events = POLLIN };
	char buffer[512];
	int fd = resolver->fd;

	if (poll(&ready, 1, 2000) <= 0)
		return ENODATA;
	if (resolver->type == SOCK_STREAM)
		fd = accept(fd, NULL, NULL);
	if (recv(fd, buffer, sizeof(buffer), 0) <= 0)
		return ENODATA;
	return try_out();
}

static int resolver_open(const char *host, int type)
{
	struct endpoint at = endpoint(host, 53);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (void *)&at.address, at.length) || (type == SOCK_STREAM && listen(fd, 4)))
		return -1;
	return fd;
}

/* @asked: what the client is told; @resolved: what becomes of the resolver. */
static void check(struct __test_metadata *_metadata, struct query *query, int (*work)(void *),
		  int asked, int resolved)
{
	struct resolver resolver = { resolver_open(query->host, query->type), query->type };
	pid_t pid;

	ASSERT_LE(0, resolver.fd);
	pid = child_start(resolve, &resolver);
	EXPECT_EQ(enforcing ? asked : 0, in_child(work, query));
	EXPECT_EQ(enforcing ? resolved : 0, child_error(pid));
	close(resolver.fd);
}

TEST(declared)
{
	struct query query = { DECLARED, "www.example.org", false, 0, SOCK_DGRAM, 1, 0 };

	policy_resolvers();
	check(_metadata, &query, ask_labelled, 0, 0);
	if (enforcing)
		EXPECT_TRUE(recorded("\"allow\"", "\"reason\":\"resolver\"", DECLARED));
	query.edns = true;
	check(_metadata, &query, ask_labelled, 0, 0);
}

TEST(undeclared)
{
	struct query query = { UNDECLARED, "www.example.org", false, 0, SOCK_DGRAM, 1, 0 };

	ROW("N14/loopback", "tracked", "cgroup_inet_ingress");
	policy_resolvers();
	check(_metadata, &query, ask_labelled, 0, EPERM);
	check(_metadata, &query, ask_plain, 0, 0);
}

TEST(length)
{
	struct query query = { DECLARED, "abcdefghijklmnopqrst.org", false, 0, SOCK_DGRAM, 1, 0 };

	ROW("N14/length", "blocked", "cgroup_inet_egress");
	policy_resolvers();
	check(_metadata, &query, ask_labelled, 0, 0);
	query.name = "abcdefghijklmnopqrstu.org";
	check(_metadata, &query, ask_labelled, EPERM, ENODATA);
	if (enforcing)
		EXPECT_TRUE(recorded("\"deny\"", "\"reason\":\"resolver\"", LABELLED));
	check(_metadata, &query, ask_plain, 0, 0);
	query.name = "a.b.c.d.e.f.g.h.i.j.k.lm";
	check(_metadata, &query, ask_labelled, 0, 0);
	query.beside = 1;
	check(_metadata, &query, ask_labelled, EPERM, ENODATA);
	query.edns = true;
	check(_metadata, &query, ask_labelled, EPERM, ENODATA);
}

TEST(rate)
{
	struct query query = { DECLARED, "example.org", false, 0, SOCK_DGRAM, RATE * 3, 0 };

	ROW("N14/rate", "blocked", "cgroup_inet_egress");
	policy_resolvers();
	check(_metadata, &query, ask_labelled, EPERM, 0);
	query.wait_ms = 1000 / RATE + 20;
	query.count = RATE * 2;
	check(_metadata, &query, ask_labelled, 0, 0);
	query.wait_ms = 0;
	query.count = RATE * 3;
	check(_metadata, &query, ask_plain, 0, 0);
}

/* What a connection carries is not looked at. */
TEST(stream)
{
	struct query query = { DECLARED, "example.org", false, 0, SOCK_STREAM, 1, 0 };

	policy_resolvers();
	check(_metadata, &query, ask_labelled, EPERM, ENODATA);
	check(_metadata, &query, ask_plain, 0, 0);
}

/* --- resolvers behind other sockets: the label goes along ------------------------- */

static int ask_nscd(void *argument)
{
	struct sockaddr_un to = { AF_UNIX, NSCD };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), error = argument ? take_label() : 0;

	if (error || connect(fd, (void *)&to, sizeof(to)))
		return error ?: errno;
	return send(fd, canary, sizeof(canary), 0) < 0 ? errno : 0;
}

static void check_nscd(struct __test_metadata *_metadata, void *labelled, int resolved)
{
	struct resolver resolver = { socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), SOCK_STREAM };
	struct sockaddr_un at = { AF_UNIX, NSCD };
	pid_t pid;

	mkdir("/run/nscd", 0755);
	unlink(NSCD);
	ASSERT_EQ(0, bind(resolver.fd, (void *)&at, sizeof(at)));
	ASSERT_EQ(0, listen(resolver.fd, 4));
	pid = child_start(resolve, &resolver);
	EXPECT_EQ(0, in_child(ask_nscd, labelled));
	EXPECT_EQ(enforcing ? resolved : 0, child_error(pid));
	close(resolver.fd);
	unlink(NSCD);
}

TEST(nscd)
{
	ROW("N14/nscd", "tracked", "unix_stream_read_actor");
	policy_resolvers();
	check_nscd(_metadata, (void *)1, EPERM);
	check_nscd(_metadata, NULL, 0);
}

static void bus_start(void)
{
	shell("dbus-daemon --session --fork --print-pid --address=unix:path=" BUS
	      " > " DIR_TEST "/bus.pid");
}

static void bus_stop(void)
{
	shell("kill $(cat " DIR_TEST "/bus.pid); rm -f " BUS);
}

/* Who asks has read @input, and asks for the name in its first line. */
static void bus_ask(const char *input)
{
	shell("sh -c 'read line < %s; exec dbus-send --bus=unix:path=" BUS
	      " --type=method_call --dest=org.freedesktop.resolve1 /org/freedesktop/resolve1"
	      " org.freedesktop.resolve1.Manager.ResolveHostname string:\"$line\"' "
	      "> /dev/null 2>&1 < /dev/null", input);
	usleep(200 * 1000);
}

/* Has the bus the label, after a call by who has read @input? */
static bool bus_labelled(const char *input)
{
	bool labelled;

	bus_start();
	bus_ask(input);
	labelled = !shell("domicile task show $(cat " DIR_TEST "/bus.pid) | grep -q cn.pii");
	bus_stop();
	return labelled;
}

/* Somebody else who listens on the bus hears the name. */
static bool bus_passes_on(const char *input)
{
	bool heard;

	bus_start();
	shell("dbus-monitor --address unix:path=" BUS " > " DIR_TEST "/heard 2>&1 &");
	usleep(500 * 1000);
	bus_ask(input);
	bus_stop();
	heard = !shell("grep -q -F \"$(head -n 1 %s)\" " DIR_TEST "/heard", input);
	unlink(DIR_TEST "/heard");
	return heard;
}

TEST(dbus)
{
	ROW("N14/dbus", "tracked", "unix_stream_read_actor");
	if (!enforcing) {
		EXPECT_TRUE(bus_passes_on(LABELLED));
		return;
	}
	EXPECT_TRUE(bus_labelled(LABELLED));
	EXPECT_FALSE(bus_labelled(PLAIN));
}
