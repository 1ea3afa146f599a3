// SPDX-License-Identifier: GPL-2.0-only
/* Frames that go out below the Internet protocols: AF_PACKET and AF_XDP. */

#include "domicile_test.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_xdp.h>
#include <net/if.h>

#ifndef AF_XDP
#define AF_XDP 44
#endif
#ifndef SOL_XDP
#define SOL_XDP 283
#endif

struct frame {
	struct ethhdr ethernet;
	char data[sizeof(canary)];
};

static struct frame frame_make(void)
{
	struct frame frame = { .ethernet.h_proto = htons(ETHER_TYPE) };

	memset(frame.ethernet.h_dest, 0xff, ETH_ALEN);
	memcpy(frame.data, canary, sizeof(canary));
	return frame;
}

static struct sockaddr_ll frame_to(void)
{
	return (struct sockaddr_ll){ .sll_family = AF_PACKET, .sll_protocol = htons(ETHER_TYPE),
				     .sll_ifindex = if_nametoindex("veth-out"),
				     .sll_halen = ETH_ALEN,
				     .sll_addr = { 255, 255, 255, 255, 255, 255 } };
}

/* Each way: a socket is made before the label is taken, and used afterwards. */
struct way {
	int (*open)(void);
	int (*send)(int fd);
	bool labelled;
};

static int way_run(void *argument)
{
	struct way *way = argument;
	int fd = way->open(), error;

	if (fd < 0)
		return errno;
	error = way->labelled ? take_label() : 0;
	return error ?: way->send(fd);
}

/* Made after the label was taken. */
static int way_open_labelled(void *argument)
{
	struct way *way = argument;

	return take_label() ?: way->open() < 0 ? errno : 0;
}

static void check_way(struct __test_metadata *_metadata, struct way way, const char *record)
{
	arrived("out", false);
	EXPECT_EQ(0, in_child(way_run, &way));
	EXPECT_TRUE(arrived("out", true));
	way.labelled = true;
	EXPECT_DENIED(in_child(way_run, &way));
	EXPECT_EQ(!enforcing, arrived("out", !enforcing));
	if (enforcing)
		EXPECT_TRUE(recorded("\"deny\"", record, LABELLED));
	EXPECT_DENIED(in_child(way_open_labelled, &way));
}

/* --- AF_PACKET ---------------------------------------------------------------------- */

static int open_raw(void)
{
	return socket(AF_PACKET, SOCK_RAW, htons(ETHER_TYPE));
}

static int open_dgram(void)
{
	return socket(AF_PACKET, SOCK_DGRAM, htons(ETHER_TYPE));
}

static int open_bypass(void)
{
	int fd = open_raw(), one = 1;

	if (fd < 0)
		return -1;
	return setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one)) ? -1 : fd;
}

static int send_raw(int fd)
{
	struct frame frame = frame_make();
	struct sockaddr_ll to = frame_to();

	return sendto(fd, &frame, sizeof(frame), 0, (void *)&to, sizeof(to)) < 0 ? errno : 0;
}

static int send_dgram(int fd)
{
	struct sockaddr_ll to = frame_to();

	return sendto(fd, canary, sizeof(canary), 0, (void *)&to, sizeof(to)) < 0 ? errno : 0;
}

static int open_ring(void)
{
	struct tpacket_req request = { .tp_block_size = 4096, .tp_block_nr = 1,
				       .tp_frame_size = 2048, .tp_frame_nr = 2 };
	int fd = open_raw();

	if (fd < 0)
		return -1;
	return setsockopt(fd, SOL_PACKET, PACKET_TX_RING, &request, sizeof(request)) ? -1 : fd;
}

static int send_ring(int fd)
{
	char *ring = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	struct tpacket_hdr *header = (void *)ring;
	struct frame frame = frame_make();
	struct sockaddr_ll to = frame_to();

	if (ring == MAP_FAILED)
		return errno;
	memcpy(ring + TPACKET_HDRLEN - sizeof(struct sockaddr_ll), &frame, sizeof(frame));
	header->tp_len = sizeof(frame);
	header->tp_status = TP_STATUS_SEND_REQUEST;
	return sendto(fd, NULL, 0, 0, (void *)&to, sizeof(to)) < 0 ? errno : 0;
}

#define TEST_PACKET(name, open_function, send_function)				\
	TEST(name)								\
	{									\
		struct way way = { .open = open_function, .send = send_function };		\
										\
		ROW("N10/" #name, "blocked", "socket_create,socket_sendmsg");	\
		check_way(_metadata, way, "\"packet\"");			\
	}

TEST_PACKET(raw, open_raw, send_raw)
TEST_PACKET(dgram, open_dgram, send_dgram)
TEST_PACKET(tx_ring, open_ring, send_ring)
TEST_PACKET(bypass, open_bypass, send_raw)

/* --- AF_XDP ------------------------------------------------------------------------- */

#define XDP_FRAMES 16
#define XDP_FRAME_SIZE 4096

static char *xdp_memory;

/* Bound to a queue, with all it takes to send: that no call would see. */
static int open_xdp(void)
{
	struct sockaddr_xdp at = { .sxdp_family = AF_XDP, .sxdp_flags = XDP_COPY,
				   .sxdp_ifindex = if_nametoindex("veth-out") };
	struct xdp_umem_reg memory = { .len = XDP_FRAMES * XDP_FRAME_SIZE,
				       .chunk_size = XDP_FRAME_SIZE };
	int fd = socket(AF_XDP, SOCK_RAW, 0), count = XDP_FRAMES;

	if (fd < 0)
		return -1;
	xdp_memory = mmap(NULL, memory.len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);
	memory.addr = (__u64)xdp_memory;
	if (setsockopt(fd, SOL_XDP, XDP_UMEM_REG, &memory, sizeof(memory)) ||
	    setsockopt(fd, SOL_XDP, XDP_UMEM_FILL_RING, &count, sizeof(count)) ||
	    setsockopt(fd, SOL_XDP, XDP_UMEM_COMPLETION_RING, &count, sizeof(count)) ||
	    setsockopt(fd, SOL_XDP, XDP_TX_RING, &count, sizeof(count)))
		return -1;
	/* The kernel takes its time to let go of the socket that had the queue last. */
	for (int tries = 100; bind(fd, (void *)&at, sizeof(at)); tries--) {
		if (errno != EBUSY || !tries)
			return -1;
		usleep(50 * 1000);
	}
	return fd;
}

static int send_xdp(int fd)
{
	struct xdp_mmap_offsets offsets;
	socklen_t length = sizeof(offsets);
	struct pollfd output = { .fd = fd, .events = POLLOUT };
	struct frame frame = frame_make();
	struct xdp_desc *descriptor;
	char *ring;

	if (getsockopt(fd, SOL_XDP, XDP_MMAP_OFFSETS, &offsets, &length))
		return errno;
	ring = mmap(NULL, offsets.tx.desc + XDP_FRAMES * sizeof(struct xdp_desc),
		    PROT_READ | PROT_WRITE, MAP_SHARED, fd, XDP_PGOFF_TX_RING);
	if (ring == MAP_FAILED)
		return errno;
	memcpy(xdp_memory, &frame, sizeof(frame));
	descriptor = (void *)(ring + offsets.tx.desc);
	*descriptor = (struct xdp_desc){ .len = sizeof(frame) };
	__atomic_store_n((__u32 *)(ring + offsets.tx.producer), 1, __ATOMIC_RELEASE);
	return poll(&output, 1, 1000) < 0 ? errno : 0;
}

TEST(xdp_create)
{
	struct way way = { .open = open_xdp, .send = send_xdp };

	ROW("N11/create", "blocked", "socket_create");
	EXPECT_DENIED(in_child(way_open_labelled, &way));
	if (enforcing)
		EXPECT_TRUE(recorded("socket_create", "\"xdp\"", LABELLED));
}

/* It sends by poll(), which nothing sees: so its holder takes no label. */
TEST(xdp_held)
{
	struct way way = { .open = open_xdp, .send = send_xdp, .labelled = true };

	ROW("N11/held", "blocked", "file_open");
	EXPECT_DENIED(in_child(way_run, &way));
	EXPECT_EQ(!enforcing, arrived("out", !enforcing));
	if (enforcing)
		EXPECT_TRUE(recorded("\"deny\"", "xdp_holder", LABELLED));
	way.labelled = false;
	EXPECT_EQ(0, in_child(way_run, &way));
	EXPECT_TRUE(arrived("out", true));
}
