// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base64.h"
#include "note_key.h"

#define SECRET_PREFIX "PRIVATE+KEY+"
#define TYPED_SIZE (1 + NOTE_KEY_SIZE)

bool note_name_is_valid(const char *name)
{
	size_t length = strlen(name);

	for (const unsigned char *c = (const void *)name; *c; c++)
		if (*c <= ' ' || *c == '+' || *c == 0x7f)
			return false;
	return length > 0 && length < NOTE_NAME_MAX;
}

/* --- OpenSSL --------------------------------------------------------------- */

static EVP_PKEY *pkey_of(const struct note_key *key)
{
	if (key->can_sign)
		return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, key->seed,
						    NOTE_KEY_SIZE);
	return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key->public, NOTE_KEY_SIZE);
}

int note_key_sign(const struct note_key *key, const void *data, size_t size,
		  unsigned char signature[NOTE_SIGNATURE_SIZE])
{
	size_t length = NOTE_SIGNATURE_SIZE;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	EVP_PKEY *pkey = pkey_of(key);
	bool done = context && pkey && key->can_sign &&
		    EVP_DigestSignInit(context, NULL, NULL, NULL, pkey) == 1 &&
		    EVP_DigestSign(context, signature, &length, data, size) == 1;

	EVP_MD_CTX_free(context);
	EVP_PKEY_free(pkey);
	return done ? 0 : -EIO;
}

bool note_key_holds(const struct note_key *key, const void *data, size_t size,
		    const unsigned char signature[NOTE_SIGNATURE_SIZE])
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	EVP_PKEY *pkey = pkey_of(key);
	bool holds = context && pkey &&
		     EVP_DigestVerifyInit(context, NULL, NULL, NULL, pkey) == 1 &&
		     EVP_DigestVerify(context, signature, NOTE_SIGNATURE_SIZE, data, size) == 1;

	EVP_MD_CTX_free(context);
	EVP_PKEY_free(pkey);
	return holds;
}

static int public_of_seed(struct note_key *key)
{
	size_t length = NOTE_KEY_SIZE;
	EVP_PKEY *pkey = pkey_of(key);
	bool done = pkey && EVP_PKEY_get_raw_public_key(pkey, key->public, &length) == 1;

	EVP_PKEY_free(pkey);
	return done ? 0 : -EIO;
}

static uint32_t id_of(const struct note_key *key)
{
	unsigned char data[NOTE_NAME_MAX + 1 + TYPED_SIZE], digest[EVP_MAX_MD_SIZE];
	size_t length = strlen(key->name);

	memcpy(data, key->name, length);
	data[length++] = '\n';
	data[length++] = key->type;
	memcpy(data + length, key->public, NOTE_KEY_SIZE);
	if (EVP_Digest(data, length + NOTE_KEY_SIZE, digest, NULL, EVP_sha256(), NULL) != 1)
		return 0;
	return (uint32_t)digest[0] << 24 | digest[1] << 16 | digest[2] << 8 | digest[3];
}

int note_key_make(struct note_key *key, const char *name)
{
	*key = (struct note_key){ .type = NOTE_KEY_LOG, .can_sign = true };
	if (!note_name_is_valid(name))
		return -EINVAL;
	strcpy(key->name, name);
	if (RAND_bytes(key->seed, NOTE_KEY_SIZE) != 1 || public_of_seed(key))
		return -EIO;
	key->id = id_of(key);
	return 0;
}

void note_key_forget(struct note_key *key)
{
	OPENSSL_cleanse(key->seed, sizeof(key->seed));
	key->can_sign = false;
}

/* --- text ------------------------------------------------------------------ */

static const char *format(const struct note_key *key, const char *prefix,
			  const unsigned char *material, char text[NOTE_KEY_TEXT_MAX])
{
	unsigned char typed[TYPED_SIZE] = { key->type };
	char encoded[BASE64_SIZE(TYPED_SIZE)];

	memcpy(typed + 1, material, NOTE_KEY_SIZE);
	base64_encode(typed, sizeof(typed), encoded);
	snprintf(text, NOTE_KEY_TEXT_MAX, "%s%s+%08" PRIx32 "+%s", prefix, key->name, key->id,
		 encoded);
	OPENSSL_cleanse(typed, sizeof(typed));
	OPENSSL_cleanse(encoded, sizeof(encoded));
	return text;
}

const char *note_key_text(const struct note_key *key, char text[NOTE_KEY_TEXT_MAX])
{
	return format(key, "", key->public, text);
}

const char *note_key_secret(const struct note_key *key, char text[NOTE_KEY_TEXT_MAX])
{
	return format(key, SECRET_PREFIX, key->seed, text);
}

/* NAME+ID+BASE64, of which BASE64 can hold a '+', too. */
static int parts_parse(struct note_key *key, const char *text, unsigned char typed[TYPED_SIZE])
{
	const char *plus = strchr(text, '+');
	size_t name = plus ? (size_t)(plus - text) : 0, rest;

	if (!plus || name >= NOTE_NAME_MAX || strspn(plus + 1, "0123456789abcdefABCDEF") != 8 ||
	    plus[9] != '+')
		return -EINVAL;
	memcpy(key->name, text, name);
	key->name[name] = '\0';
	key->id = strtoul(plus + 1, NULL, 16);
	rest = strcspn(plus + 10, "\r\n");
	if (!note_name_is_valid(key->name) || plus[10 + rest + strspn(plus + 10 + rest, "\r\n")])
		return -EINVAL;
	return base64_decode(plus + 10, rest, typed, TYPED_SIZE) == TYPED_SIZE ? 0 : -EINVAL;
}

int note_key_parse(struct note_key *key, const char *text, struct fault *fault)
{
	bool is_secret = !strncmp(text, SECRET_PREFIX, strlen(SECRET_PREFIX));
	unsigned char typed[TYPED_SIZE];

	*key = (struct note_key){ .can_sign = is_secret };
	if (parts_parse(key, text + (is_secret ? strlen(SECRET_PREFIX) : 0), typed))
		return fault_set(fault, -EINVAL, "it is no key (expected NAME+ID+BASE64)");
	key->type = typed[0];
	if (key->type != NOTE_KEY_LOG && key->type != NOTE_KEY_WITNESS)
		return fault_set(fault, -EINVAL, "a key of type %u is not known (1: Ed25519, 4: "
				 "Ed25519 of a witness)", typed[0]);
	memcpy(is_secret ? key->seed : key->public, typed + 1, NOTE_KEY_SIZE);
	OPENSSL_cleanse(typed, sizeof(typed));
	if (is_secret && public_of_seed(key))
		return fault_set(fault, -EINVAL, "the key cannot be used");
	if (key->id != id_of(key))
		return fault_set(fault, -EINVAL, "the key does not have the id %08" PRIx32 " that "
				 "stands in it (was it cut, or changed?)", key->id);
	return 0;
}
