/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing a tiled log (tile.h). What is in the directory beside the tiles:
 *	checkpoint	what is signed: the tree, as far as it is on disk
 *	vkey		the public key, for who trusts the directory
 *	format		the version of this layout
 *	pending		entries of the bundle that is not full yet, as they come
 *
 * An entry is in the page cache when tlog_append() and tlog_flush() return: it
 * outlives the process. tlog_sync() makes it outlive the power, and signs it. The
 * log is open in one process at a time.
 *
 * Functions return 0 or a negative errno; what failed can be tried again, and goes
 * on where it was. After an error of the disk itself (-EIO) nothing works but
 * tlog_close(): open the log again.
 */
#ifndef DOMICILE_TLOG_H
#define DOMICILE_TLOG_H

#include <stdbool.h>

#include "checkpoint.h"
#include "tile_tree.h"

#define TLOG_FORMAT 1
#define TLOG_CHECKPOINT "checkpoint"
#define TLOG_VKEY "vkey"
#define TLOG_FORMAT_FILE "format"

/* Files that are synced one by one; with more, the file system is. */
#define TLOG_DIRTY_MAX 64

/* What tlog_open() found. */
struct tlog_found {
	bool unclean; /* it was not closed */
	uint64_t signed_size; /* of the checkpoint */
	uint64_t recovered; /* entries that were behind it */
	uint64_t torn; /* bytes behind it that are no entry */
};

struct tlog {
	int directory;
	struct note_key key;
	uint64_t size; /* entries */
	uint64_t synced; /* of those, in the checkpoint */
	uint64_t first; /* not pruned */
	uint64_t packed; /* bundles below it are compressed */
	struct tile_edge edge; /* a full tile in it is to be written */
	unsigned char *bundle; /* the entries at the right edge; owned, TILE_BUNDLE_MAX */
	size_t bundle_size, flushed; /* bytes, of which in @pending */
	int pending;
	char dirty[TLOG_DIRTY_MAX][TILE_PATH_MAX];
	unsigned int dirty_count; /* above TLOG_DIRTY_MAX: some have no name */
	struct bundle spare; /* for reading and packing */
	int broken; /* negative errno */
};

/*
 * Opens the log in @path, or creates it, with its directory. @key signs, and its
 * name is the log's. Entries that were written, but not signed, are taken up again.
 * -EBUSY: another process has it. -EKEYREJECTED: another key signed it.
 * -EPROTONOSUPPORT: a newer version wrote it. All with @fault.
 */
int tlog_open(struct tlog **ret, const char *path, const struct note_key *key,
	      struct tlog_found *found, struct fault *fault);
/* Without what was not synced, which the next tlog_open() recovers. */
void tlog_abandon(struct tlog *log);
/* Syncs; the log is closed in any case. */
int tlog_close(struct tlog *log);

/* Does the directory hold a log? A negative errno if that cannot be seen. */
int tlog_exists(const char *path);
/* -EPROTONOSUPPORT: it is of a newer version; a log without a version is anybody's. */
int tlog_format_check(int directory, struct fault *fault);

/* It is in the log if it returns 0, and is not otherwise. -EMSGSIZE, -EINVAL: empty. */
int tlog_append(struct tlog *log, const void *entry, size_t size);
int tlog_flush(struct tlog *log);
int tlog_sync(struct tlog *log);

/* Compresses up to @count closed bundles: how many, or a negative errno. */
int tlog_pack(struct tlog *log, unsigned int count);
/* Removes the bundles and tiles that end at @first or before. They must be synced. */
void tlog_prune(struct tlog *log, uint64_t first);

#endif /* DOMICILE_TLOG_H */
