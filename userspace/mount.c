// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/types.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "mount.h"

#ifndef FS_IOC_GETFSUUID /* linux/fs.h, from Linux 6.9 on */
struct fsuuid2 {
	__u8 len;
	__u8 uuid[16];
};

#define FS_IOC_GETFSUUID _IOR(0x15, 0, struct fsuuid2)
#endif

/* proc_pid_mountinfo(5): "36 35 98:0 /root /at rw,noatime master:1 - ext3 /dev/root rw" */
static bool line_parse(const char *line, unsigned long long id, struct mount *mount)
{
	const char *end = strstr(line, " - ");
	unsigned long long number;
	unsigned int major, minor;

	if (!end || sscanf(line, "%llu %*u %u:%u", &number, &major, &minor) != 3 || number != id)
		return false;
	mount->dev = major << 20 | minor;
	end += strlen(" - ");
	snprintf(mount->type, sizeof(mount->type), "%.*s", (int)strcspn(end, " "), end);
	return true;
}

static int table_find(unsigned long long id, struct mount *mount)
{
	cleanup(close_file) FILE *table = fopen("/proc/self/mountinfo", "re");
	cleanup(free_memory) char *line = NULL;
	size_t size = 0;

	if (!table)
		return -errno;
	while (getline(&line, &size, table) > 0)
		if (line_parse(line, id, mount))
			return 0;
	return -ENOENT;
}

/*
 * Of a file, through its directory: who opens a labelled file to read is labelled. Not known
 * of a file that something is mounted on by itself.
 */
static void uuid_read(const char *path, const struct statx *of, struct mount *mount)
{
	cleanup(free_memory) char *real = realpath(path, NULL);
	const char *directory = !real || S_ISDIR(of->stx_mode) ? real : dirname(real);
	cleanup(close_fd) int fd = directory ? open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC) :
					       -1;
	struct fsuuid2 uuid = { 0 };
	struct statx st;

	if (fd < 0 || statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &st) ||
	    st.stx_mnt_id != of->stx_mnt_id)
		return;
	if (ioctl(fd, FS_IOC_GETFSUUID, &uuid) || uuid.len != sizeof(mount->uuid))
		return;
	memcpy(mount->uuid, uuid.uuid, sizeof(mount->uuid));
	mount->has_uuid = true;
}

int mount_of(const char *path, struct mount *mount)
{
	struct statx st;
	int err;

	*mount = (struct mount){ 0 };
	if (statx(AT_FDCWD, path, 0, STATX_TYPE | STATX_MNT_ID, &st))
		return -errno;
	if (!(st.stx_mask & STATX_MNT_ID))
		return -EOPNOTSUPP;
	mount->is_root = st.stx_attributes & STATX_ATTR_MOUNT_ROOT;
	err = table_find(st.stx_mnt_id, mount);
	if (!err && (S_ISDIR(st.stx_mode) || S_ISREG(st.stx_mode)))
		uuid_read(path, &st, mount);
	return err;
}
