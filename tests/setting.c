// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a process leaves in the kernel itself, for everybody to read: settings,
 * names, mounts; and the cores of those that die.
 */

#include "place.h"

#include <sys/resource.h>

/* --- files of the kernel ------------------------------------------------------------- */

static int setting_write(void *argument)
{
	int error = take_label(), fd;

	fd = open(argument, O_WRONLY);
	return error ?: fd < 0 || write(fd, "1", 1) < 0 ? errno : 0;
}

static int setting_write_early(void *argument)
{
	int fd = open(argument, O_WRONLY), error = take_label();

	return error ?: fd < 0 || write(fd, "1", 1) < 0 ? errno : 0;
}

static int setting_plain(void *argument)
{
	int fd = open(argument, O_WRONLY);

	return fd < 0 || write(fd, "1", 1) < 0 ? errno : try_out();
}

#define TEST_SETTING(name, path, set_up)						\
	TEST(name)									\
	{										\
		static char file[] = path;						\
											\
		ROW("F21/" #name, "blocked", "file_open file_permission");		\
		shell(set_up);								\
		if (access(file, W_OK))							\
			SKIP(return, "there is no " path);				\
		EXPECT_DENIED(in_child(setting_write, file));				\
		if (enforcing)								\
			EXPECT_TRUE(recorded("\"file_open\"", strrchr(file, '/'), LABELLED));	\
		EXPECT_DENIED(in_child(setting_write_early, file));			\
		if (enforcing)								\
			EXPECT_TRUE(recorded("\"file_permission\"", strrchr(file, '/'),	\
					     LABELLED));				\
		EXPECT_EQ(0, in_child(setting_plain, file));				\
	}

TEST_SETTING(proc, "/proc/irq/default_smp_affinity", ":")
TEST_SETTING(sysctl, "/proc/sys/kernel/core_uses_pid", ":")
TEST_SETTING(sys, "/sys/module/printk/parameters/time", ":")
TEST_SETTING(tracefs, "/sys/kernel/tracing/tracing_thresh",
	     "mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null")
TEST_SETTING(configfs, "/sys/kernel/config/usb_gadget/domicile-f21/bDeviceClass",
	     "modprobe -q libcomposite; mount -t configfs configfs /sys/kernel/config 2>/dev/null;"
	     "mkdir -p /sys/kernel/config/usb_gadget/domicile-f21")

/* --- names ---------------------------------------------------------------------------- */

static int name_by_prctl(void *argument)
{
	return take_label() ?: prctl(PR_SET_NAME, canary) ? errno : 0;
}

static int name_by_file(void *argument)
{
	int error = take_label(), fd = open("/proc/self/comm", O_WRONLY);

	return error ?: fd < 0 || write(fd, canary, 15) < 0 ? errno : 0;
}

/* Small numbers about itself a process may go on setting. */
static int score_adjust(void *argument)
{
	int error = take_label(), fd = open("/proc/self/oom_score_adj", O_WRONLY);

	return error ?: fd < 0 || write(fd, "500", 3) < 0 ? errno : 0;
}

static int name_plain(void *argument)
{
	return prctl(PR_SET_NAME, "domicile-plain") ? errno : try_out();
}

TEST(comm)
{
	ROW("F21/comm", "blocked", "task_prctl file_open");
	EXPECT_DENIED(in_child(name_by_prctl, NULL));
	if (enforcing)
		EXPECT_TRUE(recorded("\"task_prctl\"", "\"kernel_setting\"", LABELLED));
	EXPECT_DENIED(in_child(name_by_file, NULL));
	if (enforcing)
		EXPECT_TRUE(recorded("\"file_open\"", "/comm", LABELLED));
	EXPECT_EQ(0, in_child(score_adjust, NULL));
	EXPECT_EQ(0, in_child(name_plain, NULL));
}

static int host_rename(void *argument)
{
	return unshare(CLONE_NEWUTS) ?: take_label() ?: sethostname("canary", 6) ? errno : 0;
}

static int domain_rename(void *argument)
{
	return unshare(CLONE_NEWUTS) ?: take_label() ?: setdomainname("canary", 6) ? errno : 0;
}

static int host_rename_plain(void *argument)
{
	return unshare(CLONE_NEWUTS) ?: sethostname("plain", 5) ? errno : try_out();
}

TEST(hostname)
{
	ROW("F21/hostname", "blocked", "capable");
	EXPECT_DENIED(in_child(host_rename, NULL));
	EXPECT_DENIED(in_child(domain_rename, NULL));
	if (enforcing)
		EXPECT_TRUE(recorded("\"capable\"", "\"kernel_setting\"", LABELLED));
	EXPECT_EQ(0, in_child(host_rename_plain, NULL));
}

/* --- mounts ------------------------------------------------------------------------------- */

#define MOUNTED DIR_TEST "/mounted"

static int mount_share(void *argument)
{
	return unshare(CLONE_NEWNS) ?: take_label() ?:
	       mount("root", MOUNTED, "9p", MS_RDONLY, "trans=virtio,access=any") ? errno : 0;
}

static int mount_share_plain(void *argument)
{
	return unshare(CLONE_NEWNS) ?:
	       mount("out", MOUNTED, "9p", MS_RDONLY, "trans=virtio") ? errno : try_out();
}

static int mount_tmpfs(void *argument)
{
	return unshare(CLONE_NEWNS) ?: take_label() ?:
	       mount("none", MOUNTED, "tmpfs", 0, "size=1M") ||
	       mount(NULL, MOUNTED, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) ? errno : 0;
}

/* A mount tag that does not exist: how far the call got shows in its error. */
TEST(share)
{
	int error;

	mkdir(MOUNTED, 0755);
	error = in_child(mount_share, NULL);
	ROW("F18/share", "blocked", "fs_context_parse_param");
	if (enforcing) {
		EXPECT_EQ(EPERM, error);
		EXPECT_TRUE(recorded("\"fs_context_parse_param\"", "\"kernel_setting\"", LABELLED));
	} else {
		EXPECT_NE(EPERM, error);
	}
	EXPECT_NE(EPERM, in_child(mount_share_plain, NULL));
	EXPECT_EQ(0, in_child(mount_tmpfs, NULL));
	rmdir(MOUNTED);
}

/* The image is the writer's, and the file system on it keeps labels. */
static int image_fill(void *argument)
{
	int error = take_label(), fd;

	fd = open(MOUNTED "/file", O_WRONLY | O_CREAT, 0644);
	return error ?: fd < 0 || write(fd, canary, sizeof(canary)) < 0 ? errno : 0;
}

static int image_mount(void *argument)
{
	return take_label() ?: shell("losetup -f " DIR_TEST "/image 2>/dev/null") ? EPERM : 0;
}

static int image_fill_plain(void *argument)
{
	int fd = open(MOUNTED "/plain", O_WRONLY | O_CREAT, 0644);

	return fd < 0 || write(fd, canary, sizeof(canary)) < 0 ? errno : try_out();
}

TEST(image)
{
	ROW("F18/image", "blocked", "file_open");
	ASSERT_EQ(0, shell("modprobe -q loop; mkdir -p " MOUNTED "; truncate -s 32M " DIR_TEST
			   "/image && mkfs.ext4 -q -F " DIR_TEST "/image"));
	EXPECT_DENIED(in_child(image_mount, NULL));
	shell("losetup -D");
	ASSERT_EQ(0, shell("mount -o loop " DIR_TEST "/image " MOUNTED));
	EXPECT_EQ(0, in_child(image_fill_plain, NULL));
	EXPECT_DENIED(in_child(image_fill, NULL));
	if (enforcing)
		EXPECT_TRUE(recorded("no_label_store", "mounted/file", LABELLED));
	shell("umount " MOUNTED "; rmdir " MOUNTED "; rm " DIR_TEST "/image");
}

/* --- cores ---------------------------------------------------------------------------------- */

static volatile char held[1 << 16];

static int die(void *argument)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
	int error;

	prctl(PR_SET_DUMPABLE, 1);
	if (setrlimit(RLIMIT_CORE, &limit) || (argument && chdir(argument)))
		return errno;
	error = argument ? take_label() : 0;
	/* Once more, and nowhere else: the text of the program has it as well. */
	for (size_t i = 0; i < sizeof(canary); i++)
		held[i] = canary[i];
	abort();
	return error;
}

#define STEP (1 << 20)

static int core_take(void *argument)
{
	static char data[STEP + sizeof(canary)];
	int fd = open(argument, O_RDONLY);
	ssize_t size, kept = 0;

	if (fd < 0)
		return EIO;
	while ((size = read(fd, data + kept, STEP)) > 0) {
		size += kept;
		if (memmem(data, size, canary, sizeof(canary) - 1))
			return try_out();
		kept = size < sizeof(canary) ? size : sizeof(canary);
		memmove(data, data + size - kept, kept);
	}
	return ENODATA;
}

TEST(core_file)
{
	ROW("F22/file", "tracked", "file_open");
	shell("echo core > /proc/sys/kernel/core_pattern; echo 0 > /proc/sys/kernel/core_uses_pid");
	EACH_PLACE(place) {
		char *core = path_at(place, "core");

		unlink(core);
		EXPECT_EQ(1000 + SIGABRT, in_child(die, (void *)places[place]));
		EXPECT_EQ(enforcing, has_label(core));
		EXPECT_DENIED(in_child(core_take, core));
		unlink(core);
	}
}

/* The program that the kernel starts for a core writes it down. */
TEST(core_pipe)
{
	static char core[] = "/mnt/ext4/core-of-pipe";

	ROW("F22/pipe", "tracked", "dump_emit");
	file_write("/mnt/ext4/core-catch", "#!/bin/sh\nexec cat > /mnt/ext4/core-of-pipe\n");
	/* With a limit the kernel waits for the program to end. */
	shell("chmod 755 /mnt/ext4/core-catch; echo '|/mnt/ext4/core-catch' > "
	      "/proc/sys/kernel/core_pattern; echo 4 > /proc/sys/kernel/core_pipe_limit");
	EXPECT_EQ(1000 + SIGABRT, in_child(die, "/"));
	EXPECT_EQ(enforcing, has_label(core));
	EXPECT_DENIED(in_child(core_take, core));
	shell("echo core > /proc/sys/kernel/core_pattern; echo 0 > /proc/sys/kernel/core_pipe_limit;"
	      "rm -f /mnt/ext4/core-*");
}
