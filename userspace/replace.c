// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <string.h>

#include "cleanup.h"
#include "replace.h"

/* On disk before it takes the name. */
static int file_write(const char *name, const char *text, mode_t mode)
{
	cleanup(close_fd) int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
					mode);
	ssize_t size = strlen(text), written;

	if (fd < 0)
		return -errno;
	written = write(fd, text, size);
	if (written != size)
		return written < 0 ? -errno : -ENOSPC;
	return fsync(fd) ? -errno : 0;
}

static int directory_sync(const char *path)
{
	cleanup(free_memory) char *copy = strdup(path);
	cleanup(close_fd) int fd = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) :
					  -1;

	return fd < 0 || fsync(fd) ? -errno : 0;
}

int replace_file(const char *path, const char *text, mode_t mode)
{
	char name[PATH_MAX];
	int err;

	if (snprintf(name, sizeof(name), "%s.new", path) >= (int)sizeof(name))
		return -ENAMETOOLONG;
	err = file_write(name, text, mode);
	if (err || rename(name, path))
		return err ? err : -errno;
	return directory_sync(path);
}
