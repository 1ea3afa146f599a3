// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "log.h"

static int directory_make(const char *path)
{
	cleanup(free_memory) char *directory = strdup(path);
	char *slash = directory ? strrchr(directory, '/') : NULL;

	if (!slash || slash == directory)
		return 0;
	*slash = '\0';
	return mkdir(directory, 0700) && errno != EEXIST ? -errno : 0;
}

static int file_open(const char *path)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	return fd < 0 ? -errno : fd;
}

/* A daemon that was killed can leave half a line: end it. */
static void line_end(const char *path, int fd)
{
	cleanup(close_fd) int reader = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char last;

	if (reader < 0 || lseek(reader, -1, SEEK_END) < 0 || read(reader, &last, 1) != 1)
		return;
	if (last != '\n' && write(fd, "\n", 1) < 0)
		return;
}

int log_open(struct log *log, const char *path)
{
	int fd, err = directory_make(path);

	if (err)
		return err;
	fd = file_open(path);
	if (fd < 0)
		return fd;
	line_end(path, fd);
	*log = (struct log){ .path = path, .fd = fd };
	return 0;
}

void log_close(struct log *log)
{
	close_fd(&log->fd);
	log->fd = -1;
	free(log->pending);
	log->pending = NULL;
}

int log_reopen(struct log *log)
{
	int fd = file_open(log->path);

	if (fd < 0)
		return fd;
	close_fd(&log->fd);
	log->fd = fd;
	return 0;
}

bool log_was_moved(const struct log *log)
{
	struct stat opened, named;

	if (fstat(log->fd, &opened))
		return false;
	return stat(log->path, &named) || named.st_ino != opened.st_ino ||
	       named.st_dev != opened.st_dev;
}

int log_retry(struct log *log)
{
	size_t done = 0;

	while (done < log->pending_size) {
		ssize_t written = write(log->fd, log->pending + done, log->pending_size - done);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0) {
			memmove(log->pending, log->pending + done, log->pending_size - done);
			log->pending_size -= done;
			return -errno;
		}
		done += written;
	}
	free(log->pending);
	log->pending = NULL;
	log->pending_size = 0;
	return 0;
}

int log_append(struct log *log, const json_t *object)
{
	cleanup(free_memory) char *line = json_dumps(object, JSON_COMPACT);
	size_t length = line ? strlen(line) : 0;
	char *pending;

	pending = line ? realloc(log->pending, log->pending_size + length + 1) : NULL;
	if (!pending)
		return -ENOMEM;
	memcpy(pending + log->pending_size, line, length);
	log->pending = pending;
	log->pending_size += length;
	log->pending[log->pending_size++] = '\n';
	return log_retry(log);
}
