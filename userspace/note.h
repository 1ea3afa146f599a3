/* SPDX-License-Identifier: GPL-2.0-only */
/* Signed notes, c2sp.org/signed-note, and cosignatures, c2sp.org/tlog-cosignature. */
#ifndef DOMICILE_NOTE_H
#define DOMICILE_NOTE_H

#include <stddef.h>
#include <stdint.h>

#include "note_key.h"

#define NOTE_SIZE_MAX 65536
#define NOTE_SIGNATURES_MAX 100
/* Of a line of a log or a witness, with its newline and a NUL. */
#define NOTE_LINE_MAX (NOTE_NAME_MAX + 128)

/* Points into what note_parse() was given. */
struct note {
	const char *text; /* with its last newline */
	size_t text_size;
	const char *signatures; /* the lines */
	size_t signatures_size;
};

/* -EBADMSG, with @fault: it is no note. */
int note_parse(struct note *note, const char *data, size_t size, struct fault *fault);

/*
 * note_check - has @key signed it?
 * @timestamp: of a witness, seconds since 1970; may be NULL
 *
 * Return: 0; -ENOKEY if there is no line of the key, -EBADMSG if one does not hold.
 */
int note_check(const struct note *note, const struct note_key *key, uint64_t *timestamp);

/* The line by which @key signs @text. @timestamp counts for a witness only. */
int note_sign(const char *text, size_t size, const struct note_key *key, uint64_t timestamp,
	      char line[NOTE_LINE_MAX]);

/* The names of who signed, for a complaint: "one, two"; cut to fit. */
void note_signers(const struct note *note, char *text, size_t size);

#endif /* DOMICILE_NOTE_H */
