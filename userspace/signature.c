// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "signature.h"

#define HASH_SIZE 64
#define UNTRUSTED "untrusted comment: "
#define TRUSTED "trusted comment: "

static const char *const algorithm_names[] = {
	[SIGNATURE_WHOLE] = "Ed",
	[SIGNATURE_HASHED] = "ED",
};

_Static_assert(sizeof(algorithm_names) / sizeof(*algorithm_names) == SIGNATURE_ALGORITHMS,
	       "each algorithm has a name");

/* --- lines ---------------------------------------------------------------- */

struct lines {
	const char *text;
	size_t left;
};

struct line {
	const char *text;
	size_t size;
};

/* Without its end, which may be that of DOS. False: there is no more. */
static bool line_next(struct lines *lines, struct line *line)
{
	const char *end = memchr(lines->text, '\n', lines->left);
	size_t size = end ? (size_t)(end - lines->text) : lines->left;

	if (!lines->left)
		return false;
	*line = (struct line){ lines->text, size };
	if (size && line->text[size - 1] == '\r')
		line->size--;
	size += !!end;
	lines->text += size;
	lines->left -= size;
	return true;
}

/* The rest of a line that starts with @word. */
static bool line_rest(struct lines *lines, const char *word, struct line *rest)
{
	size_t length = strlen(word);

	if (!line_next(lines, rest) || rest->size < length || memcmp(rest->text, word, length))
		return false;
	rest->text += length;
	rest->size -= length;
	return true;
}

static bool is_base64(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		char c = text[i];

		if ((c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && (c < '0' || c > '9') &&
		    c != '+' && c != '/')
			return false;
	}
	return true;
}

#define BASE64_MAX 104

/* A line that is the base64 (RFC 4648) of exactly @size bytes. */
static bool line_bytes(struct lines *lines, void *bytes, size_t size)
{
	size_t padding = (3 - size % 3) % 3, length = (size + padding) / 3 * 4;
	__u8 decoded[BASE64_MAX];
	struct line line;

	if (!line_next(lines, &line) || line.size != length || length > sizeof(decoded) ||
	    !is_base64(line.text, length - padding) ||
	    memcmp(line.text + length - padding, "==", padding) ||
	    EVP_DecodeBlock(decoded, (const __u8 *)line.text, length) < (int)size)
		return false;
	memcpy(bytes, decoded, size);
	return true;
}

/* --- files ---------------------------------------------------------------- */

static int algorithm_find(const char name[2])
{
	for (int i = 0; i < SIGNATURE_ALGORITHMS; i++)
		if (!memcmp(algorithm_names[i], name, 2))
			return i;
	return -ENOENT;
}

static bool signature_line(struct lines *lines, struct signature *signature)
{
	struct __attribute__((packed)) {
		char algorithm[2];
		__u8 key_id[SIGNATURE_KEY_ID_SIZE];
		__u8 bytes[64];
	} raw;
	int algorithm;

	if (!line_bytes(lines, &raw, sizeof(raw)))
		return false;
	algorithm = algorithm_find(raw.algorithm);
	if (algorithm < 0)
		return false;
	signature->algorithm = algorithm;
	memcpy(signature->key_id, raw.key_id, sizeof(raw.key_id));
	memcpy(signature->bytes, raw.bytes, sizeof(raw.bytes));
	return true;
}

static bool comment_line(struct lines *lines, struct signature *signature)
{
	struct line comment;

	if (!line_rest(lines, TRUSTED, &comment) || comment.size > sizeof(signature->comment))
		return false;
	memcpy(signature->comment, comment.text, comment.size);
	signature->comment_size = comment.size;
	return true;
}

unsigned int signature_parse(const char *text, size_t size, struct signature *ret)
{
	struct lines lines = { text, size };
	struct signature signature = {};
	struct line untrusted;

	if (!line_rest(&lines, UNTRUSTED, &untrusted))
		return 1;
	if (!signature_line(&lines, &signature))
		return 2;
	if (!comment_line(&lines, &signature))
		return 3;
	if (!line_bytes(&lines, signature.comment_bytes, sizeof(signature.comment_bytes)) ||
	    lines.left)
		return 4;
	*ret = signature;
	return 0;
}

unsigned int public_key_parse(const char *text, size_t size, struct public_key *ret)
{
	struct lines lines = { text, size };
	struct line untrusted;
	struct __attribute__((packed)) {
		char algorithm[2];
		struct public_key key;
	} raw;

	if (!line_rest(&lines, UNTRUSTED, &untrusted))
		return 1;
	if (!line_bytes(&lines, &raw, sizeof(raw)) || lines.left ||
	    memcmp(raw.algorithm, algorithm_names[SIGNATURE_WHOLE], sizeof(raw.algorithm)))
		return 2;
	*ret = raw.key;
	return 0;
}

const char *signature_expected(unsigned int line)
{
	static const char *const expected[] = {
		"'" UNTRUSTED "...'", "an Ed25519 signature in base64", "'" TRUSTED "...'",
		"the signature of the trusted comment in base64, and nothing after it",
	};

	return expected[line - 1];
}

const char *public_key_expected(unsigned int line)
{
	return line == 1 ? "'" UNTRUSTED "...'" :
			   "an Ed25519 public key in base64, and nothing after it";
}

/* --- cryptography ---------------------------------------------------------- */

static int ed25519_verify(const struct public_key *key, const __u8 signature[64], const void *data,
			  size_t size)
{
	EVP_PKEY *public = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key->key,
						       sizeof(key->key));
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	int err = -EIO;

	if (public && context && EVP_DigestVerifyInit(context, NULL, NULL, NULL, public) == 1)
		err = EVP_DigestVerify(context, signature, 64, data, size) == 1 ? 0 :
										  -EKEYREJECTED;
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(public);
	return err;
}

static int data_verify(const struct signature *signature, const struct public_key *key,
		       const void *data, size_t size)
{
	__u8 hash[HASH_SIZE];

	if (signature->algorithm == SIGNATURE_WHOLE)
		return ed25519_verify(key, signature->bytes, data, size);
	if (!EVP_Digest(data, size, hash, NULL, EVP_blake2b512(), NULL))
		return -EIO;
	return ed25519_verify(key, signature->bytes, hash, sizeof(hash));
}

static int comment_verify(const struct signature *signature, const struct public_key *key)
{
	__u8 signed_bytes[sizeof(signature->bytes) + SIGNATURE_COMMENT_MAX];

	memcpy(signed_bytes, signature->bytes, sizeof(signature->bytes));
	memcpy(signed_bytes + sizeof(signature->bytes), signature->comment,
	       signature->comment_size);
	return ed25519_verify(key, signature->comment_bytes, signed_bytes,
			      sizeof(signature->bytes) + signature->comment_size);
}

int signature_verify(const struct signature *signature, const struct public_key *key,
		     const void *data, size_t size)
{
	int err;

	if (signature->algorithm >= SIGNATURE_ALGORITHMS ||
	    signature->comment_size > sizeof(signature->comment))
		return -EKEYREJECTED;
	if (memcmp(signature->key_id, key->id, sizeof(key->id)))
		return -ENOKEY;
	err = data_verify(signature, key, data, size);
	return err ? err : comment_verify(signature, key);
}

/* A little-endian number. */
const char *signature_key_id_text(const __u8 id[SIGNATURE_KEY_ID_SIZE],
				  char text[SIGNATURE_KEY_ID_TEXT_SIZE])
{
	for (int i = 0; i < SIGNATURE_KEY_ID_SIZE; i++)
		sprintf(text + 2 * i, "%02X", id[SIGNATURE_KEY_ID_SIZE - 1 - i]);
	return text;
}
