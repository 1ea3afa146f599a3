// SPDX-License-Identifier: GPL-2.0-only
/* The list of all hops, and what they have in common. */
#include "hop.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct hop_kind *const groups[HOP_GROUPS] = {
	hop_pipes, hop_sockets, hop_files, hop_memories, hop_processes, hop_messages,
};

const struct hop_kind *hop_kind(struct hop_number number)
{
	return &groups[number.group][number.member];
}

int hop_group_size(int group)
{
	int size = 0;

	while (groups[group][size].name)
		size++;
	return size;
}

bool hop_starts(const struct hop_kind *kind)
{
	return kind->flow >= FLOW_FORK;
}

int fd_place(int fd, int number)
{
	if (fd < 0 || dup2(fd, number) < 0)
		return errno;
	return close(fd) ? errno : 0;
}

int fd_write(int fd, const char *data, size_t size)
{
	ssize_t done = write(fd, data, size);

	if (done < 0)
		return errno;
	return done == size ? 0 : EIO;
}

int fd_read(int fd, char *data, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t part = read(fd, data + done, size - done);

		if (part < 0)
			return errno;
		if (!part)
			return EPIPE;
		done += part;
	}
	return 0;
}

int passed_all(ssize_t done, const struct passage *passage)
{
	if (done < 0)
		return errno;
	return done == passage->size ? 0 : EIO;
}

void hop_path(char path[HOP_PATH], enum hop_place place, const char *name, int index)
{
	static const char *const places[] = {
		[HOP_TMPFS] = "/tmp/domicile-test",
		[HOP_EXT4] = "/mnt/ext4",
		[HOP_XFS] = "/mnt/xfs",
		[HOP_BTRFS] = "/mnt/btrfs",
		[HOP_SHM] = "/dev/shm",
	};

	snprintf(path, HOP_PATH, "%s/chain-%s-%d", places[place], name, index);
}

int boxes_make(void)
{
	void *place = mmap(boxes, sizeof(*boxes), PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	return place == boxes ? 0 : errno;
}
