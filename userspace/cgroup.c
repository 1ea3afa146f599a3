// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "cgroup.h"
#include "cleanup.h"
#include "host.h"

#define KEPT 64
#define FILEID_KERNFS 0xfe /* include/linux/exportfs.h */

static int open_by_id(const char *root, __u64 id)
{
	cleanup(free_memory) struct file_handle *handle = calloc(1, sizeof(*handle) + sizeof(id));
	cleanup(close_fd) int mount = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd;

	if (!handle || mount < 0)
		return -errno;
	handle->handle_bytes = sizeof(id);
	handle->handle_type = FILEID_KERNFS;
	memcpy(handle->f_handle, &id, sizeof(id));
	fd = open_by_handle_at(mount, handle, O_PATH | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int find(__u64 id, char path[PATH_MAX])
{
	char root[PATH_MAX], link[32], whole[PATH_MAX];
	cleanup(close_fd) int fd = -1;
	ssize_t length;
	size_t prefix;
	int err = host_cgroup_root(root);

	if (err)
		return err;
	fd = open_by_id(root, id);
	if (fd < 0)
		return fd;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, whole, sizeof(whole) - 1);
	if (length < 0)
		return -errno;
	whole[length] = '\0';
	prefix = strlen(root);
	if (strncmp(whole, root, prefix))
		return -EXDEV;
	snprintf(path, PATH_MAX, "%s", whole[prefix] ? whole + prefix : "/");
	return 0;
}

/* Records come in bursts from few cgroups; an id never means another one. */
int cgroup_path(__u64 id, char path[PATH_MAX])
{
	static struct {
		__u64 id;
		char *path;
	} known[KEPT];
	size_t slot = id % KEPT;
	int err;

	if (known[slot].path && known[slot].id == id) {
		strcpy(path, known[slot].path);
		return 0;
	}
	err = find(id, path);
	if (err)
		return err;
	free(known[slot].path);
	known[slot].path = strdup(path);
	known[slot].id = id;
	return 0;
}
