// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "lines.h"
#include "policy_error.h"
#include "policy_valid.h"

static bool is_ascii(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}

static void refuse(struct lines *lines, const char *what)
{
	lines->err = policy_error_add(lines->errors, &lines->place, "%s", what);
}

/* Copies the line of @size bytes at @text; false if it is no text. */
static bool take(struct lines *lines, const char *text, size_t size)
{
	if (size && text[size - 1] == '\r')
		size--;
	if (size >= sizeof(lines->text)) {
		refuse(lines, "found a longer line than of 1023 bytes, expected a shorter one");
		return false;
	}
	memcpy(lines->text, text, size);
	lines->text[size] = 0;
	for (size_t i = 0; i < size; i++)
		if (lines->text[i] == '\t')
			lines->text[i] = ' ';
	if (strlen(lines->text) == size &&
	    (is_ascii(lines->text) || policy_text_valid(lines->text)))
		return true;
	refuse(lines, "found bytes that are no UTF-8 text, expected a line of text");
	return false;
}

static const char *byte_order_mark = "\xef\xbb\xbf";

bool lines_next(struct lines *lines)
{
	const struct document *document = lines->document;

	if (!lines->next && document->size >= 3 && !memcmp(document->text, byte_order_mark, 3))
		lines->next = 3;
	while (lines->next < document->size && !lines->err) {
		const char *text = document->text + lines->next;
		size_t left = document->size - lines->next;
		const char *end = memchr(text, '\n', left);
		size_t size = end ? (size_t)(end - text) : left;

		lines->next += size + 1;
		lines->place.line++;
		lines->place.column = 1;
		if (take(lines, text, size))
			return true;
	}
	return false;
}

char *lines_word(struct lines *lines)
{
	char *word = lines->text + strspn(lines->text, " ");
	size_t size = strcspn(word, "#");

	while (size && word[size - 1] == ' ')
		size--;
	word[size] = 0;
	lines->place.column = word - lines->text + 1;
	return word;
}

void lines_expected(struct lines *lines, const char *found, const char *expected,
		    const char *meant)
{
	lines->err = policy_error_expected(lines->errors, &lines->place, found, expected, meant);
}
