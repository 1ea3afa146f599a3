// SPDX-License-Identifier: GPL-2.0-only
/*
 * After a crash there are full bundles behind the checkpoint, and what was pending
 * behind these. After a power cut any of them can end early, or hold zeros. What
 * is whole is appended again, under the names it had. Nothing that is to be read
 * is written over: what was pending is put aside, and bundles are read one by one.
 * A second power cut while this goes on can leave entries twice, but loses none.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tlog_impl.h"

static bool is_there(const struct tlog *log, const char *path)
{
	return !faccessat(log->directory, path, F_OK, 0);
}

/* An entry is text: a power cut leaves zeros. */
static bool is_whole(const unsigned char *entry, int size)
{
	return size > 0 && !memchr(entry, 0, size);
}

static int replay(struct tlog *log, const struct bundle *bundle, size_t offset,
		  struct tlog_found *found)
{
	const unsigned char *entry;
	int size, err;

	for (;;) {
		size_t before = offset;

		size = bundle_next(bundle, &offset, &entry);
		if (size < 0 || !is_whole(entry, size)) {
			found->torn += bundle->size - before;
			return 0;
		}
		err = tlog_append(log, entry, size);
		if (err)
			return err;
		found->recovered++;
	}
}

/* A bundle begins with the entries that the checkpoint has of it. */
static int replay_bundle(struct tlog *log, const struct bundle *bundle, bool is_first,
			 struct tlog_found *found)
{
	size_t known = is_first ? log->bundle_size : 0;

	if (bundle->size < known || memcmp(bundle->data, log->bundle, known)) {
		found->torn += bundle->size;
		return 0;
	}
	return replay(log, bundle, known, found);
}

static int replay_full(struct tlog *log, uint64_t *index, struct tlog_found *found)
{
	uint64_t first = *index;
	int err = 0;

	for (; !err; (*index)++) {
		struct tile tile = { TILE_ENTRIES, *index, TILE_WIDTH };
		char path[TILE_PATH_MAX];

		err = bundle_file_read(log->directory, tile_path(&tile, path), &log->spare);
		if (err == -ENOENT)
			return 0;
		if (!err)
			err = replay_bundle(log, &log->spare, *index == first, found);
	}
	return err;
}

static int replay_pending(struct tlog *log, bool is_first, struct tlog_found *found)
{
	int err = bundle_file_read(log->directory, TLOG_PENDING_BEFORE, &log->spare);

	if (err)
		return err == -ENOENT ? 0 : err;
	return replay_bundle(log, &log->spare, is_first, found);
}

/* Put aside before: then what is pending was written by a recovery that did not end. */
static int put_aside(const struct tlog *log)
{
	if (is_there(log, TLOG_PENDING_BEFORE) || !is_there(log, TLOG_PENDING))
		return 0;
	return renameat(log->directory, TLOG_PENDING, log->directory, TLOG_PENDING_BEFORE) ?
		       -errno : 0;
}

int tlog_recover(struct tlog *log, struct tlog_found *found)
{
	uint64_t index = log->size / TILE_WIDTH, first = index;
	struct tile next = { TILE_ENTRIES, index, TILE_WIDTH };
	char path[TILE_PATH_MAX];
	int err = put_aside(log);

	found->unclean = is_there(log, TLOG_PENDING_BEFORE) ||
			 is_there(log, tile_path(&next, path));
	if (!err)
		err = tlog_pending_create(log);
	if (err || !found->unclean)
		return err;
	err = replay_full(log, &index, found);
	if (!err)
		err = replay_pending(log, index == first, found);
	if (!err)
		err = tlog_sync(log);
	if (!err && unlinkat(log->directory, TLOG_PENDING_BEFORE, 0) && errno != ENOENT)
		err = -errno;
	return err;
}
