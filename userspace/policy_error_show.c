// SPDX-License-Identifier: GPL-2.0-only
/* Errors and warnings with the lines that they are about. */
#include <jansson.h>
#include <locale.h>
#include <string.h>
#include <wchar.h>

#include "policy_document.h"
#include "policy_error.h"

#define CONTEXT 40 /* characters of a long line that are shown before the column */

/* Where the search in a document has got to. */
struct cursor {
	const struct document *document;
	size_t offset; /* of the first byte of @line */
	unsigned int line;
};

/* Bytes of the line break at @text, as YAML 1.1 knows them; 0: there is none. */
static size_t break_size(const char *text, size_t left)
{
	if (*text == '\n')
		return 1;
	if (*text == '\r')
		return left > 1 && text[1] == '\n' ? 2 : 1;
	if (left > 1 && !memcmp(text, "\xc2\x85", 2))
		return 2;
	if (left > 2 && (!memcmp(text, "\xe2\x80\xa8", 3) || !memcmp(text, "\xe2\x80\xa9", 3)))
		return 3;
	return 0;
}

/* To the start of @line; errors are sorted, so it is further on. */
static void cursor_move(struct cursor *cursor, unsigned int line)
{
	const struct document *document = cursor->document;

	while (cursor->line < line && cursor->offset < document->size) {
		size_t size = break_size(document->text + cursor->offset,
					 document->size - cursor->offset);

		cursor->line += size > 0;
		cursor->offset += size ? size : 1;
	}
}

static size_t character_size(const char *text, size_t left)
{
	size_t size = 1;

	while (size < left && ((unsigned char)text[size] & 0xc0) == 0x80)
		size++;
	return size;
}

/* One character of a line as it can be shown. */
static size_t excerpt_add(char *to, size_t used, const char *text, size_t size)
{
	bool shown = size <= 4 && policy_control_find(text, size) < 0;

	if (*text == '\t')
		text = " ";
	else if (!shown)
		text = "?";
	size = shown ? size : 1;
	if (used + size >= POLICY_EXCERPT_MAX)
		return 0;
	memcpy(to + used, text, size);
	to[used + size] = 0;
	return size;
}

static void excerpt_make(struct policy_error *error, const char *text, size_t left)
{
	unsigned int first = error->column > 2 * CONTEXT ? error->column - CONTEXT : 1;
	size_t used = 0, added;

	for (unsigned int column = 1; left && !break_size(text, left); column++) {
		size_t size = character_size(text, left);

		if (column >= first) {
			added = excerpt_add(error->excerpt, used, text, size);
			if (!added)
				break;
			used += added;
		}
		text += size;
		left -= size;
	}
	error->excerpt_column = error->column - first + 1;
}

static void excerpt_place(struct policy_error *error, struct cursor *cursor,
			  const struct documents *documents)
{
	const struct document *document =
		documents_at(documents, documents_index(documents, error->file));
	size_t mark = document->size >= 3 && !memcmp(document->text, "\xef\xbb\xbf", 3) ? 3 : 0;

	if (document != cursor->document || error->line < cursor->line)
		*cursor = (struct cursor){ document, mark, 1 };
	cursor_move(cursor, error->line);
	if (cursor->line == error->line)
		excerpt_make(error, document->text + cursor->offset,
			     document->size - cursor->offset);
}

static bool error_before(const struct documents *documents, const struct policy_error *a,
			 const struct policy_error *b)
{
	size_t left = documents_index(documents, a->file);
	size_t right = documents_index(documents, b->file);

	if (!a->file || !b->file)
		return a->file && !b->file;
	if (left != right)
		return left < right;
	return a->line != b->line ? a->line < b->line : a->column < b->column;
}

void policy_errors_place(struct policy_errors *errors, const struct documents *documents)
{
	struct cursor cursor = {};

	if (!documents->count)
		return;
	for (size_t i = 1; i < errors->count; i++)
		for (size_t j = i; j && error_before(documents, &errors->list[j],
						     &errors->list[j - 1]); j--) {
			struct policy_error swap = errors->list[j];

			errors->list[j] = errors->list[j - 1];
			errors->list[j - 1] = swap;
		}
	for (size_t i = 0; i < errors->count; i++)
		if (errors->list[i].file && errors->list[i].line)
			excerpt_place(&errors->list[i], &cursor, documents);
}

/* Columns on the screen that the first @characters of UTF-8 @text take up. */
static size_t screen_width(const char *text, unsigned int characters)
{
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL), before;
	size_t width = 0, left = strlen(text), size;
	mbstate_t state = {};
	wchar_t wide;

	if (!utf8)
		return characters;
	before = uselocale(utf8);
	for (; characters && left; characters--, text += size, left -= size) {
		int columns = 1;

		size = mbrtowc(&wide, text, left, &state);
		if (size == 0 || size > left)
			size = 1;
		else
			columns = wcwidth(wide);
		width += columns > 0 ? columns : 0;
	}
	uselocale(before);
	freelocale(utf8);
	return width;
}

static void print_excerpt(const struct policy_error *error, FILE *file)
{
	size_t width = screen_width(error->excerpt, error->excerpt_column - 1);

	fprintf(file, "%5u | %s\n      | %*s^\n", error->line, error->excerpt, (int)width, "");
}

void policy_errors_print(const struct policy_errors *errors, FILE *file)
{
	for (size_t i = 0; i < errors->count; i++) {
		const struct policy_error *error = &errors->list[i];

		if (error->file)
			fprintf(file, "%s:", error->file);
		if (error->line)
			fprintf(file, "%u:%u:", error->line, error->column);
		fprintf(file, "%s%s%s\n", error->file ? " " : "",
			error->severity == POLICY_WARNING ? "warning: " : "", error->text);
		if (*error->excerpt)
			print_excerpt(error, file);
	}
	if (errors->more)
		fprintf(file, "there are more %s; correct these first\n",
			policy_errors_found(errors) ? "errors" : "warnings");
}

/* JSON null for what is not UTF-8, or not known. */
static json_t *json_text(const char *text)
{
	json_t *json = text ? json_string(text) : NULL;

	return json ? json : json_null();
}

json_t *policy_errors_json(const struct policy_errors *errors, enum policy_severity severity)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < errors->count; i++) {
		const struct policy_error *error = &errors->list[i];

		if (error->severity != severity)
			continue;
		if (json_array_append_new(array, json_pack(
			    "{s:o, s:i, s:i, s:o, s:o}", "file", json_text(error->file), "line",
			    error->line, "column", error->column, "text", json_text(error->text),
			    "excerpt", json_text(*error->excerpt ? error->excerpt : NULL)))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}
