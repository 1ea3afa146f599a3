// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that devices read on their own, that two processes have by a driver, or
 * that is written back where no label is kept: who has it takes no label, and who
 * has a label does not get it.
 */

#include "domicile_test.h"

#include <drm/drm.h>
#include <drm/drm_mode.h>
#include <linux/dma-heap.h>
#include <linux/vfio.h>
#include <linux/vhost.h>
#include <sys/ioctl.h>

#define SIZE 4096

/* The device at @path, which a driver makes a while after it was loaded, or never. */
static bool appears(const char *path)
{
	for (int i = 0; i < 50 && access(path, F_OK); i++)
		usleep(100000);
	return !access(path, F_OK);
}

/* --- buffers --------------------------------------------------------------------------- */

struct buffer {
	int fd;
	off_t offset;
};

struct kind {
	const char *path;
	int (*make)(const char *path, struct buffer *buffer); /* 0, or an errno */
};

static int gpu_make(const char *path, struct buffer *buffer)
{
	struct drm_mode_create_dumb dumb = { .width = 64, .height = 64, .bpp = 32 };
	struct drm_mode_map_dumb map = {};

	buffer->fd = open(path, O_RDWR);
	if (buffer->fd < 0 || ioctl(buffer->fd, DRM_IOCTL_MODE_CREATE_DUMB, &dumb))
		return errno;
	map.handle = dumb.handle;
	if (ioctl(buffer->fd, DRM_IOCTL_MODE_MAP_DUMB, &map))
		return errno;
	buffer->offset = map.offset;
	return 0;
}

static int heap_make(const char *path, struct buffer *buffer)
{
	struct dma_heap_allocation_data data = { .len = SIZE, .fd_flags = O_RDWR };
	int heap = open(path, O_RDWR);

	if (heap < 0 || ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &data))
		return errno;
	close(heap);
	buffer->fd = data.fd;
	buffer->offset = 0;
	return 0;
}

static int share_make(const char *path, struct buffer *buffer)
{
	buffer->fd = open(path, O_RDWR | O_CREAT, 0600);
	buffer->offset = 0;
	return buffer->fd < 0 || ftruncate(buffer->fd, SIZE) ? errno : 0;
}

/* Return: 0, or an errno. */
static int buffer_map(const struct buffer *buffer, char **memory)
{
	*memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, buffer->fd, buffer->offset);
	return *memory == MAP_FAILED ? errno : 0;
}

struct writer {
	struct buffer buffer;
	bool labelled;
	bool early; /* the buffer is mapped before the label is taken */
};

static int buffer_write(void *argument)
{
	struct writer *writer = argument;
	char *memory = NULL;
	int error = writer->early ? buffer_map(&writer->buffer, &memory) : 0;

	if (!error && writer->labelled)
		error = take_label();
	if (!error && !writer->early)
		error = buffer_map(&writer->buffer, &memory);
	if (!error)
		memcpy(memory, canary, sizeof(canary));
	return error;
}

struct pass {
	const struct kind *kind;
	struct writer writer;
};

/* A child writes to the buffer, and this process sends what it finds there. */
static int buffer_pass(void *argument)
{
	struct pass *pass = argument;
	int error = pass->kind->make(pass->kind->path, &pass->writer.buffer);
	char *memory;

	error = error ?: buffer_map(&pass->writer.buffer, &memory);
	if (error)
		return 1000 + error;
	error = in_child(buffer_write, &pass->writer);
	if (error)
		return error;
	return strcmp(memory, canary) ? ENODATA : try_out();
}

/* A label taken when the buffer was there, and the other way round. */
static void check_buffer(struct __test_metadata *_metadata, const struct kind *kind)
{
	struct pass plain = { .kind = kind }, late = { .kind = kind, .writer.labelled = true };
	struct pass early = { .kind = kind, .writer = { .labelled = true, .early = true } };

	arrived("out", false);
	EXPECT_EQ(0, in_child(buffer_pass, &plain));
	EXPECT_TRUE(arrived("out", true));
	EXPECT_DENIED(in_child(buffer_pass, &early));
	EXPECT_EQ(!enforcing, arrived("out", !enforcing));
	if (enforcing)
		EXPECT_TRUE(recorded("\"file_open\"", "\"memory_holder\"", LABELLED));
	EXPECT_DENIED(in_child(buffer_pass, &late));
	EXPECT_EQ(!enforcing, arrived("out", !enforcing));
}

/* --- who has a label gets no buffer ------------------------------------------------------ */

static int make_labelled(void *argument)
{
	const struct kind *kind = argument;
	struct buffer buffer;

	return take_label() ?: kind->make(kind->path, &buffer);
}

/* A descriptor from before, that @argument has not been used to map yet. */
static int map_labelled(void *argument)
{
	struct buffer *buffer = argument;
	char *memory;

	return take_label() ?: buffer_map(buffer, &memory);
}

/* The other side has not mapped it: so it is no holder, nor are its children. */
static int map_by_labelled_child(void *argument)
{
	const struct kind *kind = argument;
	struct buffer buffer;

	return kind->make(kind->path, &buffer) ?: in_child(map_labelled, &buffer);
}

static const struct kind gpu_buffer = { "/dev/dri/card0", gpu_make };
static const struct kind heap_buffer = { "/dev/dma_heap/system", heap_make };

TEST(gpu)
{
	ROW("P19/gpu", "blocked", "file_open,file_ioctl,mmap_file");
	shell("modprobe -qa vgem");
	if (!appears(gpu_buffer.path))
		SKIP(return, "there is no %s", gpu_buffer.path);
	check_buffer(_metadata, &gpu_buffer);
	EXPECT_DENIED(in_child(make_labelled, (void *)&gpu_buffer));
	if (enforcing)
		EXPECT_TRUE(recorded("\"file_open\"", "\"device\"", gpu_buffer.path));
}

TEST(dmabuf)
{
	ROW("P19/dmabuf", "blocked", "file_open,mmap_file");
	if (!appears(heap_buffer.path))
		SKIP(return, "there is no %s", heap_buffer.path);
	check_buffer(_metadata, &heap_buffer);
	EXPECT_DENIED(in_child(make_labelled, (void *)&heap_buffer));
	EXPECT_DENIED(in_child(map_by_labelled_child, (void *)&heap_buffer));
	if (enforcing)
		EXPECT_TRUE(recorded("\"mmap_file\"", "\"device\"", LABELLED));
}

/* --- a file that is written back where no label is kept -------------------------------- */

#define IMAGE DIR_TEST "/image"

TEST(mapped_file)
{
	static const struct kind file = { DIR_TEST "/mounted/file", share_make };

	ROW("F12/vfat", "blocked", "mmap_file");
	ASSERT_EQ(0, shell("modprobe -qa loop vfat; truncate -s 8M " IMAGE " && mkfs.vfat " IMAGE
			   " >/dev/null && mkdir -p " DIR_TEST "/mounted && "
			   "mount -o loop " IMAGE " " DIR_TEST "/mounted"));
	check_buffer(_metadata, &file);
	EXPECT_EQ(0, shell("umount " DIR_TEST "/mounted && rm " IMAGE));
}

/* --- devices that a process drives itself ------------------------------------------------ */

struct driver {
	const char *path;
	unsigned long command; /* one that every process sends first */
};

static int drive(void *argument)
{
	struct driver *driver = argument;
	int fd = open(driver->path, O_RDWR);

	if (fd < 0)
		return errno;
	ioctl(fd, driver->command, 0);
	return 0;
}

static int drive_labelled(void *argument)
{
	return take_label() ?: drive(argument);
}

static int drive_and_take(void *argument)
{
	return drive(argument) ?: take_label();
}

/* The descriptor is inherited, and its owner drives nothing. */
static int inherit_and_take(void *argument)
{
	struct driver *driver = argument;
	int fd = open(driver->path, O_RDWR), error = fd < 0 ? errno : take_label();

	return error ?: ioctl(fd, driver->command, 0) && errno == EPERM ? EPERM : 0;
}

/* What is executed has other memory. */
static int drive_and_execute(void *argument)
{
	int error = drive(argument);

	if (!error)
		execl("/bin/dd", "dd", "if=" LABELLED, "of=/dev/null", "status=none", NULL);
	return error ?: errno;
}

static int drive_and_send(void *argument)
{
	return drive(argument) ?: try_out();
}

static void check_driver(struct __test_metadata *_metadata, struct driver *driver)
{
	EXPECT_EQ(0, in_child(drive_and_send, driver));
	EXPECT_DENIED(in_child(drive_labelled, driver));
	if (enforcing)
		EXPECT_TRUE(recorded("\"file_open\"", "\"device\"", driver->path));
	EXPECT_DENIED(in_child(drive_and_take, driver));
	if (enforcing)
		EXPECT_TRUE(recorded("\"file_open\"", "\"memory_holder\"", LABELLED));
	if (enforcing)
		EXPECT_EQ(EPERM, in_child(inherit_and_take, driver));
	EXPECT_EQ(0, in_child(drive_and_execute, driver));
}

TEST(vfio)
{
	static struct driver driver = { "/dev/vfio/vfio", VFIO_GET_API_VERSION };

	ROW("P19/vfio", "blocked", "file_open,file_ioctl");
	shell("modprobe -qa vfio vfio_iommu_type1");
	if (!appears(driver.path))
		SKIP(return, "there is no %s", driver.path);
	check_driver(_metadata, &driver);
}

TEST(vhost)
{
	static struct driver driver = { "/dev/vhost-net", VHOST_SET_OWNER };

	ROW("P19/vhost", "blocked", "file_open,file_ioctl");
	shell("modprobe -qa vhost_net");
	if (!appears(driver.path))
		SKIP(return, "there is no %s", driver.path);
	check_driver(_metadata, &driver);
}

/* Any command: what it does is not asked. */
#define RDMA_VERBS_IOCTL _IOWR(0x1b, 1, __u64[3])

TEST(rdma)
{
	static struct driver driver = { "/dev/infiniband/uverbs0", RDMA_VERBS_IOCTL };

	ROW("P19/rdma", "blocked", "file_open,file_ioctl");
	shell("modprobe -qa rdma_rxe ib_uverbs; "
	      "rdma link add domicile type rxe netdev veth-out 2>/dev/null");
	if (!appears(driver.path))
		SKIP(return, "there is no %s", driver.path);
	check_driver(_metadata, &driver);
	shell("rdma link delete domicile");
}
