/* SPDX-License-Identifier: GPL-2.0-only */
/* The tree that the tiles of a log hold, and proofs from it. Not checked against its root. */
#ifndef DOMICILE_TILE_TREE_H
#define DOMICILE_TILE_TREE_H

#include "tile.h"

/* The tiles at the right edge, whose hashes together make the root. */
struct tile_edge {
	struct merkle_hash hashes[TILE_LEVELS][TILE_WIDTH];
	unsigned int widths[TILE_LEVELS];
};

/* Of a tree of @size leaves. Negative errno, with @fault. */
int tile_edge_read(int log, uint64_t size, struct tile_edge *edge, struct fault *fault);
/* No tile of @edge is full. */
void tile_edge_root(const struct tile_edge *edge, struct merkle_hash *root);

struct tile_tree {
	int log; /* directory; the caller's */
	uint64_t size; /* leaves */
};

/* As merkle_subtree. Negative errno, with @fault. */
int tile_tree_subtree(const struct tile_tree *tree, uint64_t low, uint64_t high,
		      struct merkle_hash *hash, struct fault *fault);
/* The root of the first @size leaves, which the tree has. */
int tile_tree_root(const struct tile_tree *tree, uint64_t size, struct merkle_hash *root,
		   struct fault *fault);

int tile_tree_include(const struct tile_tree *tree, uint64_t index, struct merkle_proof *proof,
		      struct fault *fault);
int tile_tree_extend(const struct tile_tree *tree, uint64_t before, struct merkle_proof *proof,
		     struct fault *fault);

/*
 * The first entry that is still there; entries are only ever removed from the
 * beginning, in bundles.
 */
uint64_t tile_tree_first(const struct tile_tree *tree);

#endif /* DOMICILE_TILE_TREE_H */
