// SPDX-License-Identifier: GPL-2.0-only
/*
 * Labels on disk: with what a labelled process writes, by hand, and from the
 * directories that a policy names.
 */

#include "domicile_test.h"

#include <sys/xattr.h>

/* --- files: the label is on the disk ----------------------------------------------- */

static int copy_to(void *argument)
{
	int fd, error = take_label();

	if (error)
		return error;
	fd = open(argument, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd < 0 || write(fd, canary, sizeof(canary)) < 0)
		return errno;
	/* Not later than this: the write has returned. */
	error = lgetxattr(argument, "security.domicile", NULL, 0) > 0 ? 0 : ENODATA;
	return enforcing ? error : 0;
}

static int open_and_try(void *argument)
{
	char buffer[256];
	int fd = open(argument, O_RDONLY);

	return fd < 0 || read(fd, buffer, sizeof(buffer)) <= 0 ? EIO : try_out();
}

FIXTURE(disk) {
	char path[64];
	char other[64];
};

FIXTURE_VARIANT(disk) {
	const char *directory;
	const char *row;
};

FIXTURE_VARIANT_ADD(disk, ext4) { .directory = "/mnt/ext4", .row = "F12/ext4" };
FIXTURE_VARIANT_ADD(disk, xfs) { .directory = "/mnt/xfs", .row = "F12/xfs" };
FIXTURE_VARIANT_ADD(disk, btrfs) { .directory = "/mnt/btrfs", .row = "F12/btrfs" };
FIXTURE_VARIANT_ADD(disk, tmpfs) { .directory = DIR_TEST, .row = "F12/tmpfs" };

FIXTURE_SETUP(disk)
{
	snprintf(self->path, sizeof(self->path), "%s/derived", variant->directory);
	snprintf(self->other, sizeof(self->other), "%s/other", variant->directory);
}

FIXTURE_TEARDOWN(disk)
{
	unlink(self->path);
	unlink(self->other);
}

TEST_F(disk, write)
{
	ROW(variant->row, "tracked", "file_permission");
	EXPECT_EQ(0, in_child(copy_to, self->path));
	EXPECT_DENIED(in_child(open_and_try, self->path));
	EXPECT_EQ(0, rename(self->path, self->other));
	EXPECT_DENIED(in_child(open_and_try, self->other));
	EXPECT_EQ(0, link(self->other, self->path));
	EXPECT_DENIED(in_child(open_and_try, self->path));
}

TEST_F(disk, survives_the_cache)
{
	EXPECT_EQ(0, in_child(copy_to, self->path));
	EXPECT_EQ(0, shell("sync; echo 2 > /proc/sys/vm/drop_caches"));
	EXPECT_DENIED(in_child(open_and_try, self->path));
}

TEST_F(disk, set_show_clear)
{
	file_write(self->path, canary);
	EXPECT_EQ(0, in_child(open_and_try, self->path));
	if (!enforcing)
		return;
	EXPECT_EQ(0, shell("domicile label set cn.pii %s >/dev/null", self->path));
	EXPECT_EQ(0, shell("domicile label show %s | grep -q cn.pii", self->path));
	EXPECT_EQ(EPERM, in_child(open_and_try, self->path));
	EXPECT_EQ(0, shell("domicile label clear %s >/dev/null", self->path));
	EXPECT_EQ(0, in_child(open_and_try, self->path));
}

/* A value that nobody can read counts as every label. */
FIXTURE(damaged) {
	bool unused;
};

FIXTURE_SETUP(damaged)
{
}

FIXTURE_TEARDOWN(damaged)
{
}

TEST_F_TIMEOUT(damaged, value, 300)
{
	static char *const paths[] = { "/mnt/ext4/damaged", "/mnt/xfs/damaged",
				       "/mnt/btrfs/damaged", DIR_TEST "/damaged" };

	if (enforcing)
		SKIP(return, "nobody can damage it under enforcement");
	for (int i = 0; i < ARRAY_SIZE(paths); i++) {
		file_write(paths[i], canary);
		EXPECT_EQ(0, lsetxattr(paths[i], "security.domicile", "junk", 4, 0));
	}
	ASSERT_EQ(0, shell("domicile up -p " DIR_TEST "/policy.yaml >/dev/null"));
	for (int i = 0; i < ARRAY_SIZE(paths); i++)
		EXPECT_EQ(EPERM, in_child(open_and_try, paths[i]));
	EXPECT_EQ(0, shell("domicile down >/dev/null"));
	for (int i = 0; i < ARRAY_SIZE(paths); i++)
		unlink(paths[i]);
}

static int append_plain(void *argument)
{
	int fd = open(argument, O_WRONLY | O_APPEND);

	return fd < 0 || write(fd, "x", 1) < 0 ? errno : try_out();
}

TEST_F(disk, writer_stays_free)
{
	EXPECT_EQ(0, in_child(copy_to, self->path));
	EXPECT_EQ(0, in_child(append_plain, self->path));
	EXPECT_DENIED(in_child(open_and_try, self->path));
}

/* A file system that keeps no labels takes no labelled data. */
static int write_existing(void *argument)
{
	int fd, error = take_label();

	if (error)
		return error;
	fd = open(argument, O_WRONLY | O_CREAT, 0600);
	return fd < 0 || write(fd, canary, sizeof(canary)) < 0 ? errno : 0;
}

static int write_plain(void *argument)
{
	int fd = open(argument, O_WRONLY | O_CREAT, 0600);

	return fd < 0 || write(fd, "x", 1) < 0 ? errno : 0;
}

TEST(no_label_store)
{
	static char path[] = DIR_TEST "/vfat/file";

	ROW("F12/vfat", "blocked", "file_open");
	shell("modprobe -q loop; modprobe -q vfat; mkdir -p " DIR_TEST "/vfat; "
	      "truncate -s 16M " DIR_TEST "/vfat.img; mkfs.vfat " DIR_TEST "/vfat.img >/dev/null");
	ASSERT_EQ(0, shell("mount -o loop " DIR_TEST "/vfat.img " DIR_TEST "/vfat"));
	EXPECT_EQ(0, in_child(write_plain, path));
	EXPECT_DENIED(in_child(write_existing, path));
	if (enforcing)
		EXPECT_TRUE(recorded("no_label_store", "vfat/file", LABELLED));
	EXPECT_EQ(0, in_child(write_plain, path));
	shell("umount " DIR_TEST "/vfat; rm " DIR_TEST "/vfat.img");
}

/* No room for the label: nothing is written. ext4 has one block for all attributes of a file. */
static void xattrs_fill(const char *path)
{
	char value[4096] = {}, name[32];
	int count = 0;

	for (size_t size = sizeof(value); size; size /= 2) {
		do
			snprintf(name, sizeof(name), "user.%d", count++);
		while (!setxattr(path, name, value, size, XATTR_CREATE));
	}
}

static int overwrite(void *argument)
{
	int error = take_label();

	if (error)
		return error;
	return pwrite(*(int *)argument, canary, sizeof(canary), 0) < 0 ? errno : 0;
}

TEST(no_room_for_the_label)
{
	static char path[] = "/mnt/ext4/full";
	int fd;

	file_write(path, "plain");
	xattrs_fill(path);
	fd = open(path, O_RDWR | O_CLOEXEC);
	ROW("F24/no_room", "blocked", "file_permission");
	EXPECT_DENIED(in_child(overwrite, &fd));
	EXPECT_EQ(!enforcing, file_holds(path, canary, sizeof(canary) - 1));
	if (enforcing)
		EXPECT_TRUE(recorded("no_label_store", path, LABELLED));
	EXPECT_EQ(0, shell("sync; echo 2 > /proc/sys/vm/drop_caches"));
	EXPECT_EQ(0, in_child(append_plain, path));
	EXPECT_EQ(0, in_child(open_and_try, path));
	close(fd);
	unlink(path);
}

/* Behind this one is another host: the data would go there, and the label may not. */
TEST(network_file_system)
{
	static char path[] = "/mnt/out/domicile-test";

	if (shell("mountpoint -q /mnt/out"))
		SKIP(return, "no 9p file system at /mnt/out");
	EXPECT_EQ(0, in_child(write_plain, path));
	EXPECT_DENIED(in_child(write_existing, path));
	EXPECT_EQ(0, in_child(write_plain, path));
	unlink(path);
}

/* --- sources by path ------------------------------------------------------------------ */

TEST(source_new_file)
{
	static char path[] = DIR_TEST "/tree/new";

	file_write(path, canary);
	EXPECT_DENIED(in_child(open_and_try, path));
	unlink(path);
}

TEST(source_new_directory)
{
	static char path[] = DIR_TEST "/tree/a/b/new";

	ASSERT_EQ(0, shell("mkdir -p " DIR_TEST "/tree/a/b"));
	file_write(path, canary);
	EXPECT_DENIED(in_child(open_and_try, path));
	shell("rm -r " DIR_TEST "/tree/a");
}

TEST(source_moved_in)
{
	static char outside[] = DIR_TEST "/moved", inside[] = DIR_TEST "/tree/moved";

	file_write(outside, canary);
	EXPECT_EQ(0, in_child(open_and_try, outside));
	ASSERT_EQ(0, rename(outside, inside));
	EXPECT_DENIED(in_child(open_and_try, inside));
	/* It followed the inode by then, and stays with it. */
	ASSERT_EQ(0, rename(inside, outside));
	EXPECT_DENIED(in_child(open_and_try, outside));
	unlink(outside);
}

TEST(source_directory_moved_in)
{
	static char outside[] = DIR_TEST "/dir/file", inside[] = DIR_TEST "/tree/dir/file";

	ASSERT_EQ(0, mkdir(DIR_TEST "/dir", 0755));
	file_write(outside, canary);
	EXPECT_EQ(0, in_child(open_and_try, outside));
	ASSERT_EQ(0, rename(DIR_TEST "/dir", DIR_TEST "/tree/dir"));
	EXPECT_DENIED(in_child(open_and_try, inside));
	shell("rm -r " DIR_TEST "/tree/dir");
}

TEST(source_linked_in)
{
	static char outside[] = DIR_TEST "/linked", inside[] = DIR_TEST "/tree/linked";

	file_write(outside, canary);
	EXPECT_EQ(0, in_child(open_and_try, outside));
	ASSERT_EQ(0, link(outside, inside));
	EXPECT_DENIED(in_child(open_and_try, inside));
	unlink(outside);
	unlink(inside);
}
