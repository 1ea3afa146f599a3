// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the root down, and from the first entry on: a hash that is not the one
 * above it is found before what it stands for is looked at.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "progress.h"
#include "tile_tree.h"
#include "tlog_verify.h"

struct walk {
	int log;
	uint64_t size;
	struct tlog_summary *summary;
	struct bundle bundle;
	char latest[AUDIT_TIME_SIZE + 1]; /* since the log was opened, or the clock set */
	struct fault *fault;
};

/* --- entries ------------------------------------------------------------------ */

/* "" is before every time. */
static int time_check(struct walk *walk, uint64_t index, const struct audit_entry *entry)
{
	if (!entry->time[0])
		return 0;
	if (entry->kind > AUDIT_ENTRY_LOSS) {
		walk->latest[0] = '\0';
	} else if (!audit_time_follows(walk->latest, entry->time)) {
		return fault_set(walk->fault, -EBADMSG, "entry %" PRIu64 " is of %s, and one "
				 "before it of %s: the clock was set back, and no entry says so",
				 index, entry->time, walk->latest);
	} else if (strcmp(walk->latest, entry->time) < 0) {
		memcpy(walk->latest, entry->time, sizeof(walk->latest));
	}
	if (strcmp(walk->summary->newest, entry->time) < 0)
		memcpy(walk->summary->newest, entry->time, sizeof(walk->summary->newest));
	return 0;
}

static int entry_count(struct walk *walk, uint64_t index, const unsigned char *data, size_t size)
{
	struct tlog_summary *summary = walk->summary;
	struct audit_entry entry;

	audit_entry_read(&entry, data, size);
	summary->count[entry.kind]++;
	if (entry.kind == AUDIT_ENTRY_LOSS)
		summary->lost += entry.count;
	if (entry.kind == AUDIT_ENTRY_PRUNED && entry.count > summary->pruned &&
	    entry.count <= index)
		summary->pruned = entry.count;
	return time_check(walk, index, &entry);
}

static int entry_check(struct walk *walk, uint64_t index, size_t *offset,
		       const struct merkle_hash *expected)
{
	const unsigned char *entry;
	int size = bundle_next(&walk->bundle, offset, &entry);
	struct merkle_hash leaf;

	if (size < 0)
		return fault_set(walk->fault, -EBADMSG, "entry %" PRIu64 " is missing: its bundle "
				 "ends %s it", index, size == -ENODATA ? "before" : "within");
	merkle_leaf(entry, size, &leaf);
	if (!merkle_equal(&leaf, expected))
		return fault_set(walk->fault, -EBADMSG, "entry %" PRIu64 " is not what was logged: "
				 "its hash is another than the tree has", index);
	return entry_count(walk, index, entry, size);
}

static int bundle_check(struct walk *walk, const struct tile *leaves,
			const struct merkle_hash *hashes)
{
	struct tile entries = { TILE_ENTRIES, leaves->index, leaves->width };
	uint64_t first = leaves->index * TILE_WIDTH;
	char path[TILE_PATH_MAX];
	size_t offset = 0;
	int err;

	if (first < walk->summary->first)
		return 0;
	err = bundle_read(walk->log, &entries, &walk->bundle, walk->fault);
	for (unsigned int i = 0; i < leaves->width && !err; i++)
		err = entry_check(walk, first + i, &offset, &hashes[i]);
	if (!err && offset != walk->bundle.size)
		err = fault_set(walk->fault, -EBADMSG, "%s has more than its %u entries",
				tile_path(&entries, path), leaves->width);
	progress_step();
	return err;
}

/* --- tiles -------------------------------------------------------------------- */

static int tile_check(struct walk *walk, const struct tile *tile,
		      const struct merkle_hash *expected);

/* What the hashes of a tile stand for. */
static int below_check(struct walk *walk, const struct tile *tile,
		       const struct merkle_hash *hashes)
{
	int err = 0;

	if (!tile->level)
		return bundle_check(walk, tile, hashes);
	for (unsigned int i = 0; i < tile->width && !err; i++) {
		struct tile below = { tile->level - 1, tile->index * TILE_WIDTH + i, TILE_WIDTH };

		err = tile_check(walk, &below, &hashes[i]);
	}
	return err;
}

static bool is_pruned(const struct walk *walk, const struct tile *tile)
{
	return tile->index < walk->summary->first >> (TILE_SHIFT * (tile->level + 1));
}

/* A tile that is pruned may be there or not; if it is, it must be right. */
static int tile_check(struct walk *walk, const struct tile *tile,
		      const struct merkle_hash *expected)
{
	struct merkle_hash hashes[TILE_WIDTH], folded[TILE_WIDTH], root;
	bool pruned = is_pruned(walk, tile);
	char path[TILE_PATH_MAX];
	int err = tile_read(walk->log, tile, hashes, pruned ? NULL : walk->fault);

	if (err == -ENOENT && pruned)
		return 0;
	if (err)
		return fault_set(walk->fault, err, "%s: %s", tile_path(tile, path),
				 strerror(-err));
	memcpy(folded, hashes, sizeof(folded));
	merkle_fold(folded, tile->width, &root);
	if (!merkle_equal(&root, expected))
		return fault_set(walk->fault, -EBADMSG, "%s (entries %" PRIu64 " to %" PRIu64
				 ") is not what was logged: its hash is another than the tile "
				 "above has", tile_path(tile, path),
				 tile->index << (TILE_SHIFT * (tile->level + 1)),
				 ((tile->index + 1) << (TILE_SHIFT * (tile->level + 1))) - 1);
	return below_check(walk, tile, hashes);
}

static int edge_check(struct walk *walk, const struct tile_edge *edge)
{
	int err = 0;

	for (int level = TILE_LEVELS - 1; level >= 0 && !err; level--) {
		struct tile tile = { level, walk->size >> (TILE_SHIFT * level) >> TILE_SHIFT,
				     edge->widths[level] };

		if (tile.width)
			err = below_check(walk, &tile, edge->hashes[level]);
	}
	return err;
}

/* --- the whole ---------------------------------------------------------------- */

static int gap_check(const struct tlog_summary *summary, struct fault *fault)
{
	if (summary->first <= summary->pruned)
		return 0;
	return fault_set(fault, -EBADMSG, "entries %" PRIu64 " to %" PRIu64 " are missing, and no "
			 "entry says that they were pruned", summary->pruned, summary->first - 1);
}

static uint64_t unsigned_count(const struct walk *walk)
{
	uint64_t index = walk->size / TILE_WIDTH, count = 0;
	struct tile tile = { TILE_ENTRIES, index, TILE_WIDTH };
	char path[TILE_PATH_MAX];

	for (; !faccessat(walk->log, tile_path(&tile, path), F_OK, 0); tile.index++)
		count += TILE_WIDTH;
	return count ? count - walk->size % TILE_WIDTH : 0;
}

static int root_check(const struct tile_edge *edge, const struct checkpoint *checkpoint,
		      struct fault *fault)
{
	struct merkle_hash root;

	tile_edge_root(edge, &root);
	if (merkle_equal(&root, &checkpoint->root))
		return 0;
	return fault_set(fault, -EBADMSG, "the tiles are not those that the checkpoint signs: they "
			 "have another root");
}

int tlog_verify(int directory, const struct checkpoint *checkpoint, struct tlog_summary *summary,
		struct fault *fault)
{
	struct walk walk = { .log = directory, .size = checkpoint->size, .summary = summary,
			     .fault = fault };
	struct tile_tree tree = { directory, checkpoint->size };
	cleanup(free_memory) struct tile_edge *edge = calloc(1, sizeof(*edge));
	int err = 0;

	*summary = (struct tlog_summary){ .size = walk.size, .first = tile_tree_first(&tree) };
	if (!edge)
		err = fault_set(fault, -ENOMEM, "no memory");
	progress_start("verify", (walk.size - summary->first) / TILE_WIDTH);
	if (!err)
		err = tile_edge_read(directory, walk.size, edge, fault);
	if (!err)
		err = edge_check(&walk, edge);
	if (!err)
		err = root_check(edge, checkpoint, fault);
	if (!err)
		err = gap_check(summary, fault);
	progress_end();
	if (!err)
		summary->after = unsigned_count(&walk);
	bundle_free(&walk.bundle);
	return err;
}

int tlog_verify_extends(int directory, const struct checkpoint *checkpoint,
			const struct checkpoint *before, struct fault *fault)
{
	struct tile_tree tree = { directory, checkpoint->size };
	struct merkle_proof proof = { .count = 0 };
	int err;

	if (before->size > checkpoint->size)
		return fault_set(fault, -EBADMSG, "the log was rolled back: it had %" PRIu64
				 " entries, and has %" PRIu64, before->size, checkpoint->size);
	err = before->size ? tile_tree_extend(&tree, before->size, &proof, NULL) : 0;
	if (err)
		return fault_set(fault, -ENODATA, "the tiles that tell whether the first %" PRIu64
				 " entries are the same were pruned", before->size);
	if (!merkle_is_consistent(before->size, &before->root, checkpoint->size, &checkpoint->root,
				  &proof))
		return fault_set(fault, -EBADMSG, "the log was forked, or rewritten: its first %" PRIu64
				 " entries are not those that were signed before", before->size);
	return 0;
}
