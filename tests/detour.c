// SPDX-License-Identifier: GPL-2.0-only
/*
 * The call names an allowed destination, and the host's own network turns the
 * packets elsewhere: by address translation, or to a proxy. Other namespaces of
 * the host pass on what they get.
 */

#include "detour.h"

#define PORT_PROXY (PORT + 5)

/* --- address translation ------------------------------------------------------------- */

static int nft(const char *rules)
{
	return shell("nft delete table ip detour 2>/dev/null; nft -f - <<'END'\n%s\nEND", rules);
}

TEST(dnat)
{
	ROW("N18/dnat", "blocked", "cgroup_egress");
	ASSERT_EQ(0, nft("table ip detour { chain output { type nat hook output priority -100;"
			 " ip daddr " IN4 " dnat to " OUT4 "; }\n}"));
	check_detour(_metadata, OUT4);
	shell("nft delete table ip detour");
}

/* --- a proxy on this host -------------------------------------------------------------- */

static int proxy_listen(int port)
{
	struct endpoint at = endpoint("0.0.0.0", port);
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, SOL_IP, IP_TRANSPARENT, &one, sizeof(one));
	if (bind(fd, (void *)&at.address, at.length) || listen(fd, 4))
		fail("proxy");
	return fd;
}

static int proxy_work(void *argument)
{
	char buffer[256] = {};
	int fd = accept(*(int *)argument, NULL, NULL);

	if (recv(fd, buffer, sizeof(buffer), 0) <= 0 || strcmp(buffer, canary))
		return ENODATA;
	return try_out();
}

static int send_tcp_in(void *argument)
{
	struct endpoint to = endpoint(IN4, PORT);
	int error = *(bool *)argument ? take_label() : 0, fd;

	if (error)
		return error;
	fd = tcp_connect(&to);
	if (fd < 0)
		return -fd;
	if (send(fd, canary, sizeof(canary), 0) < 0)
		return errno;
	usleep(500 * 1000);
	return 0;
}

static int proxy_run(int listener, bool labelled)
{
	pid_t pid = child_start(proxy_work, &listener);
	int error = in_child(send_tcp_in, &labelled);

	return error ?: child_error(pid);
}

static void check_proxy(struct __test_metadata *_metadata, int port)
{
	int listener = proxy_listen(port);

	EXPECT_EQ(0, proxy_run(listener, false));
	EXPECT_DENIED(proxy_run(listener, true));
	EXPECT_EQ(0, proxy_run(listener, false));
	close(listener);
}

TEST(redirect)
{
	ROW("N18/redirect", "tracked", "cgroup_egress,cgroup_ingress");
	ASSERT_EQ(0, nft("table ip detour { chain output { type nat hook output priority -100;"
			 " ip daddr " IN4 " tcp dport 4000 redirect to :4005; }\n}"));
	check_proxy(_metadata, PORT_PROXY);
	shell("nft delete table ip detour");
}

TEST(tproxy)
{
	ROW("N18/tproxy", "tracked", "cgroup_egress,cgroup_ingress");
	ASSERT_EQ(0, nft("table ip detour {"
			 " chain output { type route hook output priority -150;"
			 " ip daddr " IN4 " tcp dport 4000 meta mark set 9; }\n"
			 " chain prerouting { type filter hook prerouting priority -150;"
			 " meta mark 9 tcp dport 4000 tproxy to :4005; }\n}"));
	ASSERT_EQ(0, shell("ip rule add fwmark 9 lookup 99 && "
			   "ip route add local default dev lo table 99"));
	check_proxy(_metadata, PORT_PROXY);
	shell("nft delete table ip detour; ip rule del fwmark 9; ip route flush table 99");
}

/* --- another network namespace of this host ------------------------------------------- */

struct box {
	int unshared; /* namespaces of the relay's own */
	int ready; /* closed by the relay when it listens */
};

/* The relay passes on what it gets, to `out`, from the box it is in. */
static int box_relay(void *argument)
{
	struct endpoint at = endpoint("0.0.0.0", PORT_PROXY);
	struct timeval patience = { .tv_sec = 10 };
	struct box *box = argument;
	char buffer[256] = {};
	int fd, one = 1;

	if (namespace_enter("box") || unshare(box->unshared))
		return errno;
	fd = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (bind(fd, (void *)&at.address, at.length) || listen(fd, 4))
		return errno;
	close(box->ready);
	fd = accept(fd, NULL, NULL);
	if (recv(fd, buffer, sizeof(buffer), 0) <= 0 || strcmp(buffer, canary))
		return ENODATA;
	return send_canary(OUT4);
}

static int send_to_box(void *argument)
{
	struct endpoint to = endpoint("192.0.2.2", PORT_PROXY);
	int error = *(bool *)argument ? take_label() : 0, fd;

	if (error)
		return error;
	fd = tcp_connect(&to);
	if (fd < 0)
		return -fd;
	return send(fd, canary, sizeof(canary), 0) < 0 ? errno : 0;
}

static int box_run(int unshared, bool labelled)
{
	struct box box = { .unshared = unshared };
	int ready[2], error;
	pid_t pid;

	if (pipe(ready))
		return errno;
	box.ready = ready[1];
	pid = child_start(box_relay, &box);
	close(ready[1]);
	pipe_ends(ready[0]);
	close(ready[0]);
	error = in_child(send_to_box, &labelled);
	if (!error)
		return child_error(pid);
	kill(pid, SIGKILL);
	child_error(pid);
	return error;
}

/* @link: how the box hangs on the host; @unshared: namespaces of its own. */
static void check_box(struct __test_metadata *_metadata, const char *link, int unshared)
{
	ASSERT_EQ(0, shell("set -e; sysctl -qw net.ipv4.ip_forward=1; ip netns add box; %s;"
			   "ip -n box address add 192.0.2.2/24 dev eth0; ip -n box link set eth0 up;"
			   "ip -n box link set lo up; ip -n box route add default via 192.0.2.1",
			   link));
	arrived("out", false);
	EXPECT_EQ(0, box_run(unshared, false));
	EXPECT_TRUE(arrived("out", true));
	EXPECT_DENIED(box_run(unshared, true));
	EXPECT_EQ(!enforcing, arrived("out", !enforcing));
	if (enforcing)
		EXPECT_TRUE(recorded("socket_connect", "192.0.2.2", LABELLED));
	shell("ip link delete box-host; ip link delete box-bridge 2>/dev/null; ip netns delete box");
}

TEST(netns)
{
	ROW("N17/netns", "blocked", "socket_connect");
	check_box(_metadata, "ip link add box-host type veth peer name eth0 netns box;"
			     "ip address add 192.0.2.1/24 dev box-host; ip link set box-host up", 0);
}

TEST(container)
{
	ROW("N17/container", "blocked", "socket_connect");
	check_box(_metadata, "ip link add box-bridge type bridge; ip link set box-bridge up;"
			     "ip address add 192.0.2.1/24 dev box-bridge;"
			     "ip link add box-host type veth peer name eth0 netns box;"
			     "ip link set box-host master box-bridge up",
		  CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWCGROUP);
}
