// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices: what is read from a disk below its file systems, and what is written
 * to any device.
 */

#include "place.h"

#include <scsi/sg.h>
#include <sys/ioctl.h>

#define STEP (1 << 20)

/* Whatever a test set up before it failed. */
#define CLEAN									\
	"umount " DIR_TEST "/mounted; dmsetup remove_all; losetup -D; rm -f " DIR_TEST "/*.img"

FIXTURE(disk) {
	char disk[64];
};

FIXTURE_SETUP(disk)
{
	setenv("DM_DISABLE_UDEV", "1", 1);
	shell("modprobe -qa loop dm-mod dm-snapshot; mkdir -p " DIR_TEST "/mounted");
}

FIXTURE_TEARDOWN(disk)
{
	shell("(" CLEAN ") >/dev/null 2>&1");
}

/* --- raw reads -------------------------------------------------------------------- */

/* Look for the canary in the first 160 MiB of the disk at @argument. */
static int disk_take(void *argument)
{
	static char buffer[STEP];
	int fd = open(argument, O_RDONLY);
	ssize_t size = -1;

	for (int i = 0; i < 160 && (size = read(fd, buffer, STEP)) > 0; i++)
		if (memmem(buffer, size, canary, sizeof(canary) - 1))
			return try_out();
	return size < 0 ? EIO : ENODATA;
}

static int disk_take_mapped(void *argument)
{
	int fd = open(argument, O_RDONLY);
	char *data = mmap(NULL, 160 * STEP, PROT_READ, MAP_SHARED, fd, 0);

	if (data == MAP_FAILED)
		return EIO;
	return memmem(data, 160 * STEP, canary, sizeof(canary) - 1) ? try_out() : ENODATA;
}

/* Opened and asked for its size, as by many. */
static int disk_ask(void *argument)
{
	int fd = open(argument, O_RDONLY);
	unsigned long long size;

	return ioctl(fd, BLKGETSIZE64, &size) ? errno : try_out();
}

static int disk_of(const char *mounted, char *disk, size_t size)
{
	char command[128];
	FILE *find;

	snprintf(command, sizeof(command), "findmnt -nvo SOURCE %s", mounted);
	find = popen(command, "r");
	if (!find || !fgets(disk, size, find))
		return EIO;
	disk[strcspn(disk, "\n")] = 0;
	return pclose(find);
}

static int disk_settle(void)
{
	return shell("sync; echo 3 > /proc/sys/vm/drop_caches");
}

TEST_F_TIMEOUT(disk, raw, 180)
{
	ROW("F14/raw", "tracked", "file_permission");
	for (int place = 1; place < PLACES; place++) {
		char *path = path_at(place, "on-disk");

		ASSERT_EQ(0, disk_of(places[place], self->disk, sizeof(self->disk)));
		ASSERT_EQ(0, in_child(place_leave, path));
		EXPECT_EQ(0, disk_settle());
		EXPECT_DENIED(in_child(disk_take, self->disk));
		EXPECT_EQ(0, in_child(disk_ask, self->disk));
		unlink(path);
	}
}

TEST_F_TIMEOUT(disk, raw_mapped, 180)
{
	char *path = path_at(1, "on-disk");

	ROW("F14/raw", "tracked", "mmap_file");
	ASSERT_EQ(0, disk_of(places[1], self->disk, sizeof(self->disk)));
	ASSERT_EQ(0, in_child(place_leave, path));
	EXPECT_EQ(0, disk_settle());
	EXPECT_DENIED(in_child(disk_take_mapped, self->disk));
	unlink(path);
}

/* A loop device over a new image, formatted, as /dev/loopN in @disk. */
static int loop_make(const char *name, char *disk, size_t size)
{
	char command[256];
	FILE *losetup;

	snprintf(command, sizeof(command), "truncate -s 32M " DIR_TEST "/%s.img && "
		 "mkfs.ext4 -q -F " DIR_TEST "/%s.img && losetup -f --show " DIR_TEST "/%s.img",
		 name, name, name);
	losetup = popen(command, "r");
	if (!losetup || !fgets(disk, size, losetup))
		return EIO;
	disk[strcspn(disk, "\n")] = 0;
	return pclose(losetup);
}

static int mounted_fill(const char *disk)
{
	return shell("mount %s " DIR_TEST "/mounted && printf %s > " DIR_TEST "/mounted/file",
		     disk, canary);
}

TEST_F(disk, loop)
{
	ROW("F14/loop", "tracked", "file_permission");
	ASSERT_EQ(0, loop_make("loop", self->disk, sizeof(self->disk)));
	ASSERT_EQ(0, mounted_fill(self->disk));
	EXPECT_EQ(0, disk_settle());
	EXPECT_EQ(0, in_child(disk_take, self->disk));
	if (enforcing)
		EXPECT_EQ(0, shell("domicile label set cn.pii " DIR_TEST "/mounted/file >&2"));
	EXPECT_DENIED(in_child(disk_take, self->disk));
}

/* The next file behind the same loop device is another disk. */
TEST_F(disk, loop_again)
{
	char again[64];

	ASSERT_EQ(0, loop_make("loop", self->disk, sizeof(self->disk)));
	ASSERT_EQ(0, mounted_fill(self->disk));
	if (enforcing)
		EXPECT_EQ(0, shell("domicile label set cn.pii " DIR_TEST "/mounted/file >&2"));
	EXPECT_EQ(0, shell("umount " DIR_TEST "/mounted; losetup -d %s", self->disk));
	ASSERT_EQ(0, loop_make("again", again, sizeof(again)));
	EXPECT_STREQ(self->disk, again);
	EXPECT_EQ(0, shell("mount %s " DIR_TEST "/mounted && printf %s > " DIR_TEST
			   "/mounted/file && sync", again, canary));
	EXPECT_EQ(0, in_child(disk_take, again));
}

static int leave_mounted(void)
{
	static char path[] = DIR_TEST "/mounted/file";

	return in_child(place_leave, path);
}

TEST_F(disk, device_mapper)
{
	static char dm[] = "/dev/mapper/domicile-test";

	ROW("F14/dm", "tracked", "file_permission");
	ASSERT_EQ(0, loop_make("dm", self->disk, sizeof(self->disk)));
	ASSERT_EQ(0, shell("echo 0 65536 linear %s 0 | dmsetup create domicile-test",
			   self->disk));
	ASSERT_EQ(0, shell("mount %s " DIR_TEST "/mounted", dm));
	EXPECT_EQ(0, leave_mounted());
	EXPECT_EQ(0, disk_settle());
	EXPECT_DENIED(in_child(disk_take, dm));
	EXPECT_DENIED(in_child(disk_take, self->disk));
	/* And when the mapping is gone. */
	EXPECT_EQ(0, shell("umount " DIR_TEST "/mounted && dmsetup remove domicile-test"));
	EXPECT_DENIED(in_child(disk_take, self->disk));
}

TEST_F(disk, snapshot)
{
	static char snapshot[] = "/dev/mapper/domicile-snap";
	char cow[64];

	ROW("F14/snapshot", "tracked", "file_permission");
	ASSERT_EQ(0, loop_make("base", self->disk, sizeof(self->disk)));
	ASSERT_EQ(0, loop_make("cow", cow, sizeof(cow)));
	ASSERT_EQ(0, shell("echo 0 65536 linear %s 0 | dmsetup create domicile-real &&"
			   "echo 0 65536 snapshot-origin /dev/mapper/domicile-real |"
			   "dmsetup create domicile-test", self->disk));
	ASSERT_EQ(0, shell("mount /dev/mapper/domicile-test " DIR_TEST "/mounted"));
	EXPECT_EQ(0, leave_mounted());
	EXPECT_EQ(0, disk_settle());
	ASSERT_EQ(0, shell("echo 0 65536 snapshot /dev/mapper/domicile-real %s N 8 |"
			   "dmsetup create domicile-snap", cow));
	EXPECT_DENIED(in_child(disk_take, snapshot));
}

/* A disk with labelled files can be checked, and made anew. */
static int check_and_make(void *argument)
{
	char *disk = argument;

	return shell("(e2fsck -fy %s && mkfs.ext4 -q -F %s && e2fsck -fy %s) >/dev/null 2>&1",
		     disk, disk, disk);
}

TEST_F(disk, check_and_make)
{
	ASSERT_EQ(0, loop_make("loop", self->disk, sizeof(self->disk)));
	ASSERT_EQ(0, mounted_fill(self->disk));
	if (enforcing)
		EXPECT_EQ(0, shell("domicile label set cn.pii " DIR_TEST "/mounted/file >&2"));
	EXPECT_EQ(0, shell("umount " DIR_TEST "/mounted"));
	EXPECT_EQ(0, in_child(check_and_make, self->disk));
	EXPECT_EQ(0, shell("mount %s " DIR_TEST "/mounted", self->disk));
}

/* --- writes ------------------------------------------------------------------------ */

static int give(void *argument)
{
	int error = take_label(), fd;

	fd = open(argument, O_WRONLY | O_NOCTTY);
	if (error || fd < 0)
		return error ?: errno;
	return write(fd, canary, sizeof(canary)) < 0 ? errno : 0;
}

static int give_open(void *argument)
{
	int error = take_label();

	return error ?: open(argument, O_RDWR | O_NOCTTY | O_NONBLOCK) < 0 ? errno : 0;
}

/* The device was open before the label came. */
static int give_early(void *argument)
{
	int fd = open(argument, O_WRONLY | O_NOCTTY), error;

	if (fd < 0)
		return EIO;
	error = take_label();
	return error ?: write(fd, canary, sizeof(canary)) < 0 ? errno : 0;
}

static int give_plain(void *argument)
{
	int fd = open(argument, O_RDWR | O_NOCTTY | O_NONBLOCK);

	return fd < 0 ? errno : try_out();
}

/* The device at @path, which a driver makes a while after it was loaded, or never. */
static bool appears(const char *path)
{
	for (int i = 0; i < 100 && access(path, F_OK); i++)
		usleep(100000);
	return !access(path, F_OK);
}

TEST_F(disk, write)
{
	ROW("F15/block", "blocked", "file_open file_permission");
	ASSERT_EQ(0, loop_make("loop", self->disk, sizeof(self->disk)));
	EXPECT_DENIED(in_child(give, self->disk));
	if (enforcing)
		EXPECT_TRUE(recorded("\"file_open\"", "\"device\"", self->disk));
	EXPECT_EQ(enforcing ? ENODATA : 0, in_child(disk_take, self->disk));
	EXPECT_DENIED(in_child(give_early, self->disk));
	if (enforcing)
		EXPECT_TRUE(recorded("\"file_permission\"", "\"device\"", self->disk));
	EXPECT_EQ(enforcing ? ENODATA : 0, in_child(disk_take, self->disk));
	EXPECT_EQ(0, in_child(give_plain, self->disk));
}

#define TEST_DEVICE(name, row, device, modules)						\
	TEST(name)									\
	{										\
		static char path[] = device;						\
											\
		ROW(row, "blocked", "file_open");					\
		shell("modprobe -qa loop " modules);					\
		if (!appears(path))							\
			SKIP(return, "there is no " device);				\
		EXPECT_DENIED(in_child(give_open, path));				\
		if (enforcing)								\
			EXPECT_TRUE(recorded("\"file_open\"", "\"device\"", path));	\
		EXPECT_EQ(0, in_child(give_plain, path));				\
	}

TEST_DEVICE(mem, "F15/mem", "/dev/mem", "")
TEST_DEVICE(port, "F15/port", "/dev/port", "")
TEST_DEVICE(serial, "F15/serial", "/dev/ttyS0", "")
TEST_DEVICE(usb, "F15/usb", "/dev/bus/usb/001/001", "vhci-hcd")
TEST_DEVICE(sg, "F15/sg", "/dev/sg0", "scsi_debug sg")

/* The gadget end of an emulated cable, and the driver for printers at the other. */
#define GADGET "/sys/kernel/config/usb_gadget/domicile"

TEST(printer)
{
	static char path[] = "/dev/usb/lp0";

	ROW("F15/printer", "blocked", "file_open");
	shell("modprobe -qa dummy_hcd libcomposite usb_f_printer usblp; "
	      "mount -t configfs configfs /sys/kernel/config 2>/dev/null; "
	      "mkdir -p " GADGET "/configs/c.1 " GADGET "/functions/printer.0; cd " GADGET "; "
	      "echo 0x0525 > idVendor; echo 0xa4a8 > idProduct; "
	      "ln -s functions/printer.0 configs/c.1/ 2>/dev/null; "
	      "ls /sys/class/udc > UDC");
	if (!appears(path))
		SKIP(return, "no USB gadgets in this kernel");
	EXPECT_DENIED(in_child(give_open, path));
	if (enforcing)
		EXPECT_TRUE(recorded("\"file_open\"", "\"device\"", path));
	EXPECT_EQ(0, in_child(give_plain, path));
	shell("cd " GADGET " && echo > UDC; rm -f configs/c.1/printer.0; rmdir functions/printer.0 "
	      "configs/c.1; cd ..; rmdir domicile");
}

/* A command that reads or writes, on a descriptor from before the label. */
static int command_early(void *argument)
{
	unsigned char inquiry[6] = { 0x12, 0, 0, 0, 96 }, data[96];
	struct sg_io_hdr command = {
		.interface_id = 'S', .dxfer_direction = SG_DXFER_FROM_DEV, .cmd_len = 6,
		.cmdp = inquiry, .dxfer_len = sizeof(data), .dxferp = data, .timeout = 5000,
	};
	int fd = open(argument, O_RDWR), error = take_label();

	return error ?: ioctl(fd, SG_IO, &command) ? errno : 0;
}

TEST(sg_command)
{
	static char path[] = "/dev/sg0";

	shell("modprobe -qa scsi_debug sg");
	if (!appears(path))
		SKIP(return, "no emulated SCSI in this kernel");
	EXPECT_DENIED(in_child(command_early, path));
	if (enforcing)
		EXPECT_TRUE(recorded("\"file_ioctl\"", "\"device\"", path));
}

/* What everybody writes to. */
static int give_harmless(void *argument)
{
	static const char *const paths[] = { "/dev/null", "/dev/zero", "/dev/random",
					     "/dev/urandom" };
	int error = take_label();

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths) && !error; i++) {
		int fd = open(paths[i], O_RDWR);

		error = fd < 0 || write(fd, canary, sizeof(canary)) < 0 ? errno : 0;
		isatty(fd);
		close(fd);
	}
	return error;
}

TEST(harmless)
{
	EXPECT_EQ(0, in_child(give_harmless, NULL));
}
