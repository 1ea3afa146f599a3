/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keys of signed notes (c2sp.org/signed-note), Ed25519 (RFC 8032), as text:
 *	NAME+ID+BASE64			who checks: a type byte and the public key
 *	PRIVATE+KEY+NAME+ID+BASE64	who signs: a type byte and the seed
 * ID is eight hexadecimal digits: the first four bytes of
 * SHA-256(NAME || "\n" || type || public key).
 */
#ifndef DOMICILE_NOTE_KEY_H
#define DOMICILE_NOTE_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fault.h"

#define NOTE_NAME_MAX 256 /* with the NUL */
#define NOTE_KEY_SIZE 32
#define NOTE_SIGNATURE_SIZE 64
#define NOTE_KEY_TEXT_MAX (NOTE_NAME_MAX + 80)

enum note_key_type {
	NOTE_KEY_LOG = 0x01,
	NOTE_KEY_WITNESS = 0x04, /* timestamped, c2sp.org/tlog-cosignature */
};

struct note_key {
	char name[NOTE_NAME_MAX];
	uint32_t id;
	enum note_key_type type;
	unsigned char public[NOTE_KEY_SIZE];
	unsigned char seed[NOTE_KEY_SIZE]; /* if can_sign */
	bool can_sign;
};

struct note_keys {
	struct note_key *keys; /* owned */
	size_t count;
};

/* Not empty, no blanks, no control characters, no '+', short enough. */
bool note_name_is_valid(const char *name);

/* A new log key. -EINVAL for the name, -EIO if there is no randomness. */
int note_key_make(struct note_key *key, const char *name);

/* Reads both forms; ends of lines after it are forgiven. -EINVAL, with @fault. */
int note_key_parse(struct note_key *key, const char *text, struct fault *fault);

/* The form for who checks. */
const char *note_key_text(const struct note_key *key, char text[NOTE_KEY_TEXT_MAX]);
/* The form for who signs. */
const char *note_key_secret(const struct note_key *key, char text[NOTE_KEY_TEXT_MAX]);

/* A file with one key. Negative errno, with @fault. */
int note_key_read(struct note_key *key, const char *path, struct fault *fault);
/* A file with a key a line, and lines that begin with #. Free with note_keys_free(). */
int note_keys_read(struct note_keys *keys, const char *path, struct fault *fault);
void note_keys_free(struct note_keys *keys);

/* Creates @path, mode 0600, which must not exist, on disk when it returns. */
int note_key_write(const struct note_key *key, const char *path, struct fault *fault);

int note_key_sign(const struct note_key *key, const void *data, size_t size,
		  unsigned char signature[NOTE_SIGNATURE_SIZE]);
bool note_key_holds(const struct note_key *key, const void *data, size_t size,
		    const unsigned char signature[NOTE_SIGNATURE_SIZE]);

/* Overwrites the seed. */
void note_key_forget(struct note_key *key);

#endif /* DOMICILE_NOTE_KEY_H */
