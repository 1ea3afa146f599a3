// SPDX-License-Identifier: GPL-2.0-only
/*
 * Routes: to a router at `out`, to this host itself, and such as put packets into
 * others on the way.
 */

#include "detour.h"

#include <linux/bpf.h>
#include <sys/syscall.h>

/* `out` has the addresses as well. */
static int out_has(const char *address)
{
	return shell("ip -n out address add %s dev lo nodad 2>/dev/null; "
		     "ip netns exec out sysctl -qw net.ipv4.conf.all.rp_filter=0 "
		     "net.ipv4.conf.default.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0", address);
}

static void route_remove(const char *address)
{
	shell("ip route flush table 98 2>/dev/null; ip rule delete lookup 98 2>/dev/null;"
	      "ip route delete %s 2>/dev/null; ip -n out address delete %s dev lo 2>/dev/null",
	      address, address);
}

/* --- the address stays ---------------------------------------------------------------- */

static long out_forwarded(void)
{
	FILE *counters = popen("ip netns exec out awk '/^Ip: [0-9]/ { print $7 }' /proc/net/snmp",
			       "r");
	long count = -1;

	if (!counters || fscanf(counters, "%ld", &count) != 1)
		count = -1;
	if (counters)
		pclose(counters);
	return count;
}

/*
 * Every router sees what passes it: policies speak of where a packet goes, and it
 * goes to `in`, unchanged.
 */
TEST(router)
{
	long before;

	ROW("N18/route", "accepted", "address_unchanged");
	ASSERT_EQ(0, shell("set -e; ip netns exec out sysctl -qw net.ipv4.ip_forward=1;"
			   "sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 "
			   "net.ipv4.conf.veth-out.rp_filter=0 net.ipv4.conf.veth-out.accept_local=1;"
			   "ip rule add iif lo to " IN4 " lookup 98;"
			   "ip route add " IN4 " via " OUT4 " dev veth-out src 198.51.100.1 table 98"));
	before = out_forwarded();
	arrived("in", false);
	arrived("out", false);
	EXPECT_EQ(0, in_child(send_udp_in, NULL));
	EXPECT_TRUE(arrived("in", true));
	EXPECT_FALSE(arrived("out", false));
	EXPECT_LT(before, out_forwarded());
	route_remove(IN4);
}

/* --- this host answers for the address -------------------------------------------------- */

TEST(local_route)
{
	ROW("N18/route", "tracked", "cgroup_egress,cgroup_ingress");
	ASSERT_EQ(0, shell("ip route add local " IN4 " dev lo"));
	check_proxy(_metadata, PORT);
	shell("ip route delete local " IN4 " dev lo");
}

/* --- encapsulation by the route --------------------------------------------------------- */

static int mpls_route(void)
{
	return shell("set -e; modprobe -qa mpls_router mpls_iptunnel;"
		     "ip netns exec out sysctl -qw net.mpls.platform_labels=1000 "
		     "net.mpls.conf.eth0.input=1; ip -n out -f mpls route replace 100 dev lo;"
		     "ip route add " IN4 " encap mpls 100 via " OUT4 " dev veth-out "
		     "src 198.51.100.1");
}

TEST(route_mpls)
{
	ROW("N18/route", "blocked", "cgroup_egress");
	ASSERT_EQ(0, out_has(IN4 "/32"));
	ASSERT_EQ(0, mpls_route());
	check_detour(_metadata, "\"route\"");
	route_remove(IN4 "/32");
}

TEST(route_connected)
{
	ROW("N18/route", "blocked", "socket_sendmsg");
	ASSERT_EQ(0, out_has(IN4 "/32"));
	ASSERT_EQ(0, mpls_route());
	arrived("out", false);
	EXPECT_DENIED(in_child(send_connected, NULL));
	EXPECT_EQ(!enforcing, arrived("out", !enforcing));
	if (enforcing)
		EXPECT_TRUE(recorded("socket_sendmsg", "\"route\"", IN4));
	route_remove(IN4 "/32");
}

TEST(route_ip)
{
	ROW("N18/route", "blocked", "cgroup_egress");
	ASSERT_EQ(0, tunnel_make("type ipip external",
				 "type ipip local 203.0.113.2 remote 203.0.113.1"));
	ASSERT_EQ(0, shell("ip route replace " IN4 "/32 encap ip dst " OUT4 " dev detour "
			   "src 198.51.100.1"));
	check_detour(_metadata, "\"route\"");
	tunnel_remove();
}

/* The stops are named by a header of the outer packet: the last of them unpacks it. */
static int seg6_route(const char *stops)
{
	return shell("set -e; for net in in out; do ip netns exec $net sysctl -qw "
		     "net.ipv6.conf.all.forwarding=1 net.ipv6.conf.all.seg6_enabled=1 "
		     "net.ipv6.conf.eth0.seg6_enabled=1 net.ipv6.conf.lo.seg6_enabled=1; done;"
		     "sysctl -qw net.ipv6.conf.all.forwarding=1;"
		     "ip -6 route add 2001:db8:20::9 encap seg6 mode encap segs %s dev veth-out",
		     stops);
}

static void check_seg6(struct __test_metadata *_metadata, const char *stops, const char *record)
{
	ASSERT_EQ(0, out_has("2001:db8:20::9/128"));
	ASSERT_EQ(0, seg6_route(stops));
	check_detour_of(_metadata, "2001:db8:20::9", record);
	shell("ip -6 route delete 2001:db8:20::9");
	route_remove("2001:db8:20::9/128");
}

TEST(route_seg6)
{
	ROW("N18/route", "blocked", "cgroup_egress");
	check_seg6(_metadata, OUT6, OUT6);
}

TEST(route_seg6_by_in)
{
	ROW("N18/route", "blocked", "cgroup_egress");
	check_seg6(_metadata, IN6 "," OUT6, "\"route\"");
}

#define PROGRAM "/sys/fs/bpf/domicile-test-route"

/* A program that writes OUT4 over the destination of each packet. */
static int route_program(void)
{
	__u32 in = inet_addr(IN4), out = inet_addr(OUT4);
	struct bpf_insn program[] = {
		{ BPF_ALU64 | BPF_MOV | BPF_X, 6, 1, 0, 0 },
		{ BPF_ST | BPF_MEM | BPF_W, 10, 0, -4, out },
		{ BPF_ALU64 | BPF_MOV | BPF_K, 2, 0, 0, 10 },
		{ BPF_ALU | BPF_MOV | BPF_K, 3, 0, 0, in },
		{ BPF_ALU | BPF_MOV | BPF_K, 4, 0, 0, out },
		{ BPF_ALU64 | BPF_MOV | BPF_K, 5, 0, 0, 4 },
		{ BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_l3_csum_replace },
		{ BPF_ALU64 | BPF_MOV | BPF_X, 1, 6, 0, 0 },
		{ BPF_ALU64 | BPF_MOV | BPF_K, 2, 0, 0, 16 },
		{ BPF_ALU64 | BPF_MOV | BPF_X, 3, 10, 0, 0 },
		{ BPF_ALU64 | BPF_ADD | BPF_K, 3, 0, 0, -4 },
		{ BPF_ALU64 | BPF_MOV | BPF_K, 4, 0, 0, 4 },
		{ BPF_ALU64 | BPF_MOV | BPF_K, 5, 0, 0, 0 },
		{ BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_skb_store_bytes },
		{ BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, BPF_OK },
		{ BPF_JMP | BPF_EXIT, 0, 0, 0, 0 },
	};
	union bpf_attr load = {
		.prog_type = BPF_PROG_TYPE_LWT_XMIT, .insns = (long)program,
		.insn_cnt = sizeof(program) / sizeof(*program), .license = (long)"GPL",
	};
	union bpf_attr pin = { .pathname = (long)PROGRAM };

	unlink(PROGRAM);
	pin.bpf_fd = syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof(load));
	return syscall(SYS_bpf, BPF_OBJ_PIN, &pin, sizeof(pin)) ? errno : 0;
}

TEST(route_bpf)
{
	ROW("N18/route", "blocked", "cgroup_egress");
	ASSERT_EQ(0, route_program());
	ASSERT_EQ(0, shell("ip route add " IN4 " encap bpf xmit pinned " PROGRAM " via " OUT4
			   " dev veth-out src 198.51.100.1"));
	check_detour(_metadata, "\"route\"");
	route_remove(IN4 "/32");
	unlink(PROGRAM);
}
