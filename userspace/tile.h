/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files of a tiled log, c2sp.org/tlog-tiles:
 *	tile/LEVEL/N		256 hashes, each of 256^LEVEL leaves
 *	tile/entries/N		the 256 entries of tile/0/N: length (16 bits, big endian), bytes
 *	.../N.p/WIDTH		the same with less than 256, at the right edge of a tree
 * N is written in groups of three digits: 1234067 is x001/x234/067. A closed bundle
 * of entries is kept as N.zst (RFC 8878), which is what an HTTP server sends for N
 * as Content-Encoding: zstd; `zstd -d` makes N of it.
 */
#ifndef DOMICILE_TILE_H
#define DOMICILE_TILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "fault.h"
#include "merkle.h"

#define TILE_WIDTH 256
#define TILE_SHIFT 8 /* log2(TILE_WIDTH) */
#define TILE_LEVELS 8 /* 2^63 leaves */
#define TILE_ENTRIES TILE_LEVELS /* the "level" of bundles */
#define TILE_PATH_MAX 64
#define TILE_ENTRY_MAX 65535
#define TILE_BUNDLE_MAX (TILE_WIDTH * (2 + TILE_ENTRY_MAX))

struct tile {
	unsigned int level;
	uint64_t index;
	unsigned int width; /* 1 to TILE_WIDTH */
};

/* The tile or bundle that has number @index at @level, in a tree of @size leaves. */
struct tile tile_of(unsigned int level, uint64_t index, uint64_t size);

/* Relative to the log. */
const char *tile_path(const struct tile *tile, char path[TILE_PATH_MAX]);

/* --- bundles --------------------------------------------------------------- */

/* Begins as { 0 }; grows as it is used, up to TILE_BUNDLE_MAX. */
struct bundle {
	unsigned char *data; /* owned */
	unsigned char *packed; /* of a compressed file; owned */
	size_t size; /* of @data */
	size_t data_room, packed_room;
};

void bundle_free(struct bundle *bundle);

/*
 * The entry that begins at @offset, which moves behind it: its length, or -ENODATA
 * when the bundle ends there, -EBADMSG when it ends within the entry.
 */
int bundle_next(const struct bundle *bundle, size_t *offset, const unsigned char **entry);

/* --- files: a negative errno, with @fault ----------------------------------- */

/* @hashes has room for @tile->width. -EBADMSG: the file is of another size. */
int tile_read(int log, const struct tile *tile, struct merkle_hash *hashes, struct fault *fault);
/* Compressed or not. */
int bundle_read(int log, const struct tile *tile, struct bundle *bundle, struct fault *fault);
/* The file at @path, of no more than @max bytes; -EFBIG. */
int tile_file_read(int log, const char *path, void *data, size_t max, size_t *size);
/* A bundle that is not compressed, whatever its name. */
int bundle_file_read(int log, const char *path, struct bundle *bundle);

/* Creates or replaces it, and its directories. Not on disk before tile_sync(). */
int tile_write(int log, const char *path, const void *data, size_t size);
/* The file, and its name, are on disk when it returns. */
int tile_sync(int log, const char *path);
/* Compresses @count <= TILE_PACK_MAX full bundles, in place and on disk; @bundle is for its use. */
#define TILE_PACK_MAX 64
int bundle_pack(int log, uint64_t first, unsigned int count, struct bundle *bundle);
/* Removes the file, compressed or not, and what is partial of it. */
void tile_remove(int log, unsigned int level, uint64_t index);
void tile_remove_partial(int log, unsigned int level, uint64_t index);

#define TILE_PACKED ".zst"

#endif /* DOMICILE_TILE_H */
