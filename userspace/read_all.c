// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "read_all.h"

/* Doubles the room, up to one byte more than is allowed. */
static int make_room(char **data, size_t *room, size_t max)
{
	size_t more = *room ? *room * 2 : 65536;
	char *grown;

	if (more > max + 1)
		more = max + 1;
	grown = realloc(*data, more);
	if (!grown)
		return -ENOMEM;
	*data = grown;
	*room = more;
	return 0;
}

static int fill(int fd, size_t max, char **data, size_t *size)
{
	size_t room = 0;
	ssize_t got;

	for (;;) {
		if (*size > max)
			return -EFBIG;
		if (*size == room && make_room(data, &room, max))
			return -ENOMEM;
		got = read(fd, *data + *size, room - *size);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got ? -errno : 0;
		*size += got;
	}
}

int read_all(int fd, size_t max, char **ret, size_t *ret_size)
{
	char *data = NULL;
	size_t size = 0;
	int err = fill(fd, max, &data, &size);

	if (err) {
		free(data);
		return err;
	}
	*ret = data;
	*ret_size = size;
	return 0;
}

int read_text(int fd, size_t max, char **ret)
{
	char *data, *text;
	size_t size;
	int err = read_all(fd, max, &data, &size);

	if (err)
		return err;
	text = memchr(data, 0, size) ? NULL : realloc(data, size + 1);
	if (!text) {
		err = memchr(data, 0, size) ? -EILSEQ : -ENOMEM;
		free(data);
		return err;
	}
	text[size] = '\0';
	*ret = text;
	return 0;
}
