// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <mntent.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "label_value.h"
#include "path.h"
#include "source_check.h"

/* Always -1. */
__attribute__((format(printf, 2, 3)))
static int unfit(char why[SOURCE_WHY_MAX], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, SOURCE_WHY_MAX, format, args);
	va_end(args);
	return -1;
}

static const char *mount_type(const char *directory, char *type, size_t size)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *entry;
	size_t best = 0;

	snprintf(type, size, "this file system");
	while (mounts && (entry = getmntent(mounts))) {
		size_t length = strlen(entry->mnt_dir);

		length -= length == 1;
		if (length < best || strncmp(entry->mnt_dir, directory, length) ||
		    (directory[length] && directory[length] != '/'))
			continue;
		best = length;
		snprintf(type, size, "%s", entry->mnt_type);
	}
	if (mounts)
		endmntent(mounts);
	return type;
}

static int check_place(const char *path, char why[SOURCE_WHY_MAX])
{
	struct label_value value;
	struct statvfs fs;
	char type[64];

	if (label_value_read(&value, path) == -EOPNOTSUPP)
		return unfit(why, "%s: %s cannot hold labels (move it to a file system with "
			     "security xattrs: ext4, xfs, btrfs, tmpfs)", path,
			     mount_type(path, type, sizeof(type)));
	if (!statvfs(path, &fs) && fs.f_flag & ST_RDONLY)
		return unfit(why, "%s: is mounted read-only, so that it cannot be labelled "
			     "(mount -o remount,rw %s)", path, path);
	return 0;
}

static int check_mounts_below(const char *path, char why[SOURCE_WHY_MAX])
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *entry;
	int err = 0;

	if (!mounts)
		return unfit(why, "cannot read /proc/self/mounts (mount /proc)");
	while (!err && (entry = getmntent(mounts)))
		if (path_is_below(entry->mnt_dir, path))
			err = check_place(entry->mnt_dir, why);
	endmntent(mounts);
	return err;
}

int source_check(const struct policy_source *source, char why[SOURCE_WHY_MAX])
{
	const char *path = source->path;
	struct stat st;
	int err;

	if (lstat(path, &st))
		return unfit(why, "%s: %s (create it, or take the source out of the policy)", path,
			     strerror(errno));
	if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
		return unfit(why, "%s: neither a directory nor a regular file%s", path,
			     S_ISLNK(st.st_mode) ? " (name what the link points to)" : "");
	err = check_place(path, why);
	return !err && S_ISDIR(st.st_mode) ? check_mounts_below(path, why) : err;
}
