// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include <stdlib.h>

#include "merkle.h"

#define LEAVES 70 /* more than one 64, so that trees have all shapes */

static struct merkle_hash leaves[LEAVES];

static void leaves_make(void)
{
	for (unsigned char i = 0; i < LEAVES; i++)
		merkle_leaf(&i, sizeof(i), &leaves[i]);
}

/* MTH of RFC 6962, section 2.1, to the letter. */
static int subtree(void *context, uint64_t low, uint64_t high, struct merkle_hash *hash)
{
	struct merkle_hash left, right;
	uint64_t middle;

	if (high - low == 1) {
		*hash = leaves[low];
		return 0;
	}
	middle = low + merkle_split(high - low);
	subtree(context, low, middle, &left);
	subtree(context, middle, high, &right);
	merkle_node(&left, &right, hash);
	return 0;
}

static void hex(const struct merkle_hash *hash, char text[2 * MERKLE_HASH_SIZE + 1])
{
	for (int i = 0; i < MERKLE_HASH_SIZE; i++)
		sprintf(text + 2 * i, "%02x", hash->bytes[i]);
}

/* The leaves and roots that the tests of Certificate Transparency logs use. */
TEST(roots_are_those_of_certificate_transparency)
{
	static const char *const data[] = {
		"", "\x00", "\x10", "\x20\x21", "\x30\x31", "\x40\x41\x42\x43",
		"\x50\x51\x52\x53\x54\x55\x56\x57",
		"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
	};
	static const size_t sizes[] = { 0, 1, 1, 2, 2, 4, 8, 16 };
	static const char *const roots[] = {
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
		"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	};
	struct merkle_hash hashes[8], folded[8], root;
	char text[2 * MERKLE_HASH_SIZE + 1];

	merkle_empty(&root);
	hex(&root, text);
	EXPECT_STREQ("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", text);
	for (int i = 0; i < 8; i++) {
		merkle_leaf(data[i], sizes[i], &hashes[i]);
		memcpy(folded, hashes, sizeof(folded));
		merkle_fold(folded, i + 1, &root);
		hex(&root, text);
		EXPECT_STREQ(roots[i], text);
	}
}

TEST(fold_is_the_tree_of_the_rfc)
{
	struct merkle_hash folded[LEAVES], expected, root;

	leaves_make();
	for (int size = 1; size <= LEAVES; size++) {
		memcpy(folded, leaves, sizeof(folded));
		merkle_fold(folded, size, &root);
		subtree(NULL, 0, size, &expected);
		EXPECT_TRUE(merkle_equal(&expected, &root));
	}
}

TEST(every_inclusion_is_proved_and_no_other)
{
	struct merkle_proof proof;
	struct merkle_hash root;

	leaves_make();
	for (uint64_t size = 1; size <= LEAVES; size++)
		for (uint64_t i = 0; i < size; i++) {
			subtree(NULL, 0, size, &root);
			ASSERT_EQ(0, merkle_prove_inclusion(i, size, subtree, NULL, &proof));
			EXPECT_TRUE(merkle_is_included(i, size, &leaves[i], &proof, &root));
			EXPECT_FALSE(merkle_is_included(i, size, &leaves[(i + 1) % LEAVES], &proof,
							&root));
			if (size > 1)
				EXPECT_FALSE(merkle_is_included((i + 1) % size, size, &leaves[i],
								&proof, &root));
			EXPECT_FALSE(merkle_is_included(i, 2 * size, &leaves[i], &proof, &root));
			EXPECT_FALSE(merkle_is_included(size, size, &leaves[i], &proof, &root));
		}
}

TEST(every_growth_is_proved_and_no_other)
{
	struct merkle_proof proof;
	struct merkle_hash before, root;

	leaves_make();
	for (uint64_t size = 1; size <= LEAVES; size++)
		for (uint64_t old = 1; old <= size; old++) {
			subtree(NULL, 0, old, &before);
			subtree(NULL, 0, size, &root);
			ASSERT_EQ(0, merkle_prove_consistency(old, size, subtree, NULL, &proof));
			EXPECT_TRUE(merkle_is_consistent(old, &before, size, &root, &proof));
			before.bytes[7] ^= 1;
			EXPECT_FALSE(merkle_is_consistent(old, &before, size, &root, &proof));
			before.bytes[7] ^= 1;
			root.bytes[31] ^= 0x80;
			EXPECT_FALSE(merkle_is_consistent(old, &before, size, &root, &proof));
			root.bytes[31] ^= 0x80;
			if (old < size)
				EXPECT_FALSE(merkle_is_consistent(size, &root, old, &before,
								  &proof));
			if (proof.count) {
				proof.count--;
				EXPECT_FALSE(merkle_is_consistent(old, &before, size, &root,
								  &proof));
			}
		}
}

TEST(nothing_goes_on_to_anything)
{
	struct merkle_proof proof = { .count = 0 };
	struct merkle_hash empty, root;

	leaves_make();
	merkle_empty(&empty);
	subtree(NULL, 0, 5, &root);
	EXPECT_TRUE(merkle_is_consistent(0, &empty, 5, &root, &proof));
	EXPECT_FALSE(merkle_is_consistent(0, &root, 5, &root, &proof));
	proof.count = 1;
	EXPECT_FALSE(merkle_is_consistent(0, &empty, 5, &root, &proof));
}

TEST_HARNESS_MAIN
