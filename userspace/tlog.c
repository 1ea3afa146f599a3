// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "tlog_impl.h"

/* --- what must be on disk before it is signed -------------------------------- */

static void dirty_add(struct tlog *log, const char *path)
{
	if (log->dirty_count < TLOG_DIRTY_MAX)
		strcpy(log->dirty[log->dirty_count++], path);
	else
		log->dirty_count = TLOG_DIRTY_MAX + 1;
}

static int dirty_sync(struct tlog *log)
{
	int err = 0;

	if (log->dirty_count > TLOG_DIRTY_MAX)
		err = syncfs(log->directory) ? -errno : 0;
	else
		for (unsigned int i = 0; i < log->dirty_count && !err; i++)
			err = tile_sync(log->directory, log->dirty[i]);
	if (!err)
		log->dirty_count = 0;
	return err;
}

/* The kernel forgets what it could not write: only reading the log again tells. */
static int note_error(struct tlog *log, int err)
{
	if (err == -EIO)
		log->broken = err;
	return err;
}

/* --- closing what is full ---------------------------------------------------- */

int tlog_pending_create(struct tlog *log)
{
	int fd = openat(log->directory, TLOG_PENDING,
			O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return -errno;
	close_fd(&log->pending);
	log->pending = fd;
	log->flushed = 0;
	return 0;
}

int tlog_flush(struct tlog *log)
{
	while (log->flushed < log->bundle_size) {
		ssize_t written = write(log->pending, log->bundle + log->flushed,
					log->bundle_size - log->flushed);

		if (written < 0 && errno != EINTR)
			return note_error(log, -errno);
		log->flushed += written < 0 ? 0 : written;
	}
	return 0;
}

static int level_write(struct tlog *log, const struct tile *tile)
{
	char path[TILE_PATH_MAX];
	int err = tile_write(log->directory, tile_path(tile, path), log->edge.hashes[tile->level],
			     tile->width * MERKLE_HASH_SIZE);

	if (!err)
		dirty_add(log, path);
	return err;
}

/* What was pending gets its name: it is moved, unless the directory is not there yet. */
static int entries_close(struct tlog *log, const struct tile *tile)
{
	char path[TILE_PATH_MAX];
	int err = tlog_flush(log);

	tile_path(tile, path);
	if (err)
		return err;
	if (renameat(log->directory, TLOG_PENDING, log->directory, path)) {
		err = errno == ENOENT ? tile_write(log->directory, path, log->bundle,
						   log->bundle_size) : -errno;
		if (err)
			return err;
	}
	dirty_add(log, path);
	return 0;
}

static int entries_write(struct tlog *log, const struct tile *tile)
{
	char path[TILE_PATH_MAX];
	int err = tile_write(log->directory, tile_path(tile, path), log->bundle,
			     log->bundle_size);

	if (!err)
		dirty_add(log, path);
	return err;
}

/* The tile at the right edge of @level is full: to the disk, and its hash to the next level. */
static int level_close(struct tlog *log, unsigned int level)
{
	struct merkle_hash hashes[TILE_WIDTH], *above;
	struct tile tile = { level, (log->size - 1) >> (TILE_SHIFT * (level + 1)), TILE_WIDTH };
	struct tile entries = { TILE_ENTRIES, tile.index, TILE_WIDTH };
	int err = level ? 0 : entries_close(log, &entries);

	if (!err)
		err = level_write(log, &tile);
	if (!err && !level)
		err = tlog_pending_create(log);
	if (err)
		return err;
	if (!level)
		log->bundle_size = 0;
	memcpy(hashes, log->edge.hashes[level], sizeof(hashes));
	above = &log->edge.hashes[level + 1][log->edge.widths[level + 1]++];
	merkle_fold(hashes, TILE_WIDTH, above);
	log->edge.widths[level] = 0;
	return 0;
}

static int close_full(struct tlog *log)
{
	int err = 0;

	if (log->broken)
		return log->broken;
	for (unsigned int level = 0; level + 1 < TILE_LEVELS && !err; level++)
		if (log->edge.widths[level] == TILE_WIDTH)
			err = level_close(log, level);
	return err ? note_error(log, err) : 0;
}

/* --- appending --------------------------------------------------------------- */

int tlog_append(struct tlog *log, const void *entry, size_t size)
{
	unsigned char *end;
	int err;

	if (!size || size > TILE_ENTRY_MAX)
		return size ? -EMSGSIZE : -EINVAL;
	/* One that filled a tile may have found no room on the disk. */
	err = close_full(log);
	if (err)
		return err;
	end = log->bundle + log->bundle_size;
	end[0] = size >> 8;
	end[1] = size;
	memcpy(end + 2, entry, size);
	log->bundle_size += 2 + size;
	merkle_leaf(entry, size, &log->edge.hashes[0][log->edge.widths[0]++]);
	log->size++;
	return 0;
}

/* --- signing ----------------------------------------------------------------- */

/* What has not grown is in the checkpoint before, and must not be touched while that counts. */
static int edge_write(struct tlog *log)
{
	int err = 0;

	for (unsigned int level = 0; level < TILE_LEVELS && !err; level++) {
		struct tile tile = { level, log->size >> (TILE_SHIFT * level) >> TILE_SHIFT,
				     log->edge.widths[level] };

		if (!tile.width || log->size >> (TILE_SHIFT * level) ==
					   log->synced >> (TILE_SHIFT * level))
			continue;
		err = level_write(log, &tile);
		tile.level = TILE_ENTRIES;
		if (!level && !err)
			err = entries_write(log, &tile);
	}
	return err;
}

int tlog_checkpoint_write(struct tlog *log)
{
	cleanup(free_memory) char *text = NULL;
	struct merkle_hash root;
	int err;

	tile_edge_root(&log->edge, &root);
	err = checkpoint_format(log->size, &root, &log->key, &text);
	if (!err)
		err = tile_write(log->directory, TLOG_TEMPORARY, text, strlen(text));
	if (!err)
		err = tile_sync(log->directory, TLOG_TEMPORARY);
	if (!err && renameat(log->directory, TLOG_TEMPORARY, log->directory, TLOG_CHECKPOINT))
		err = -errno;
	return err ? err : tile_sync(log->directory, TLOG_CHECKPOINT);
}

/* Tiles that were partial in the checkpoint before, and are full in this one. */
static void partial_remove(struct tlog *log, uint64_t before)
{
	for (unsigned int level = 0; level + 1 < TILE_LEVELS; level++) {
		unsigned int shift = TILE_SHIFT * (level + 1);

		if (before >> shift == log->size >> shift)
			break;
		tile_remove_partial(log->directory, level, before >> shift);
		if (!level)
			tile_remove_partial(log->directory, TILE_ENTRIES, before >> shift);
	}
}

int tlog_sync(struct tlog *log)
{
	uint64_t before = log->synced;
	int err = close_full(log);

	if (err || log->size == log->synced)
		return err;
	err = tlog_flush(log);
	if (!err)
		err = edge_write(log);
	if (!err)
		err = dirty_sync(log);
	if (!err)
		err = tlog_checkpoint_write(log);
	if (err)
		return note_error(log, err);
	log->synced = log->size;
	partial_remove(log, before);
	return 0;
}

/* --- tending ----------------------------------------------------------------- */

int tlog_pack(struct tlog *log, unsigned int count)
{
	uint64_t closed = log->synced / TILE_WIDTH;
	int err;

	if (count > closed - log->packed)
		count = closed - log->packed;
	if (count > TILE_PACK_MAX)
		count = TILE_PACK_MAX;
	err = count ? bundle_pack(log->directory, log->packed, count, &log->spare) : 0;
	if (err)
		return err;
	log->packed += count;
	return count;
}

void tlog_prune(struct tlog *log, uint64_t first)
{
	for (uint64_t index = log->first / TILE_WIDTH; index < first / TILE_WIDTH; index++)
		tile_remove(log->directory, TILE_ENTRIES, index);
	for (unsigned int level = 0; level + 1 < TILE_LEVELS; level++) {
		unsigned int shift = TILE_SHIFT * (level + 1);

		for (uint64_t index = log->first >> shift; index < first >> shift; index++)
			tile_remove(log->directory, level, index);
	}
	log->first = first / TILE_WIDTH * TILE_WIDTH;
	if (log->packed < first / TILE_WIDTH)
		log->packed = first / TILE_WIDTH;
}

void tlog_abandon(struct tlog *log)
{
	close_fd(&log->pending);
	close_fd(&log->directory);
	bundle_free(&log->spare);
	free(log->bundle);
	note_key_forget(&log->key);
	free(log);
}

int tlog_close(struct tlog *log)
{
	int err = tlog_sync(log);

	if (!err && unlinkat(log->directory, TLOG_PENDING, 0))
		err = -errno;
	tlog_abandon(log);
	return err;
}
