/* SPDX-License-Identifier: GPL-2.0-only */
/* The Merkle tree of RFC 6962, section 2.1, with SHA-256. Pure functions. */
#ifndef DOMICILE_MERKLE_H
#define DOMICILE_MERKLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MERKLE_HASH_SIZE 32
/* Hashes in a proof, at most: a tree has less than 2^63 leaves. */
#define MERKLE_PROOF_MAX 64

struct merkle_hash {
	unsigned char bytes[MERKLE_HASH_SIZE];
};

bool merkle_equal(const struct merkle_hash *one, const struct merkle_hash *other);

/* SHA-256(0x00 || data) */
void merkle_leaf(const void *data, size_t size, struct merkle_hash *hash);
/* SHA-256(0x01 || left || right); @hash may be one of them. */
void merkle_node(const struct merkle_hash *left, const struct merkle_hash *right,
		 struct merkle_hash *hash);
/* The root of the tree without leaves. */
void merkle_empty(struct merkle_hash *hash);

/*
 * The root over @count > 0 hashes, all of complete subtrees of one size but the
 * last, which may be of a smaller tree. Overwrites @hashes.
 */
void merkle_fold(struct merkle_hash *hashes, size_t count, struct merkle_hash *root);

/* --- proofs, sections 2.1.1 and 2.1.2 ------------------------------------- */

struct merkle_proof {
	struct merkle_hash hashes[MERKLE_PROOF_MAX];
	size_t count;
};

/* The hash of the subtree of the leaves from @low to @high - 1: 0 or a negative errno. */
typedef int merkle_subtree(void *context, uint64_t low, uint64_t high, struct merkle_hash *hash);

/* @index < @size */
int merkle_prove_inclusion(uint64_t index, uint64_t size, merkle_subtree *subtree, void *context,
			   struct merkle_proof *proof);
/* @before <= @size; empty if one is 0 or both are the same. */
int merkle_prove_consistency(uint64_t before, uint64_t size, merkle_subtree *subtree,
			     void *context, struct merkle_proof *proof);

bool merkle_is_included(uint64_t index, uint64_t size, const struct merkle_hash *leaf,
			const struct merkle_proof *proof, const struct merkle_hash *root);
bool merkle_is_consistent(uint64_t before, const struct merkle_hash *root_before, uint64_t size,
			  const struct merkle_hash *root, const struct merkle_proof *proof);

/* The largest power of two below @n, which is 2 or more: where a tree of @n leaves parts. */
uint64_t merkle_split(uint64_t n);

#endif /* DOMICILE_MERKLE_H */
