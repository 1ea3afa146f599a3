// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base64.h"
#include "cleanup.h"
#include "note.h"

#define DASH "\xe2\x80\x94 " /* an em dash and a space begin the line of a signature */
#define ID_SIZE 4
#define TIME_SIZE 8
/* Others can be of types that are longer than ours. */
#define BLOB_MAX 8192

struct line {
	const char *name;
	size_t name_size;
	unsigned char blob[BLOB_MAX]; /* what is behind the id */
	size_t blob_size;
	uint32_t id;
};

/* --- reading --------------------------------------------------------------- */

static bool is_text(const char *data, size_t size)
{
	cleanup(free_json) json_t *string = json_stringn(data, size);

	for (size_t i = 0; i < size; i++)
		if ((unsigned char)data[i] < ' ' && data[i] != '\n')
			return false;
	return string; /* jansson takes UTF-8 alone */
}

static uint32_t number32(const unsigned char bytes[ID_SIZE])
{
	return (uint32_t)bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3];
}

/* The next line of @rest, which is not empty; false if it is no signature. */
static bool line_next(struct line *line, const char **rest, const char *end)
{
	const char *newline = memchr(*rest, '\n', end - *rest), *space;
	unsigned char bytes[ID_SIZE + BLOB_MAX];
	int size;

	if (!newline || newline - *rest < (ptrdiff_t)strlen(DASH) ||
	    memcmp(*rest, DASH, strlen(DASH)))
		return false;
	line->name = *rest + strlen(DASH);
	space = memchr(line->name, ' ', newline - line->name);
	if (!space || space == line->name)
		return false;
	line->name_size = space - line->name;
	size = base64_decode(space + 1, newline - space - 1, bytes, sizeof(bytes));
	if (size <= ID_SIZE || memchr(line->name, '+', line->name_size))
		return false;
	line->id = number32(bytes);
	line->blob_size = size - ID_SIZE;
	memcpy(line->blob, bytes + ID_SIZE, line->blob_size);
	*rest = newline + 1;
	return true;
}

/* The text ends where the last empty line begins. */
static const char *separator(const char *data, size_t size)
{
	for (size_t i = size; i-- > 1;)
		if (data[i] == '\n' && data[i - 1] == '\n')
			return data + i;
	return NULL;
}

int note_parse(struct note *note, const char *data, size_t size, struct fault *fault)
{
	const char *blank = separator(data, size), *rest, *end = data + size;
	struct line line;
	int count = 0;

	if (size > NOTE_SIZE_MAX)
		return fault_set(fault, -EBADMSG, "it is longer than %d bytes", NOTE_SIZE_MAX);
	if (!is_text(data, size) || !blank)
		return fault_set(fault, -EBADMSG, "it is no signed note");
	for (rest = blank + 1; rest < end; count++)
		if (count == NOTE_SIGNATURES_MAX || !line_next(&line, &rest, end))
			return fault_set(fault, -EBADMSG, "signature %d of it is malformed",
					 count + 1);
	if (!count)
		return fault_set(fault, -EBADMSG, "nobody has signed it");
	*note = (struct note){ data, blank - data, blank + 1, end - blank - 1 };
	return 0;
}

/* --- checking -------------------------------------------------------------- */

static bool is_of(const struct line *line, const struct note_key *key)
{
	return line->id == key->id && line->name_size == strlen(key->name) &&
	       !memcmp(line->name, key->name, line->name_size);
}

/* What a witness signs. The caller frees @ret. */
static int cosigned(const char *text, size_t size, uint64_t timestamp, char **ret)
{
	int length = asprintf(ret, "cosignature/v1\ntime %" PRIu64 "\n%.*s", timestamp, (int)size,
			      text);

	return length < 0 ? -ENOMEM : length;
}

static int witness_check(const struct note *note, const struct line *line,
			 const struct note_key *key, uint64_t *timestamp)
{
	cleanup(free_memory) char *message = NULL;
	uint64_t when = 0;
	int length;

	if (line->blob_size != TIME_SIZE + NOTE_SIGNATURE_SIZE)
		return -EBADMSG;
	for (int i = 0; i < TIME_SIZE; i++)
		when = when << 8 | line->blob[i];
	length = cosigned(note->text, note->text_size, when, &message);
	if (length < 0)
		return length;
	if (when > INT64_MAX || !note_key_holds(key, message, length, line->blob + TIME_SIZE))
		return -EBADMSG;
	if (timestamp)
		*timestamp = when;
	return 0;
}

static int line_check(const struct note *note, const struct line *line, const struct note_key *key,
		      uint64_t *timestamp)
{
	if (key->type == NOTE_KEY_WITNESS)
		return witness_check(note, line, key, timestamp);
	if (line->blob_size != NOTE_SIGNATURE_SIZE ||
	    !note_key_holds(key, note->text, note->text_size, line->blob))
		return -EBADMSG;
	return 0;
}

int note_check(const struct note *note, const struct note_key *key, uint64_t *timestamp)
{
	const char *rest = note->signatures, *end = rest + note->signatures_size;
	struct line line;
	int err = -ENOKEY;

	while (rest < end && line_next(&line, &rest, end)) {
		if (!is_of(&line, key))
			continue;
		err = line_check(note, &line, key, timestamp);
		if (err)
			break;
	}
	return err;
}

void note_signers(const struct note *note, char *text, size_t size)
{
	const char *rest = note->signatures, *end = rest + note->signatures_size;
	struct line line;
	size_t used = 0;

	text[0] = '\0';
	while (rest < end && used < size && line_next(&line, &rest, end))
		used += snprintf(text + used, size - used, "%s%.*s (%08" PRIx32 ")",
				 used ? ", " : "", (int)line.name_size, line.name, line.id);
}

/* --- signing --------------------------------------------------------------- */

static void big_endian(unsigned char *bytes, size_t size, uint64_t number)
{
	for (size_t i = size; i-- > 0; number >>= 8)
		bytes[i] = number;
}

int note_sign(const char *text, size_t size, const struct note_key *key, uint64_t timestamp,
	      char line[NOTE_LINE_MAX])
{
	unsigned char blob[ID_SIZE + TIME_SIZE + NOTE_SIGNATURE_SIZE];
	char encoded[BASE64_SIZE(sizeof(blob))];
	cleanup(free_memory) char *message = NULL;
	size_t used = ID_SIZE;
	int err;

	big_endian(blob, ID_SIZE, key->id);
	if (key->type == NOTE_KEY_WITNESS) {
		int length = cosigned(text, size, timestamp, &message);

		if (length < 0)
			return length;
		big_endian(blob + used, TIME_SIZE, timestamp);
		used += TIME_SIZE;
		text = message;
		size = length;
	}
	err = note_key_sign(key, text, size, blob + used);
	if (err)
		return err;
	base64_encode(blob, used + NOTE_SIGNATURE_SIZE, encoded);
	snprintf(line, NOTE_LINE_MAX, DASH "%s %s\n", key->name, encoded);
	return 0;
}
