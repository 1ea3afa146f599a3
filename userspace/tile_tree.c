// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tile_tree.h"

/* --- the right edge ---------------------------------------------------------- */

int tile_edge_read(int log, uint64_t size, struct tile_edge *edge, struct fault *fault)
{
	for (unsigned int level = 0; level < TILE_LEVELS; level++) {
		uint64_t index = size >> (TILE_SHIFT * level) >> TILE_SHIFT;
		struct tile tile = tile_of(level, index, size);
		int err = tile.width ? tile_read(log, &tile, edge->hashes[level], fault) : 0;

		if (err)
			return err;
		edge->widths[level] = tile.width;
	}
	return 0;
}

/* What the levels below make is the last, smaller subtree of the level above. */
void tile_edge_root(const struct tile_edge *edge, struct merkle_hash *root)
{
	struct merkle_hash hashes[TILE_WIDTH + 1];
	bool has_rest = false;

	merkle_empty(root);
	for (unsigned int level = 0; level < TILE_LEVELS; level++) {
		unsigned int width = edge->widths[level];

		if (!width)
			continue;
		memcpy(hashes, edge->hashes[level], width * sizeof(*hashes));
		if (has_rest)
			hashes[width++] = *root;
		merkle_fold(hashes, width, root);
		has_rest = true;
	}
}

/* --- subtrees ------------------------------------------------------------------ */

/* @high - @low is a power of two, and divides @low: part of one tile. */
static int complete(const struct tile_tree *tree, uint64_t low, uint64_t high,
		    struct merkle_hash *hash, struct fault *fault)
{
	unsigned int height = __builtin_ctzll(high - low), level = height / TILE_SHIFT;
	struct merkle_hash hashes[TILE_WIDTH];
	uint64_t first = low >> (level * TILE_SHIFT);
	struct tile tile = tile_of(level, first / TILE_WIDTH, tree->size);
	int err = tile_read(tree->log, &tile, hashes, fault);

	if (!err)
		merkle_fold(&hashes[first % TILE_WIDTH], 1u << (height % TILE_SHIFT), hash);
	return err;
}

int tile_tree_subtree(const struct tile_tree *tree, uint64_t low, uint64_t high,
		      struct merkle_hash *hash, struct fault *fault)
{
	struct merkle_hash right;
	uint64_t middle;
	int err;

	if (!((high - low) & (high - low - 1)))
		return complete(tree, low, high, hash, fault);
	middle = low + merkle_split(high - low);
	err = complete(tree, low, middle, hash, fault);
	if (!err)
		err = tile_tree_subtree(tree, middle, high, &right, fault);
	if (!err)
		merkle_node(hash, &right, hash);
	return err;
}

int tile_tree_root(const struct tile_tree *tree, uint64_t size, struct merkle_hash *root,
		   struct fault *fault)
{
	if (size)
		return tile_tree_subtree(tree, 0, size, root, fault);
	merkle_empty(root);
	return 0;
}

/* --- proofs ----------------------------------------------------------------- */

struct reading {
	const struct tile_tree *tree;
	struct fault *fault;
};

static int subtree(void *context, uint64_t low, uint64_t high, struct merkle_hash *hash)
{
	const struct reading *reading = context;

	return tile_tree_subtree(reading->tree, low, high, hash, reading->fault);
}

int tile_tree_include(const struct tile_tree *tree, uint64_t index, struct merkle_proof *proof,
		      struct fault *fault)
{
	struct reading reading = { tree, fault };

	return merkle_prove_inclusion(index, tree->size, subtree, &reading, proof);
}

int tile_tree_extend(const struct tile_tree *tree, uint64_t before, struct merkle_proof *proof,
		     struct fault *fault)
{
	struct reading reading = { tree, fault };

	return merkle_prove_consistency(before, tree->size, subtree, &reading, proof);
}

/* --- what was pruned -------------------------------------------------------- */

static bool has_bundle(const struct tile_tree *tree, uint64_t index)
{
	struct tile tile = tile_of(TILE_ENTRIES, index, tree->size);
	char path[TILE_PATH_MAX + sizeof(TILE_PACKED)];

	tile_path(&tile, path);
	if (!faccessat(tree->log, path, F_OK, 0))
		return true;
	snprintf(path + strlen(path), sizeof(path) - strlen(path), TILE_PACKED);
	return !faccessat(tree->log, path, F_OK, 0);
}

uint64_t tile_tree_first(const struct tile_tree *tree)
{
	uint64_t missing = 0, there = (tree->size + TILE_WIDTH - 1) / TILE_WIDTH;

	if (!there || has_bundle(tree, 0))
		return 0;
	/* @missing is, and what @there is the first of, if any, is not. */
	while (there - missing > 1) {
		uint64_t middle = missing + (there - missing) / 2;

		if (has_bundle(tree, middle))
			there = middle;
		else
			missing = middle;
	}
	return there * TILE_WIDTH < tree->size ? there * TILE_WIDTH : tree->size;
}
