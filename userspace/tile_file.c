// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <zstd.h>

#include "cleanup.h"
#include "tile.h"

/* What the daemon can do at 10,000 records/s without being noticed; more gains little. */
#define PACK_LEVEL 3
#define TEMPORARY ".new"

#define PATH_ROOM (TILE_PATH_MAX + 8)

/* --- reading ---------------------------------------------------------------- */

static int read_up_to(int fd, void *data, size_t max, size_t *size)
{
	ssize_t got;
	char more;

	for (*size = 0; *size < max; *size += got) {
		got = read(fd, (char *)data + *size, max - *size);
		if (got < 0 && errno == EINTR)
			got = 0;
		else if (got <= 0)
			return got ? -errno : 0;
	}
	return read(fd, &more, 1) == 1 ? -EFBIG : 0;
}

/* A log that somebody sent may have anything in the place of a file: a FIFO has no end. */
static int regular_open(int log, const char *path, struct stat *stat)
{
	int fd = openat(log, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return -errno;
	if (!fstat(fd, stat) && S_ISREG(stat->st_mode))
		return fd;
	close(fd);
	return -EBADMSG;
}

int tile_file_read(int log, const char *path, void *data, size_t max, size_t *size)
{
	struct stat stat;
	cleanup(close_fd) int fd = regular_open(log, path, &stat);

	return fd < 0 ? fd : read_up_to(fd, data, max, size);
}

static int room_make(unsigned char **data, size_t *room, size_t size)
{
	unsigned char *grown;

	if (size <= *room)
		return 0;
	grown = realloc(*data, size);
	if (!grown)
		return -ENOMEM;
	*data = grown;
	*room = size;
	return 0;
}

/* A file that grows while it is read is none of a log. */
static int file_load(int log, const char *path, unsigned char **data, size_t *room, size_t *size)
{
	struct stat stat;
	cleanup(close_fd) int fd = regular_open(log, path, &stat);
	int err;

	if (fd < 0)
		return fd;
	if (stat.st_size > TILE_BUNDLE_MAX)
		return -EFBIG;
	err = room_make(data, room, stat.st_size + 1);
	return err ? err : read_up_to(fd, *data, stat.st_size, size);
}

int bundle_file_read(int log, const char *path, struct bundle *bundle)
{
	return file_load(log, path, &bundle->data, &bundle->data_room, &bundle->size);
}

/* A partial file can be gone when the full one is there, of which it is the beginning. */
int tile_read(int log, const struct tile *tile, struct merkle_hash *hashes, struct fault *fault)
{
	struct tile full = { tile->level, tile->index, TILE_WIDTH };
	struct merkle_hash all[TILE_WIDTH];
	size_t wanted = tile->width * MERKLE_HASH_SIZE, size;
	char path[TILE_PATH_MAX], whole[TILE_PATH_MAX];
	int err;

	tile_path(tile, path);
	err = tile_file_read(log, path, all, wanted, &size);
	if (err == -ENOENT && tile->width < TILE_WIDTH &&
	    !tile_file_read(log, tile_path(&full, whole), all, sizeof(all), &size) &&
	    size == sizeof(all)) {
		size = wanted;
		err = 0;
	}
	if (err == -EFBIG || (!err && size != wanted))
		return fault_set(fault, -EBADMSG, "%s does not have the %zu bytes of its %u "
				 "hashes", path, wanted, tile->width);
	if (err)
		return fault_set(fault, err, "%s: %s", path, strerror(-err));
	memcpy(hashes, all, wanted);
	return 0;
}

/* What a frame says of its size may be wrong, or missing: it has no more than the room. */
static int unpack(struct bundle *bundle, size_t packed, const char *path, struct fault *fault)
{
	unsigned long long says = ZSTD_getFrameContentSize(bundle->packed, packed);
	size_t size;

	if (room_make(&bundle->data, &bundle->data_room,
		      says < TILE_BUNDLE_MAX ? says + 1 : TILE_BUNDLE_MAX))
		return fault_set(fault, -ENOMEM, "%s: no memory", path);
	size = ZSTD_decompress(bundle->data, bundle->data_room, bundle->packed, packed);
	if (ZSTD_isError(size))
		return fault_set(fault, -EBADMSG, "%s cannot be decompressed: %s", path,
				 ZSTD_getErrorName(size));
	bundle->size = size;
	return 0;
}

static int file_error(int err, const char *path, struct fault *fault)
{
	if (err == -EFBIG)
		return fault_set(fault, -EBADMSG, "%s is longer than %d entries can be", path,
				 TILE_WIDTH);
	return err ? fault_set(fault, err, "%s: %s", path, strerror(-err)) : 0;
}

static int plain_read(int log, const struct tile *tile, struct bundle *bundle,
		      struct fault *fault)
{
	char path[TILE_PATH_MAX];

	tile_path(tile, path);
	return file_error(bundle_file_read(log, path, bundle), path, fault);
}

static int packed_read(int log, const struct tile *tile, struct bundle *bundle,
		       struct fault *fault)
{
	char path[PATH_ROOM];
	size_t size;
	int err;

	tile_path(tile, path);
	strcat(path, TILE_PACKED);
	err = file_load(log, path, &bundle->packed, &bundle->packed_room, &size);
	return err ? file_error(err, path, fault) : unpack(bundle, size, path, fault);
}

/* It is compressed at any time: the second look at what is packed finds it if so. */
static int full_read(int log, const struct tile *tile, struct bundle *bundle, struct fault *fault)
{
	struct tile full = { TILE_ENTRIES, tile->index, TILE_WIDTH };
	struct fault why = { 0 };
	int err = packed_read(log, &full, bundle, &why);

	if (err != -ENOENT)
		return err ? fault_set(fault, err, "%s", why.text) : 0;
	why.text[0] = '\0';
	err = plain_read(log, &full, bundle, &why);
	if (err == -ENOENT && !packed_read(log, &full, bundle, NULL))
		err = 0;
	return err ? fault_set(fault, err, "%s", why.text) : 0;
}

static void cut(struct bundle *bundle, unsigned int width)
{
	const unsigned char *entry;
	size_t offset = 0;

	while (width-- && bundle_next(bundle, &offset, &entry) >= 0)
		;
	bundle->size = offset;
}

int bundle_read(int log, const struct tile *tile, struct bundle *bundle, struct fault *fault)
{
	struct fault why = { 0 };
	int err;

	if (tile->width == TILE_WIDTH)
		return full_read(log, tile, bundle, fault);
	err = plain_read(log, tile, bundle, &why);
	if (err != -ENOENT || full_read(log, tile, bundle, NULL))
		return err ? fault_set(fault, err, "%s", why.text) : 0;
	cut(bundle, tile->width);
	return 0;
}

/* --- writing ---------------------------------------------------------------- */

static int write_whole(int fd, const void *data, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t written = write(fd, (const char *)data + done, size - done);

		if (written < 0 && errno != EINTR)
			return -errno;
		done += written < 0 ? 0 : written;
	}
	return 0;
}

static int directories_make(int log, const char *path)
{
	char part[PATH_ROOM];

	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		if (mkdirat(log, part, 0700) && errno != EEXIST)
			return -errno;
	}
	return 0;
}

int tile_write(int log, const char *path, const void *data, size_t size)
{
	const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW;
	cleanup(close_fd) int fd = openat(log, path, flags, 0600);
	int err;

	if (fd < 0 && errno == ENOENT) {
		err = directories_make(log, path);
		if (err)
			return err;
		fd = openat(log, path, flags, 0600);
	}
	if (fd < 0)
		return -errno;
	err = write_whole(fd, data, size);
	/* What is synced together is on its way together; not every file system can. */
	sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	return err;
}

static int fsync_at(int log, const char *path)
{
	cleanup(close_fd) int fd = openat(log, path, O_RDONLY | O_CLOEXEC);

	return fd < 0 || fsync(fd) ? -errno : 0;
}

/* The directories above it can be new, too. */
int tile_sync(int log, const char *path)
{
	int err = fsync_at(log, path);
	char part[PATH_ROOM];
	char *slash;

	snprintf(part, sizeof(part), "%s", path);
	while (!err && (slash = strrchr(part, '/'))) {
		*slash = '\0';
		err = fsync_at(log, part);
	}
	return err ? err : fsync_at(log, ".");
}

struct packing {
	char path[TILE_PATH_MAX], packed[PATH_ROOM], temporary[PATH_ROOM];
};

static void packing_name(struct packing *packing, uint64_t index)
{
	struct tile tile = { TILE_ENTRIES, index, TILE_WIDTH };

	tile_path(&tile, packing->path);
	tile_path(&tile, packing->packed);
	strcat(packing->packed, TILE_PACKED);
	tile_path(&tile, packing->temporary);
	strcat(packing->temporary, TEMPORARY);
}

static int compress(int log, const struct packing *packing, struct bundle *bundle)
{
	int err = bundle_file_read(log, packing->path, bundle);
	size_t size;

	if (!err)
		err = room_make(&bundle->packed, &bundle->packed_room,
				ZSTD_compressBound(bundle->size));
	if (err)
		return err;
	size = ZSTD_compress(bundle->packed, bundle->packed_room, bundle->data, bundle->size,
			     PACK_LEVEL);
	return ZSTD_isError(size) ? -ENOMEM :
				    tile_write(log, packing->temporary, bundle->packed, size);
}

static int take_name(int log, const struct packing *packing)
{
	return renameat(log, packing->temporary, log, packing->packed) ? -errno : 0;
}

/*
 * A bundle gets its new name when it is on disk, and loses the old one when that
 * is: a reader finds one of them at any time. Each step is made for all, so that
 * the disk has to wait once for each step, not for each bundle.
 */
int bundle_pack(int log, uint64_t first, unsigned int count, struct bundle *bundle)
{
	struct packing packings[TILE_PACK_MAX];
	unsigned int i;
	int err = 0;

	for (i = 0; i < count && !err; i++) {
		packing_name(&packings[i], first + i);
		err = compress(log, &packings[i], bundle);
	}
	count = i;
	for (i = 0; i < count && !err; i++)
		err = fsync_at(log, packings[i].temporary);
	for (i = 0; i < count && !err; i++)
		err = take_name(log, &packings[i]);
	for (i = 0; i < count && !err; i++)
		err = tile_sync(log, packings[i].packed);
	for (i = 0; i < count; i++)
		unlinkat(log, err ? packings[i].temporary : packings[i].path, 0);
	return err;
}

/* --- removing --------------------------------------------------------------- */

void tile_remove_partial(int log, unsigned int level, uint64_t index)
{
	struct tile tile = { level, index, TILE_WIDTH };
	cleanup(close_directory) DIR *directory = NULL;
	char path[PATH_ROOM];
	struct dirent *entry;
	int fd;

	tile_path(&tile, path);
	strcat(path, ".p");
	fd = openat(log, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	directory = fd < 0 ? NULL : fdopendir(fd);
	while (directory && (entry = readdir(directory)))
		if (entry->d_name[0] != '.')
			unlinkat(fd, entry->d_name, 0);
	unlinkat(log, path, AT_REMOVEDIR);
}

void tile_remove(int log, unsigned int level, uint64_t index)
{
	struct tile tile = { level, index, TILE_WIDTH };
	char path[PATH_ROOM];

	tile_remove_partial(log, level, index);
	tile_path(&tile, path);
	unlinkat(log, path, 0);
	strcat(path, TILE_PACKED);
	unlinkat(log, path, 0);
}
