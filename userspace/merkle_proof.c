// SPDX-License-Identifier: GPL-2.0-only
/*
 * Making proofs follows the recursion of RFC 6962, sections 2.1.1 and 2.1.2, from
 * the root down; checking them is written out in RFC 9162, sections 2.1.3.2 and
 * 2.1.4.2, whose proofs are the same.
 */
#include <errno.h>
#include <string.h>

#include "merkle.h"

struct plan {
	merkle_subtree *subtree;
	void *context;
	struct merkle_proof *proof; /* from the root down, until it is turned */
};

static int add(struct plan *plan, uint64_t low, uint64_t high)
{
	if (plan->proof->count == MERKLE_PROOF_MAX)
		return -EOVERFLOW;
	return plan->subtree(plan->context, low, high, &plan->proof->hashes[plan->proof->count++]);
}

static void turn(struct merkle_proof *proof)
{
	for (size_t i = 0, j = proof->count; i + 1 < j; i++) {
		struct merkle_hash hash = proof->hashes[i];

		proof->hashes[i] = proof->hashes[--j];
		proof->hashes[j] = hash;
	}
}

int merkle_prove_inclusion(uint64_t index, uint64_t size, merkle_subtree *subtree, void *context,
			   struct merkle_proof *proof)
{
	struct plan plan = { subtree, context, proof };
	uint64_t low = 0, high = size;
	int err = 0;

	proof->count = 0;
	while (high - low > 1 && !err) {
		uint64_t middle = low + merkle_split(high - low);

		if (index < middle) {
			err = add(&plan, middle, high);
			high = middle;
		} else {
			err = add(&plan, low, middle);
			low = middle;
		}
	}
	turn(proof);
	return err;
}

int merkle_prove_consistency(uint64_t before, uint64_t size, merkle_subtree *subtree,
			     void *context, struct merkle_proof *proof)
{
	struct plan plan = { subtree, context, proof };
	uint64_t low = 0, high = size;
	int err = 0;

	proof->count = 0;
	if (!before || before == size)
		return 0;
	/* Down to the subtree that ends where the smaller tree does. */
	while (high != before && !err) {
		uint64_t middle = low + merkle_split(high - low);

		if (before <= middle) {
			err = add(&plan, middle, high);
			high = middle;
		} else {
			err = add(&plan, low, middle);
			low = middle;
		}
	}
	/* From 0, it is the smaller tree itself, whose root is known. */
	if (low && !err)
		err = add(&plan, low, high);
	turn(proof);
	return err;
}

bool merkle_is_included(uint64_t index, uint64_t size, const struct merkle_hash *leaf,
			const struct merkle_proof *proof, const struct merkle_hash *root)
{
	uint64_t node = index, last = size - 1;
	struct merkle_hash hash = *leaf;

	if (index >= size)
		return false;
	for (size_t i = 0; i < proof->count; i++) {
		if (!last)
			return false;
		if (node & 1 || node == last) {
			merkle_node(&proof->hashes[i], &hash, &hash);
			for (; !(node & 1) && node; node >>= 1)
				last >>= 1;
		} else {
			merkle_node(&hash, &proof->hashes[i], &hash);
		}
		node >>= 1;
		last >>= 1;
	}
	return !last && merkle_equal(&hash, root);
}

/* Both roots grow from the hashes of @proof that come after the first. */
static bool both_grow(uint64_t node, uint64_t last, const struct merkle_hash *first,
		      const struct merkle_hash *rest, size_t count,
		      const struct merkle_hash *root_before, const struct merkle_hash *root)
{
	struct merkle_hash smaller = *first, larger = *first;

	for (size_t i = 0; i < count; i++) {
		if (!last)
			return false;
		if (node & 1 || node == last) {
			merkle_node(&rest[i], &smaller, &smaller);
			merkle_node(&rest[i], &larger, &larger);
			for (; !(node & 1) && node; node >>= 1)
				last >>= 1;
		} else {
			merkle_node(&larger, &rest[i], &larger);
		}
		node >>= 1;
		last >>= 1;
	}
	return !last && merkle_equal(&smaller, root_before) && merkle_equal(&larger, root);
}

bool merkle_is_consistent(uint64_t before, const struct merkle_hash *root_before, uint64_t size,
			  const struct merkle_hash *root, const struct merkle_proof *proof)
{
	uint64_t node = before - 1, last = size - 1;
	bool is_power = !(before & (before - 1));
	struct merkle_hash empty;

	merkle_empty(&empty);
	if (!before)
		return !proof->count && merkle_equal(&empty, root_before);
	if (before == size)
		return !proof->count && merkle_equal(root_before, root);
	if (before > size || !proof->count)
		return false;
	for (; node & 1; node >>= 1)
		last >>= 1;
	if (is_power)
		return both_grow(node, last, root_before, proof->hashes, proof->count, root_before,
				 root);
	return both_grow(node, last, &proof->hashes[0], &proof->hashes[1], proof->count - 1,
			 root_before, root);
}
