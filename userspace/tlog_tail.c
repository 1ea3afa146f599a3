// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bundle that is not full is in "pending" while the log is open, and in a partial
 * tile up to what is signed. The writer gives "pending" the name of the full tile before
 * it makes a new one: what was read is of this bundle if the tile is still not there.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "checkpoint.h"
#include "cleanup.h"
#include "tile_tree.h"
#include "tlog_impl.h"
#include "tlog_tail.h"

/* --- one bundle --------------------------------------------------------------------- */

/* Is it full, and has its name? */
static bool is_closed(const struct tlog_tail *tail, uint64_t index)
{
	struct tile tile = { TILE_ENTRIES, index, TILE_WIDTH };
	char path[TILE_PATH_MAX + sizeof(TILE_PACKED)];

	tile_path(&tile, path);
	return !faccessat(tail->directory, path, F_OK, 0) ||
	       !faccessat(tail->directory, strcat(path, TILE_PACKED), F_OK, 0);
}

static int closed_read(struct tlog_tail *tail, uint64_t index, struct fault *fault)
{
	struct tile tile = { TILE_ENTRIES, index, TILE_WIDTH };

	return bundle_read(tail->directory, &tile, &tail->bundle, fault);
}

static int signed_size(const struct tlog_tail *tail, uint64_t *size, struct fault *fault)
{
	cleanup(checkpoint_free) struct checkpoint checkpoint = { 0 };
	int err = checkpoint_read(&checkpoint, tail->directory, TLOG_CHECKPOINT, fault);

	*size = err ? 0 : checkpoint.size;
	return err;
}

/* What is signed of it: all there is when the log is closed, or being opened. */
static int partial_read(struct tlog_tail *tail, uint64_t index, uint64_t size,
			struct fault *fault)
{
	struct tile tile = { TILE_ENTRIES, index, size % TILE_WIDTH };

	tail->bundle.size = 0;
	if (!tile.width || size / TILE_WIDTH != index)
		return 0;
	return bundle_read(tail->directory, &tile, &tail->bundle, fault);
}

static bool has_entry(const struct bundle *bundle)
{
	const unsigned char *entry;
	size_t offset = 0;

	return bundle_next(bundle, &offset, &entry) >= 0;
}

static int pending_read(struct tlog_tail *tail, uint64_t index, struct fault *fault)
{
	uint64_t size;
	int err = signed_size(tail, &size, fault);

	if (err)
		return err;
	if (index < size / TILE_WIDTH)
		return -ENODATA;
	err = bundle_file_read(tail->directory, TLOG_PENDING, &tail->bundle);
	if (err && err != -ENOENT)
		return fault_set(fault, err, TLOG_PENDING ": %s", strerror(-err));
	return err || !has_entry(&tail->bundle) ? partial_read(tail, index, size, fault) : 0;
}

static int bundle_load(struct tlog_tail *tail, uint64_t index, struct fault *fault)
{
	struct fault why = { 0 };
	int err = 0;

	tail->closed = is_closed(tail, index);
	if (!tail->closed) {
		err = pending_read(tail, index, &why);
		/* Then it was closed meanwhile, and another was read. */
		tail->closed = is_closed(tail, index);
	}
	if (tail->closed)
		err = closed_read(tail, index, fault);
	else if (err)
		fault_set(fault, err, "%s", why.text);
	tail->loaded = err ? UINT64_MAX : index;
	tail->at = index * TILE_WIDTH;
	tail->offset = 0;
	return err;
}

/* --- entries --------------------------------------------------------------------------- */

/* In the bundle that is loaded. */
static int entry_find(struct tlog_tail *tail, const unsigned char **entry)
{
	int size = -EAGAIN;

	while (tail->at <= tail->next) {
		size = bundle_next(&tail->bundle, &tail->offset, entry);
		if (size < 0)
			return -EAGAIN;
		tail->at++;
	}
	tail->next++;
	return size;
}

static int damaged(const struct tlog_tail *tail, struct fault *fault)
{
	return fault_set(fault, -EBADMSG, "entry %" PRIu64 " is damaged (see domicile audit verify)",
			 tail->next);
}

int tlog_tail_next(struct tlog_tail *tail, const unsigned char **entry, struct fault *fault)
{
	uint64_t index = tail->next / TILE_WIDTH;
	int size;

	if (tail->loaded == index) {
		size = entry_find(tail, entry);
		if (size >= 0)
			return size;
		if (tail->closed)
			return damaged(tail, fault);
	} else if (tail->loaded != UINT64_MAX && !tail->closed && !is_closed(tail, tail->loaded)) {
		return -EAGAIN;
	}
	size = bundle_load(tail, index, fault);
	if (!size)
		size = entry_find(tail, entry);
	return size == -EAGAIN && tail->closed ? damaged(tail, fault) : size;
}

int tlog_tail_size(struct tlog_tail *tail, uint64_t *size, struct fault *fault)
{
	const unsigned char *entry;
	uint64_t index;
	int err = signed_size(tail, size, fault);

	if (err)
		return err;
	for (index = *size / TILE_WIDTH; is_closed(tail, index); index++)
		;
	err = bundle_load(tail, index, fault);
	if (err)
		return err;
	while (bundle_next(&tail->bundle, &tail->offset, &entry) >= 0)
		tail->at++;
	*size = tail->at;
	tail->loaded = UINT64_MAX;
	return 0;
}

void tlog_tail_seek(struct tlog_tail *tail, uint64_t index)
{
	tail->next = index;
	tail->loaded = UINT64_MAX;
}

/* --- the log ---------------------------------------------------------------------------- */

static int open_in(struct tlog_tail *tail, struct fault *fault)
{
	struct tile_tree tree = { .log = tail->directory };
	int err = tlog_format_check(tail->directory, fault);

	if (!err)
		err = signed_size(tail, &tree.size, fault);
	if (!err)
		tail->first = tail->next = tile_tree_first(&tree);
	return err;
}

int tlog_tail_open(struct tlog_tail *tail, const char *path, struct fault *fault)
{
	struct fault why = { 0 };
	int err;

	*tail = (struct tlog_tail){ .loaded = UINT64_MAX };
	tail->directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err = tail->directory < 0 ? -errno : open_in(tail, &why);
	if (err)
		return fault_set(fault, err, "%s: %s", path,
				 why.text[0] ? why.text : strerror(-err));
	return 0;
}

void tlog_tail_close(struct tlog_tail *tail)
{
	close_fd(&tail->directory);
	bundle_free(&tail->bundle);
}

bool tlog_tail_was_moved(const struct tlog_tail *tail, const char *path)
{
	struct stat opened, named;

	if (fstat(tail->directory, &opened) || stat(path, &named))
		return false;
	return opened.st_ino != named.st_ino || opened.st_dev != named.st_dev;
}
