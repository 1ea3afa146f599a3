// SPDX-License-Identifier: GPL-2.0-only
/* Devices that put packets into others, or hand them to a process. */

#include "detour.h"

#include <linux/genetlink.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/wireguard.h>
#include <sys/ioctl.h>

/* --- tunnels: the inner destination is allowed, the outer is not ------------------------- */

/* `out` has the address as well, at the other end of the tunnel. */
static int tunnel_make(const char *here, const char *there)
{
	return shell("set -e; ip link add detour %s; ip -n out link add detour %s; "
		     "ip -n out address add " IN4 "/32 dev detour; "
		     "ip link set detour up; ip -n out link set detour up; "
		     "ip route add " IN4 "/32 dev detour src 198.51.100.1; "
		     "ip -n out route add 198.51.100.1/32 dev detour", here, there);
}

static void tunnel_remove(void)
{
	shell("ip link delete detour; ip -n out link delete detour 2>/dev/null");
}

TEST(ipip)
{
	ROW("N19/ipip", "blocked", "cgroup_egress");
	ASSERT_EQ(0, tunnel_make("type ipip local 203.0.113.1 remote 203.0.113.2",
				 "type ipip local 203.0.113.2 remote 203.0.113.1"));
	check_detour(_metadata, "\"netdev\"");
	tunnel_remove();
}

TEST(vxlan)
{
	ROW("N19/vxlan", "blocked", "cgroup_egress");
	ASSERT_EQ(0, tunnel_make("type vxlan id 9 dstport 4789 local 203.0.113.1 remote 203.0.113.2",
				 "type vxlan id 9 dstport 4789 local 203.0.113.2 remote 203.0.113.1"));
	check_detour(_metadata, "\"netdev\"");
	tunnel_remove();
}

/* On a connection: refused at the call. */
static int send_connected(void *argument)
{
	struct endpoint to = endpoint(IN4, PORT);
	int error = take_label(), fd;

	if (error)
		return error;
	fd = tcp_connect(&to);
	if (fd < 0)
		return -fd;
	return send(fd, canary, sizeof(canary), 0) < 0 ? errno : 0;
}

TEST(connected)
{
	ROW("N19/connected", "blocked", "socket_sendmsg");
	ASSERT_EQ(0, tunnel_make("type ipip local 203.0.113.1 remote 203.0.113.2",
				 "type ipip local 203.0.113.2 remote 203.0.113.1"));
	arrived("out", false);
	EXPECT_DENIED(in_child(send_connected, NULL));
	EXPECT_EQ(!enforcing, arrived("out", !enforcing));
	if (enforcing)
		EXPECT_TRUE(recorded("socket_sendmsg", "\"netdev\"", IN4));
	tunnel_remove();
}

/* The other way round: the inner destination is refused, whatever carries it. */
static int send_udp_out(void *argument)
{
	return *(bool *)argument ? take_label() ?: send_canary(OUT4) : send_canary(OUT4);
}

TEST(reverse)
{
	bool labelled = true, plain = false;

	ROW("N19/reverse", "blocked", "socket_sendmsg");
	ASSERT_EQ(0, shell("set -e; ip link add detour type ipip local 198.51.100.1 remote " IN4 ";"
			   "ip -n in link add detour type ipip local " IN4 " remote 198.51.100.1;"
			   "ip -n in address add " OUT4 "/32 dev detour;"
			   "ip link set detour up; ip -n in link set detour up;"
			   "ip route add " OUT4 "/32 dev detour src 203.0.113.1;"
			   "ip -n in route add 203.0.113.1/32 dev detour"));
	arrived("in", false);
	EXPECT_EQ(0, in_child(send_udp_out, &plain));
	EXPECT_TRUE(arrived("in", true));
	EXPECT_DENIED(in_child(send_udp_out, &labelled));
	EXPECT_EQ(!enforcing, arrived("in", !enforcing));
	shell("ip link delete detour; ip -n in link delete detour 2>/dev/null");
}

/* --- devices with a process behind them ---------------------------------------------------- */

static int tun_open(int flags)
{
	struct ifreq request = { .ifr_name = "detour", .ifr_flags = flags | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR);

	return fd < 0 || ioctl(fd, TUNSETIFF, &request) ? -1 : fd;
}

/* Reads a packet and sends what it finds in it. */
static int tun_relay(void *argument)
{
	struct pollfd input = { .fd = *(int *)argument, .events = POLLIN };
	char buffer[2048];

	while (poll(&input, 1, 3000) == 1) {
		ssize_t size = read(input.fd, buffer, sizeof(buffer));

		if (size > 0 && memmem(buffer, size, canary, sizeof(canary) - 1))
			return send_canary(OUT4);
	}
	return ENODATA;
}

static int tun_run(int fd, bool labelled)
{
	pid_t pid = child_start(tun_relay, &fd);
	int error = in_child(labelled ? send_udp_in : plain_udp_in, NULL);
	int relayed = child_error(pid);

	return error ?: relayed;
}

static void check_tun(struct __test_metadata *_metadata, int flags)
{
	int fd;

	shell("modprobe -q tun; mkdir -p /dev/net; [ -e /dev/net/tun ] || mknod /dev/net/tun c 10 200");
	fd = tun_open(flags);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, shell("ip link set detour up && "
			   "ip route add " IN4 "/32 dev detour src 198.51.100.1"));
	shell("ip neighbour add " IN4 " lladdr 02:00:00:00:00:09 dev detour 2>/dev/null");
	arrived("out", false);
	EXPECT_EQ(0, tun_run(fd, false));
	EXPECT_TRUE(arrived("out", true));
	EXPECT_DENIED(tun_run(fd, true));
	EXPECT_EQ(!enforcing, arrived("out", !enforcing));
	if (enforcing)
		EXPECT_TRUE(recorded("cgroup_egress", "\"netdev\"", LABELLED));
	close(fd);
}

TEST(tun)
{
	ROW("N19/tun", "blocked", "cgroup_egress");
	check_tun(_metadata, IFF_TUN);
}

TEST(tap)
{
	ROW("N19/tap", "blocked", "cgroup_egress");
	check_tun(_metadata, IFF_TAP);
}

/* --- WireGuard ------------------------------------------------------------------------------ */

/* Each key but its first and last bytes is one byte repeated. */
static const __u8 wg_public[][32] = {
	{ 0xa4, 0xe0, 0x92, 0x92, 0xb6, 0x51, 0xc2, 0x78, 0xb9, 0x77, 0x2c, 0x56, 0x9f, 0x5f, 0xa9,
	  0xbb, 0x13, 0xd9, 0x06, 0xb4, 0x6a, 0xb6, 0x8c, 0x9d, 0xf9, 0xdc, 0x2b, 0x44, 0x09, 0xf8,
	  0xa2, 0x09 },
	{ 0xce, 0x8d, 0x3a, 0xd1, 0xcc, 0xb6, 0x33, 0xec, 0x7b, 0x70, 0xc1, 0x78, 0x14, 0xa5, 0xc7,
	  0x6e, 0xcd, 0x02, 0x96, 0x85, 0x05, 0x0d, 0x34, 0x47, 0x45, 0xba, 0x05, 0x87, 0x0e, 0x58,
	  0x7d, 0x59 },
};

static void wg_private(__u8 *key, int side)
{
	memset(key, side + 1, 32);
	key[0] &= 248;
	key[31] |= 64;
}

struct request {
	struct nlmsghdr header;
	struct genlmsghdr command;
	char attributes[512];
};

static void *put(struct request *request, int type, const void *data, size_t size)
{
	struct nlattr *attribute = (void *)request + NLMSG_ALIGN(request->header.nlmsg_len);

	attribute->nla_type = type;
	attribute->nla_len = NLA_HDRLEN + size;
	memcpy((void *)attribute + NLA_HDRLEN, data, size);
	request->header.nlmsg_len = NLMSG_ALIGN(request->header.nlmsg_len) +
				    NLA_ALIGN(attribute->nla_len);
	return attribute;
}

static void *nest(struct request *request, int type)
{
	return put(request, type | NLA_F_NESTED, "", 0);
}

static void nest_end(struct request *request, struct nlattr *start)
{
	start->nla_len = (void *)request + request->header.nlmsg_len - (void *)start;
}

static struct request request_new(int type, int command, int version)
{
	return (struct request){
		.header = { .nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN), .nlmsg_type = type,
			    .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
		.command = { .cmd = command, .version = version },
	};
}

/* Return: 0, or the errno that the kernel answered; @reply: its first message. */
static int ask(struct request *request, char *reply, size_t size)
{
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
	struct nlmsghdr *header = (void *)reply;
	int error = 0;

	if (send(fd, request, request->header.nlmsg_len, 0) < 0 || recv(fd, reply, size, 0) < 0)
		error = errno;
	else if (header->nlmsg_type == NLMSG_ERROR)
		error = -((struct nlmsgerr *)NLMSG_DATA(header))->error;
	close(fd);
	return error;
}

static int wg_family(void)
{
	struct request request = request_new(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);
	char reply[4096];
	struct nlattr *attribute;

	put(&request, CTRL_ATTR_FAMILY_NAME, WG_GENL_NAME, sizeof(WG_GENL_NAME));
	if (ask(&request, reply, sizeof(reply)))
		return -1;
	attribute = (void *)reply + NLMSG_LENGTH(GENL_HDRLEN);
	while (attribute->nla_type != CTRL_ATTR_FAMILY_ID)
		attribute = (void *)attribute + NLA_ALIGN(attribute->nla_len);
	return *(__u16 *)((void *)attribute + NLA_HDRLEN);
}

/* The device's own key, and the other side as its only peer, for all addresses. */
static int wg_configure(int side, const char *peer)
{
	struct request request = request_new(wg_family(), WG_CMD_SET_DEVICE, WG_GENL_VERSION);
	struct endpoint to = endpoint(peer, 51820);
	struct nlattr *peers, *one, *addresses, *address;
	__u16 port = 51820, family = AF_INET;
	__u8 key[32], bits = 0;
	char reply[4096];

	wg_private(key, side);
	put(&request, WGDEVICE_A_IFNAME, "detour", sizeof("detour"));
	put(&request, WGDEVICE_A_PRIVATE_KEY, key, sizeof(key));
	put(&request, WGDEVICE_A_LISTEN_PORT, &port, sizeof(port));
	peers = nest(&request, WGDEVICE_A_PEERS);
	one = nest(&request, 0);
	put(&request, WGPEER_A_PUBLIC_KEY, wg_public[!side], sizeof(wg_public[0]));
	put(&request, WGPEER_A_ENDPOINT, &to.address, to.length);
	addresses = nest(&request, WGPEER_A_ALLOWEDIPS);
	address = nest(&request, 0);
	put(&request, WGALLOWEDIP_A_FAMILY, &family, sizeof(family));
	put(&request, WGALLOWEDIP_A_IPADDR, &(struct in_addr){}, sizeof(struct in_addr));
	put(&request, WGALLOWEDIP_A_CIDR_MASK, &bits, sizeof(bits));
	nest_end(&request, address);
	nest_end(&request, addresses);
	nest_end(&request, one);
	nest_end(&request, peers);
	return ask(&request, reply, sizeof(reply));
}

static int wg_configure_here(void *argument)
{
	return wg_configure(0, OUT4);
}

static int wg_configure_out(void *argument)
{
	return namespace_enter("out") ? errno : wg_configure(1, "203.0.113.1");
}

TEST(wireguard)
{
	ROW("N19/wireguard", "blocked", "cgroup_egress");
	ASSERT_EQ(0, tunnel_make("type wireguard", "type wireguard"));
	ASSERT_EQ(0, in_child(wg_configure_here, NULL));
	ASSERT_EQ(0, in_child(wg_configure_out, NULL));
	check_detour(_metadata, "\"netdev\"");
	tunnel_remove();
}
