// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "policy_error.h"

/* Where the UTF-8 character starts that has a byte at @cut. */
static size_t character_start(const char *text, size_t cut)
{
	while (cut && ((unsigned char)text[cut] & 0xc0) == 0x80)
		cut--;
	return cut;
}

int policy_error_addv(struct policy_errors *errors, const struct policy_place *place,
		      const char *format, va_list args)
{
	struct policy_error *error = &errors->list[errors->count];

	if (errors->count == POLICY_ERRORS_MAX) {
		errors->more = true;
		return -E2BIG;
	}
	*error = (struct policy_error){};
	if (place) {
		error->file = place->file;
		error->line = place->line;
		error->column = place->column;
	}
	if (vsnprintf(error->text, sizeof(error->text), format, args) >= (int)sizeof(error->text))
		error->text[character_start(error->text, sizeof(error->text) - 2)] = 0;
	errors->count++;
	return 0;
}

int policy_error_add(struct policy_errors *errors, const struct policy_place *place,
		     const char *format, ...)
{
	va_list args;
	int err;

	va_start(args, format);
	err = policy_error_addv(errors, place, format, args);
	va_end(args);
	return err;
}

int policy_error_work(struct policy_errors *errors, int err)
{
	if (!errors->count)
		policy_error_add(errors, NULL, "the policy cannot be compiled: %s",
				 strerror(-err));
	return err;
}

/* C0, DEL, and C1 as UTF-8 writes it: those that can drive a terminal. */
static bool control_at(const char *text, size_t size)
{
	const unsigned char *byte = (const unsigned char *)text;

	return *byte < 0x20 || *byte == 0x7f ||
	       (*byte == 0xc2 && size > 1 && byte[1] >= 0x80 && byte[1] < 0xa0);
}

ptrdiff_t policy_control_find(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (control_at(text + i, size - i))
			return i;
	return -1;
}

const char *policy_quote(const char *text, char quoted[POLICY_QUOTE_MAX])
{
	size_t size = strlen(text), cut = size;

	if (size >= POLICY_QUOTE_MAX)
		cut = character_start(text, POLICY_QUOTE_MAX - sizeof("..."));
	memcpy(quoted, text, cut);
	strcpy(quoted + cut, cut < size ? "..." : "");
	for (size_t i = 0; i < cut; i++) {
		if (control_at(quoted + i, cut - i)) {
			if (quoted[i] == '\xc2')
				quoted[i + 1] = '?';
			quoted[i] = '?';
		}
	}
	return quoted;
}

void policy_errors_print(const struct policy_errors *errors, FILE *file)
{
	for (size_t i = 0; i < errors->count; i++) {
		const struct policy_error *error = &errors->list[i];

		if (error->file)
			fprintf(file, "%s:", error->file);
		if (error->line)
			fprintf(file, "%u:%u:", error->line, error->column);
		fprintf(file, "%s%s\n", error->file ? " " : "", error->text);
	}
	if (errors->more)
		fprintf(file, "there are more errors; correct these first\n");
}

/* JSON null for what is not UTF-8, or not known. */
static json_t *json_text(const char *text)
{
	json_t *json = text ? json_string(text) : NULL;

	return json ? json : json_null();
}

json_t *policy_errors_json(const struct policy_errors *errors)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < errors->count; i++) {
		const struct policy_error *error = &errors->list[i];
		json_t *json = json_pack("{s:o, s:i, s:i, s:o}", "file", json_text(error->file),
					 "line", error->line, "column", error->column, "text",
					 json_text(error->text));

		if (json_array_append_new(array, json)) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}
