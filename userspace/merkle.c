// SPDX-License-Identifier: GPL-2.0-only
/*
 * SHA256_Init() and its kin, which OpenSSL 3.0 would rather see replaced: an
 * EVP digest costs as much again as hashing a node does, even with a context that is
 * used again, and a log is hashed by the million.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <string.h>

#include <openssl/sha.h>

#include "merkle.h"

bool merkle_equal(const struct merkle_hash *one, const struct merkle_hash *other)
{
	return !memcmp(one->bytes, other->bytes, MERKLE_HASH_SIZE);
}

void merkle_leaf(const void *data, size_t size, struct merkle_hash *hash)
{
	SHA256_CTX context;

	SHA256_Init(&context);
	SHA256_Update(&context, "\x00", 1);
	SHA256_Update(&context, data, size);
	SHA256_Final(hash->bytes, &context);
}

void merkle_node(const struct merkle_hash *left, const struct merkle_hash *right,
		 struct merkle_hash *hash)
{
	unsigned char both[1 + 2 * MERKLE_HASH_SIZE] = { 1 };
	SHA256_CTX context;

	memcpy(both + 1, left->bytes, MERKLE_HASH_SIZE);
	memcpy(both + 1 + MERKLE_HASH_SIZE, right->bytes, MERKLE_HASH_SIZE);
	SHA256_Init(&context);
	SHA256_Update(&context, both, sizeof(both));
	SHA256_Final(hash->bytes, &context);
}

void merkle_empty(struct merkle_hash *hash)
{
	SHA256_CTX context;

	SHA256_Init(&context);
	SHA256_Final(hash->bytes, &context);
}

/* A hash without a neighbour goes up as it is: that is how section 2.1 parts a tree. */
void merkle_fold(struct merkle_hash *hashes, size_t count, struct merkle_hash *root)
{
	for (; count > 1; count = (count + 1) / 2) {
		for (size_t i = 0; i + 1 < count; i += 2)
			merkle_node(&hashes[i], &hashes[i + 1], &hashes[i / 2]);
		if (count % 2)
			hashes[count / 2] = hashes[count - 1];
	}
	*root = hashes[0];
}

uint64_t merkle_split(uint64_t n)
{
	return 1ull << (63 - __builtin_clzll(n - 1));
}
