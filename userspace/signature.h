/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Signatures and public keys as minisign(1) and OpenBSD's signify(1) write them: Ed25519
 * (RFC 8032), in text of four and two lines. The format:
 * https://jedisct1.github.io/minisign/#signature-format
 */
#ifndef DOMICILE_SIGNATURE_H
#define DOMICILE_SIGNATURE_H

#include "policy.h"

#define SIGNATURE_FILE_SIZE_MAX 16384
#define SIGNATURE_KEY_ID_SIZE POLICY_KEY_ID_SIZE
#define SIGNATURE_COMMENT_MAX 8192 /* as long as minisign takes them */

struct public_key {
	__u8 id[SIGNATURE_KEY_ID_SIZE];
	__u8 key[32];
};

enum signature_algorithm {
	SIGNATURE_WHOLE, /* "Ed", of the bytes themselves */
	SIGNATURE_HASHED, /* "ED", of their BLAKE2b-512 */
	SIGNATURE_ALGORITHMS,
};

struct signature {
	__u32 algorithm; /* enum signature_algorithm */
	__u8 key_id[SIGNATURE_KEY_ID_SIZE];
	__u8 bytes[64];
	__u8 comment_bytes[64]; /* signs @bytes and the trusted comment */
	__u32 comment_size;
	char comment[SIGNATURE_COMMENT_MAX]; /* trusted once it is verified; not terminated */
};

/*
 * Of the text of a file. 0, or the line that is wrong, see signature_expected(): the last
 * if there are more. Nothing in the text needs to be trusted.
 */
unsigned int signature_parse(const char *text, size_t size, struct signature *ret);
unsigned int public_key_parse(const char *text, size_t size, struct public_key *ret);

/* What a line of a signature, or of a public key, has to be. */
const char *signature_expected(unsigned int line);
const char *public_key_expected(unsigned int line);

/*
 * Is it @key's signature of @data, and of its comment? 0, -ENOKEY when it is that of
 * another key, -EKEYREJECTED, or -EIO.
 */
int signature_verify(const struct signature *signature, const struct public_key *key,
		     const void *data, size_t size);

#define SIGNATURE_KEY_ID_TEXT_SIZE 17
/* Returns @text: the key's number as minisign prints it. */
const char *signature_key_id_text(const __u8 id[SIGNATURE_KEY_ID_SIZE],
				  char text[SIGNATURE_KEY_ID_TEXT_SIZE]);

#endif /* DOMICILE_SIGNATURE_H */
