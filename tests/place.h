/* SPDX-License-Identifier: GPL-2.0-only */
/* The file systems that keep labels, and a labelled writer and a plain reader on each. */
#ifndef DOMICILE_TEST_PLACE_H
#define DOMICILE_TEST_PLACE_H

#include "domicile_test.h"

#include <sys/xattr.h>

static const char *const places[] = { DIR_TEST, "/mnt/ext4", "/mnt/xfs", "/mnt/btrfs" };

#define PLACES (int)(sizeof(places) / sizeof(*places))
#define EACH_PLACE(place) for (int place = 0; place < PLACES; place++)

/* Of the last eight paths asked for. */
static inline char *path_at(int place, const char *name)
{
	static char paths[8][128];
	static int last;
	char *path = paths[++last % 8];

	snprintf(path, sizeof(paths[0]), "%s/%s", places[place], name);
	return path;
}

static inline bool has_label(const char *path)
{
	return lgetxattr(path, "security.domicile", NULL, 0) > 0;
}

/* Take the label, then leave the canary in the file at @argument. */
static inline int place_leave(void *argument)
{
	int fd, error = take_label();

	if (error)
		return error;
	fd = open(argument, O_WRONLY | O_CREAT | O_TRUNC, 0755);
	return fd < 0 || write(fd, canary, sizeof(canary)) < 0 ? errno : 0;
}

/* Read the file at @argument, find the canary, and try to send. */
static inline int place_take(void *argument)
{
	char buffer[8192] = {};
	int fd = open(argument, O_RDONLY);
	ssize_t size = fd < 0 ? -1 : read(fd, buffer, sizeof(buffer));

	if (size <= 0)
		return EIO;
	return memmem(buffer, size, canary, sizeof(canary) - 1) ? try_out() : ENODATA;
}

/* As place_take(), by a descriptor. */
static inline int place_take_fd(void *argument)
{
	char buffer[8192] = {};
	ssize_t size = pread(*(int *)argument, buffer, sizeof(buffer), 0);

	if (size <= 0)
		return EIO;
	return memmem(buffer, size, canary, sizeof(canary) - 1) ? try_out() : ENODATA;
}

#endif /* DOMICILE_TEST_PLACE_H */
