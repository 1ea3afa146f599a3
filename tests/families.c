// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sockets that no label follows: of other families than unix and Internet, and
 * protocols of the Internet families that leave by another socket.
 */

#include "domicile_test.h"

#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/tls.h>
#include <linux/vm_sockets.h>
#include <linux/can.h>
#include <linux/tipc.h>
#include <net/if.h>
#include <netinet/tcp.h>

#define FAMILIES 45
#define IPPROTO_L2TP 115
#define PORT_OTHER (PORT + 4)

/* --- making one ------------------------------------------------------------------- */

struct family {
	int family;
	int type;
	int protocol;
	const char *module;
};

static int socket_make(void *argument)
{
	struct family *family = argument;
	int fd = socket(family->family, family->type, family->protocol);

	return fd < 0 ? errno : 0;
}

static int socket_make_labelled(void *argument)
{
	return take_label() ?: socket_make(argument);
}

/* Made before the label was taken; what the protocol wants first does not matter. */
static int socket_send_late(void *argument)
{
	struct family *family = argument;
	int fd = socket(family->family, family->type, family->protocol), error;

	if (fd < 0)
		return EPERM; /* nobody else could make it either */
	error = take_label();
	if (error)
		return error;
	return send(fd, canary, sizeof(canary), MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? errno : 0;
}

static void check_family(struct __test_metadata *_metadata, struct family family)
{
	int plain;

	if (family.module)
		shell("modprobe -q %s", family.module);
	plain = in_child(socket_make, &family);
	TH_LOG("family %d", family.family);
	/* Without a label the kernel's own answer stands. */
	EXPECT_NE(EPERM, plain);
	EXPECT_EQ(enforcing ? EPERM : plain, in_child(socket_make_labelled, &family));
	if (enforcing)
		EXPECT_EQ(EPERM, in_child(socket_send_late, &family));
}

#define TEST_FAMILY(name, number, kind, proto, needs)				\
	TEST(name)								\
	{									\
		ROW("N13/" #name, "blocked", "socket_create,socket_sendmsg");	\
		check_family(_metadata, (struct family){ number, kind, proto, needs }); \
	}

TEST_FAMILY(vsock, AF_VSOCK, SOCK_STREAM, 0, "vsock_loopback")
TEST_FAMILY(bluetooth, AF_BLUETOOTH, SOCK_RAW, 1 /* HCI */, "bluetooth")
TEST_FAMILY(can, AF_CAN, SOCK_RAW, 1 /* raw */, "can-raw")
TEST_FAMILY(tipc, AF_TIPC, SOCK_RDM, 0, "tipc")
TEST_FAMILY(rds, AF_RDS, SOCK_SEQPACKET, 0, "rds")
TEST_FAMILY(smc, AF_SMC, SOCK_STREAM, 0, "smc")
TEST_FAMILY(kcm, AF_KCM, SOCK_DGRAM, 0, "kcm")
TEST_FAMILY(qrtr, AF_QIPCRTR, SOCK_DGRAM, 0, "qrtr")
TEST_FAMILY(pppox, AF_PPPOX, SOCK_STREAM, 0 /* over Ethernet */, "pppoe")

/* Of what a labelled process can make, there is nothing that is not followed. */
static int socket_make_any(void *argument)
{
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_RDM,
				     SOCK_SEQPACKET, 6 /* DCCP */, SOCK_PACKET };
	int error = take_label();

	for (int family = FAMILIES - 1; family > 0 && !error; family--) {
		if (family == AF_UNIX || family == AF_INET || family == AF_INET6 ||
		    family == AF_NETLINK)
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(types); i++)
			for (int protocol = 0; protocol < 8 && !error; protocol++)
				if (socket(family, types[i], protocol) >= 0)
					error = EISCONN;
	}
	return error;
}

TEST(other)
{
	ROW("N13/other", "blocked", "socket_create");
	EXPECT_EQ(enforcing ? 0 : EISCONN, in_child(socket_make_any, NULL));
	if (enforcing)
		EXPECT_TRUE(recorded("socket_create", "\"family\"", LABELLED));
}

/* --- data through one, on this host ------------------------------------------------ */

struct path {
	int from, to;
};

/* The canary goes in at one end; does it come out at the other? */
static int path_send(void *argument)
{
	struct path *path = argument;
	struct can_frame frame = { .can_id = 1, .len = 8 };
	char buffer[256] = {};
	int error = take_label(), family;
	socklen_t length = sizeof(family);
	ssize_t sent;

	getsockopt(path->from, SOL_SOCKET, SO_DOMAIN, &family, &length);
	memcpy(frame.data, canary, sizeof(frame.data));
	if (error)
		return error;
	sent = family == AF_CAN ? write(path->from, &frame, sizeof(frame)) :
				  send(path->from, canary, sizeof(canary), 0);
	if (sent < 0)
		return errno;
	if (recv(path->to, buffer, sizeof(buffer), 0) != sent)
		return EIO;
	return memmem(buffer, sizeof(buffer), canary, 8) ? 0 : ENODATA;
}

static void check_path(struct __test_metadata *_metadata, struct path path)
{
	ASSERT_LE(0, path.from);
	ASSERT_LE(0, path.to);
	EXPECT_DENIED(in_child(path_send, &path));
	if (enforcing)
		EXPECT_TRUE(recorded("\"deny\"", "socket_sendmsg", LABELLED));
	close(path.from);
	close(path.to);
}

TEST(vsock_loopback)
{
	struct sockaddr_vm at = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_LOCAL,
				  .svm_port = PORT_OTHER };
	struct path path;
	int listener;

	ROW("N13/vsock_data", "blocked", "socket_sendmsg");
	shell("modprobe -q vsock_loopback");
	listener = socket(AF_VSOCK, SOCK_STREAM, 0);
	path.from = socket(AF_VSOCK, SOCK_STREAM, 0);
	ASSERT_EQ(0, bind(listener, (void *)&at, sizeof(at)));
	ASSERT_EQ(0, listen(listener, 1));
	ASSERT_EQ(0, connect(path.from, (void *)&at, sizeof(at)));
	path.to = accept(listener, NULL, NULL);
	close(listener);
	check_path(_metadata, path);
}

TEST(can_data)
{
	struct sockaddr_can at = { .can_family = AF_CAN };
	struct path path;

	ROW("N13/can_data", "blocked", "socket_sendmsg");
	shell("modprobe -q -a vcan can-raw; ip link add vcan0 type vcan; ip link set vcan0 up");
	at.can_ifindex = if_nametoindex("vcan0");
	path.from = socket(AF_CAN, SOCK_RAW, 1);
	path.to = socket(AF_CAN, SOCK_RAW, 1);
	ASSERT_EQ(0, bind(path.from, (void *)&at, sizeof(at)));
	ASSERT_EQ(0, bind(path.to, (void *)&at, sizeof(at)));
	check_path(_metadata, path);
	shell("ip link delete vcan0");
}

TEST(tipc_data)
{
	struct path path;
	int fds[2];

	ROW("N13/tipc_data", "blocked", "socket_sendmsg");
	shell("modprobe -q tipc");
	ASSERT_EQ(0, socketpair(AF_TIPC, SOCK_SEQPACKET, 0, fds));
	path = (struct path){ fds[0], fds[1] };
	check_path(_metadata, path);
}

/* --- Internet protocols ------------------------------------------------------------- */

struct transport {
	int type;
	int protocol;
	bool late; /* the label is taken on a connected socket */
	bool labelled;
	bool tls;
	int ready; /* closed by the receiver when it listens */
	int done[2]; /* closed by the receiver when it has all */
};

/* Both ends know the key: what is encrypted comes out as it went in. */
static int tls_start(int fd, int direction)
{
	struct tls12_crypto_info_aes_gcm_128 info = {
		.info = { TLS_1_2_VERSION, TLS_CIPHER_AES_GCM_128 },
	};

	if (setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", sizeof("tls")))
		return -1;
	return setsockopt(fd, 282 /* SOL_TLS */, direction, &info, sizeof(info));
}

static int transport_socket(const struct transport *transport, int local_id)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	int fd = socket(AF_INET, transport->type, transport->protocol), service = htonl(42);
	int one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, 269 /* SOL_DCCP */, 2 /* service */, &service, sizeof(service));
	/* L2TP has connection numbers for ports, after the address. */
	memcpy(at.sin_zero, &(int){ local_id }, sizeof(int));
	if (transport->protocol == IPPROTO_L2TP && bind(fd, (void *)&at, sizeof(at)))
		return -1;
	return fd;
}

static bool has_connections(const struct transport *transport)
{
	return transport->type == SOCK_STREAM || transport->type == 6 /* SOCK_DCCP */;
}

static int transport_receive(void *argument)
{
	struct endpoint at = endpoint("0.0.0.0", PORT_OTHER);
	struct transport *transport = argument;
	int fd, out = open(SINK ".out", O_WRONLY | O_APPEND);
	char buffer[256];
	ssize_t size;

	if (namespace_enter("out"))
		return errno;
	fd = transport_socket(transport, 1);
	if (transport->protocol != IPPROTO_L2TP && bind(fd, (void *)&at.address, at.length))
		return errno;
	if (transport->type != SOCK_DGRAM && listen(fd, 1))
		return errno;
	close(transport->ready);
	fd = has_connections(transport) ? accept(fd, NULL, NULL) : fd;
	if (transport->tls && tls_start(fd, TLS_RX))
		return errno;
	size = recv(fd, buffer, sizeof(buffer), 0);
	return size < 0 || write(out, buffer, size) != size ? EIO : 0;
}

static int transport_send(void *argument)
{
	struct endpoint to = endpoint(OUT4, PORT_OTHER);
	struct transport *transport = argument;
	/* L2TP wants to see a control message to connection 1. */
	char message[8 + sizeof(canary)] = { 0xc0, 0, 0, 0, 0, 0, 0, 1 };
	int fd, error = transport->labelled && !transport->late ? take_label() : 0;
	bool named;

	if (error)
		return error;
	fd = transport_socket(transport, 2);
	if (transport->protocol == IPPROTO_L2TP)
		((struct sockaddr_in *)&to.address)->sin_port = 0;
	if (fd < 0 || connect(fd, (void *)&to.address, sizeof(struct sockaddr_in)) ||
	    (transport->tls && tls_start(fd, TLS_TX)))
		return errno;
	error = transport->labelled && transport->late ? take_label() : 0;
	if (error)
		return error;
	memcpy(message + 8, canary, sizeof(canary));
	/* SCTP with many connections on a socket has to be told which. */
	named = transport->type == SOCK_SEQPACKET;
	if (sendto(fd, message, sizeof(message), MSG_NOSIGNAL, named ? (void *)&to.address : NULL,
		   named ? sizeof(struct sockaddr_in) : 0) < 0)
		return errno;
	pipe_ends(transport->done[0]);
	return 0;
}

/* Return: what the sender got. */
static int transport_run(struct transport transport)
{
	int ready[2], error;
	pid_t pid;

	if (pipe(ready) || pipe(transport.done))
		return errno;
	transport.ready = ready[1];
	pid = child_start(transport_receive, &transport);
	close(ready[1]);
	close(transport.done[1]);
	pipe_ends(ready[0]);
	error = in_child(transport_send, &transport);
	kill(pid, SIGKILL);
	child_error(pid);
	close(ready[0]);
	close(transport.done[0]);
	return error;
}

static void check_transport(struct __test_metadata *_metadata, struct transport transport)
{
	arrived("out", false);
	EXPECT_EQ(0, transport_run(transport));
	EXPECT_TRUE(arrived("out", true));
	transport.labelled = true;
	EXPECT_DENIED(transport_run(transport));
	EXPECT_EQ(!enforcing, arrived("out", !enforcing));
	transport.late = true;
	EXPECT_DENIED(transport_run(transport));
	EXPECT_EQ(!enforcing, arrived("out", !enforcing));
	if (enforcing)
		EXPECT_TRUE(recorded("\"deny\"", "socket_sendmsg", LABELLED));
}

#define TEST_TRANSPORT(name, needs, ...)						\
	TEST(name)								\
	{									\
		ROW("N12/" #name, "blocked", "socket_connect,socket_sendmsg");	\
		shell("modprobe -q -a " needs);					\
		check_transport(_metadata, (struct transport){ __VA_ARGS__ });	\
	}

TEST_TRANSPORT(mptcp, "tcp_diag", .type = SOCK_STREAM, .protocol = IPPROTO_MPTCP)
TEST_TRANSPORT(sctp, "sctp", .type = SOCK_STREAM, .protocol = IPPROTO_SCTP)
TEST_TRANSPORT(sctp_seqpacket, "sctp", .type = SOCK_SEQPACKET, .protocol = IPPROTO_SCTP)
TEST_TRANSPORT(dccp, "dccp_ipv4", .type = 6 /* SOCK_DCCP */, .protocol = IPPROTO_DCCP)
TEST_TRANSPORT(udplite, "udp_diag", .type = SOCK_DGRAM, .protocol = IPPROTO_UDPLITE)
TEST_TRANSPORT(l2tp, "l2tp_ip", .type = SOCK_DGRAM, .protocol = IPPROTO_L2TP)
TEST_TRANSPORT(ktls, "tls", .type = SOCK_STREAM, .protocol = IPPROTO_TCP, .tls = true)

/* --- netlink, the kernel's cipher and key sockets as relays -------------------------- */

static int netlink_to_process(void *argument)
{
	struct sockaddr_nl at = { .nl_family = AF_NETLINK };
	socklen_t length = sizeof(at);
	int receiver = socket(AF_NETLINK, SOCK_RAW, NETLINK_USERSOCK);
	int sender = socket(AF_NETLINK, SOCK_RAW, NETLINK_USERSOCK);

	if (bind(receiver, (void *)&at, sizeof(at)) ||
	    getsockname(receiver, (void *)&at, &length))
		return errno;
	return sendto(sender, canary, sizeof(canary), 0, (void *)&at, sizeof(at)) < 0 ? errno : 0;
}

static int netlink_labelled(void *argument)
{
	return take_label() ?: netlink_to_process(argument);
}

/* To a group, by the address of the socket itself. */
static int netlink_to_group(void *argument)
{
	struct sockaddr_nl to = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_USERSOCK);
	int error = take_label();

	if (error)
		return error;
	if (connect(fd, (void *)&to, sizeof(to)))
		return errno;
	/* Nobody listens to the group. */
	return send(fd, canary, sizeof(canary), 0) < 0 && errno != ECONNREFUSED ? errno : 0;
}

static int interfaces_labelled(void *argument)
{
	struct if_nameindex *names;
	int error = take_label();

	names = if_nameindex(); /* asks the kernel by netlink */
	if (!error && !names)
		error = errno;
	if_freenameindex(names);
	return error;
}

TEST(netlink)
{
	ROW("N25/netlink", "blocked", "socket_sendmsg");
	EXPECT_EQ(0, in_child(netlink_to_process, NULL));
	EXPECT_DENIED(in_child(netlink_labelled, NULL));
	if (enforcing)
		EXPECT_TRUE(recorded("netlink_peer", "netlink", LABELLED));
	EXPECT_DENIED(in_child(netlink_to_group, NULL));
	EXPECT_EQ(0, in_child(interfaces_labelled, NULL));
}

/* One process encrypts, another takes the result: the first must not be labelled. */
static int cipher_open(void)
{
	struct sockaddr_alg {
		__u16 family;
		__u8 type[14];
		__u32 feature, mask;
		__u8 name[64];
	} name = { AF_ALG, "hash", 0, 0, "sha256" };
	int fd = socket(AF_ALG, SOCK_SEQPACKET, 0);

	if (fd < 0 || bind(fd, (void *)&name, sizeof(name)))
		return -1;
	return accept(fd, NULL, NULL);
}

static int cipher_write(void *argument)
{
	return take_label() ?: send(*(int *)argument, canary, sizeof(canary), MSG_MORE) < 0 ?
		       errno : 0;
}

TEST(cipher)
{
	struct family family = { AF_ALG, SOCK_SEQPACKET, 0, "algif_hash" };
	int fd;

	ROW("N25/alg", "blocked", "socket_create,socket_sendmsg");
	check_family(_metadata, family);
	fd = cipher_open();
	ASSERT_LE(0, fd);
	EXPECT_DENIED(in_child(cipher_write, &fd));
	if (enforcing)
		EXPECT_TRUE(recorded("socket_sendmsg", "\"alg\"", LABELLED));
	close(fd);
}

TEST(key)
{
	ROW("N25/key", "blocked", "socket_create,socket_sendmsg");
	check_family(_metadata, (struct family){ AF_KEY, SOCK_RAW, 2 /* PF_KEY_V2 */, "af_key" });
}
