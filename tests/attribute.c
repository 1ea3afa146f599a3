// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a file carries beside its contents: extended attributes, symbolic links,
 * access control lists, and its name.
 */

#include "place.h"

#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <dirent.h>

/* --- extended attributes ------------------------------------------------------------ */

static int attribute_set(void *argument)
{
	int error = take_label();

	return error ?: lsetxattr(argument, "user.test", canary, sizeof(canary), 0) ? errno : 0;
}

static int attribute_get(void *argument)
{
	char value[256] = {};

	if (lgetxattr(argument, "user.test", value, sizeof(value)) <= 0)
		return EIO;
	return strcmp(value, canary) ? ENODATA : try_out();
}

TEST(xattr)
{
	ROW("F16/xattr", "tracked", "inode_setxattr inode_getxattr");
	EACH_PLACE(place) {
		char *path = path_at(place, "attribute");

		file_write(path, "plain");
		EXPECT_EQ(0, in_child(attribute_set, path));
		EXPECT_EQ(enforcing, has_label(path));
		EXPECT_DENIED(in_child(attribute_get, path));
		unlink(path);
	}
}

TEST(xattr_of_directory)
{
	ROW("F16/xattr", "tracked", "inode_setxattr inode_getxattr");
	EACH_PLACE(place) {
		char *path = path_at(place, "directory"), *file = path_at(place, "directory/file");

		ASSERT_EQ(0, mkdir(path, 0755));
		EXPECT_EQ(0, in_child(attribute_set, path));
		EXPECT_DENIED(in_child(attribute_get, path));
		/* The files in it stay as they are. */
		file_write(file, canary);
		EXPECT_EQ(0, in_child(place_take, file));
		shell("rm -r %s", path);
	}
}

static int attribute_plain(void *argument)
{
	if (lsetxattr(argument, "user.test", canary, sizeof(canary), 0))
		return errno;
	return has_label(argument) ? EEXIST : attribute_get(argument);
}

TEST(xattr_plain)
{
	EACH_PLACE(place) {
		char *path = path_at(place, "attribute");

		file_write(path, "plain");
		EXPECT_EQ(0, in_child(attribute_plain, path));
		unlink(path);
	}
}

/* A listing of a directory asks for these, and takes no label. */
static int attribute_list(void *argument)
{
	char value[256];

	lgetxattr(argument, "security.capability", value, sizeof(value));
	lgetxattr(argument, "security.selinux", value, sizeof(value));
	lgetxattr(argument, "system.posix_acl_access", value, sizeof(value));
	llistxattr(argument, value, sizeof(value));
	return try_out();
}

TEST(listing)
{
	EXPECT_EQ(0, in_child(attribute_list, LABELLED));
}

/* --- symbolic links -------------------------------------------------------------------- */

static int link_make(void *argument)
{
	int error = take_label();

	return error ?: symlink(canary, argument) ? errno : 0;
}

static int link_read(void *argument)
{
	char target[256] = {};

	if (readlink(argument, target, sizeof(target) - 1) <= 0)
		return EIO;
	return strcmp(target, canary) ? ENODATA : try_out();
}

static int link_plain(void *argument)
{
	return symlink(canary, argument) ? errno : link_read(argument);
}

TEST(symlink_target)
{
	ROW("F16/symlink", "tracked", "inode_symlink inode_readlink");
	EACH_PLACE(place) {
		char *path = path_at(place, "link");

		EXPECT_EQ(0, in_child(link_make, path));
		EXPECT_EQ(enforcing, has_label(path));
		EXPECT_DENIED(in_child(link_read, path));
		shell("sync; echo 2 > /proc/sys/vm/drop_caches");
		EXPECT_DENIED(in_child(link_read, path));
		unlink(path);
		EXPECT_EQ(0, in_child(link_plain, path));
		unlink(path);
	}
}

/* --- access control lists ----------------------------------------------------------------- */

struct acl {
	struct posix_acl_xattr_header header;
	struct posix_acl_xattr_entry entries[5];
};

static const struct acl acl_extended = {
	{ POSIX_ACL_XATTR_VERSION },
	{ { ACL_USER_OBJ, 6, -1 }, { ACL_USER, 4, 0x63616e61 }, { ACL_GROUP_OBJ, 4, -1 },
	  { ACL_MASK, 4, -1 }, { ACL_OTHER, 4, -1 } },
};

static const struct acl acl_of_mode = {
	{ POSIX_ACL_XATTR_VERSION },
	{ { ACL_USER_OBJ, 6, -1 }, { ACL_GROUP_OBJ, 4, -1 }, { ACL_OTHER, 4, -1 } },
};

static int acl_set(const char *path, const struct acl *acl, int entries)
{
	return setxattr(path, "system.posix_acl_access", acl, sizeof(acl->header) +
			entries * sizeof(acl->entries[0]), 0) ? errno : 0;
}

static int acl_extend(void *argument)
{
	return take_label() ?: acl_set(argument, &acl_extended, 5);
}

static int acl_like_mode(void *argument)
{
	return take_label() ?: acl_set(argument, &acl_of_mode, 3);
}

static int acl_plain(void *argument)
{
	return acl_set(argument, &acl_extended, 5) ?: try_out();
}

TEST(acl)
{
	ROW("F16/acl", "blocked", "inode_set_acl");
	EACH_PLACE(place) {
		char *path = path_at(place, "list");

		file_write(path, "plain");
		EXPECT_DENIED(in_child(acl_extend, path));
		EXPECT_EQ(0, in_child(acl_like_mode, path));
		EXPECT_EQ(0, in_child(acl_plain, path));
		unlink(path);
	}
	if (enforcing)
		EXPECT_TRUE(recorded("\"inode_set_acl\"", "list", LABELLED));
}

/* --- names ------------------------------------------------------------------------------------ */

static int name_make(void *argument)
{
	return take_label() ?: mkdir(argument, 0755) ? errno : 0;
}

static int name_read(void *argument)
{
	DIR *directory = opendir(argument);
	struct dirent *entry;

	while (directory && (entry = readdir(directory)))
		if (!strcmp(entry->d_name, canary))
			return try_out();
	return ENODATA;
}

TEST(name)
{
	ROW("F16/name", "accepted", "names only");
	EACH_PLACE(place) {
		char *path = path_at(place, canary);

		EXPECT_EQ(0, in_child(name_make, path));
		EXPECT_EQ(0, in_child(name_read, (void *)places[place]));
		rmdir(path);
	}
}
