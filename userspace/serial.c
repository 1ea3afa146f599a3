// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "read_all.h"
#include "serial.h"

/* "7 sha256:HEX\n" */
#define TEXT_MAX (20 + 1 + POLICY_DIGEST_TEXT_SIZE + 1)

static void serial_text(const struct serial *serial, char text[TEXT_MAX])
{
	snprintf(text, TEXT_MAX, "%" PRIu64 " %s\n", (uint64_t)serial->number, serial->digest);
}

/* What it says is right if it is what serial_write() would write. */
static int serial_scan(const char *text, struct serial *ret)
{
	struct serial serial = {};
	char again[TEXT_MAX];
	uint64_t number;

	_Static_assert(POLICY_DIGEST_TEXT_SIZE == 72, "the width below, and its end");
	if (sscanf(text, "%20" SCNu64 " %71[0-9a-z:]", &number, serial.digest) != 2 ||
	    strlen(serial.digest) != sizeof(serial.digest) - 1)
		return -EUCLEAN;
	serial.number = number;
	serial_text(&serial, again);
	if (strcmp(text, again))
		return -EUCLEAN;
	*ret = serial;
	return 0;
}

int serial_read(const char *file, struct serial *ret)
{
	cleanup(close_fd) int fd = open(file, O_RDONLY | O_CLOEXEC);
	cleanup(free_memory) char *bytes = NULL;
	char text[TEXT_MAX] = "";
	size_t size;
	int err;

	if (fd < 0 && errno == ENOENT) {
		*ret = (struct serial){};
		return 0;
	}
	if (fd < 0)
		return -errno;
	err = read_all(fd, TEXT_MAX - 1, &bytes, &size);
	if (err)
		return err == -EFBIG ? -EUCLEAN : err;
	memcpy(text, bytes, size);
	return serial_scan(text, ret);
}

static int write_synced(const char *file, const char *text)
{
	cleanup(close_fd) int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || fsync(fd))
		return errno ? -errno : -EIO;
	return 0;
}

static int directory_sync(const char *directory)
{
	cleanup(close_fd) int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 || fsync(fd) ? -errno : 0;
}

int serial_write(const char *file, const struct serial *serial)
{
	char path[PATH_MAX], new[PATH_MAX], text[TEXT_MAX], *directory;
	int err;

	if (snprintf(path, sizeof(path), "%s", file) >= PATH_MAX ||
	    snprintf(new, sizeof(new), "%s.new", file) >= PATH_MAX)
		return -ENAMETOOLONG;
	directory = dirname(path);
	if (mkdir(directory, 0755) && errno != EEXIST)
		return -errno;
	serial_text(serial, text);
	err = write_synced(new, text);
	if (!err && rename(new, file))
		err = -errno;
	return err ? err : directory_sync(directory);
}

bool serial_follows(const struct serial *serial, const struct serial *newest)
{
	if (serial->number != newest->number)
		return serial->number > newest->number;
	return !strcmp(serial->digest, newest->digest);
}
