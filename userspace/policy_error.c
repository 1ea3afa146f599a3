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

static const char *const severity_names[] = {
	[POLICY_ERROR] = "error",
	[POLICY_WARNING] = "warning",
};

_Static_assert(sizeof(severity_names) / sizeof(*severity_names) == POLICY_SEVERITIES,
	       "each severity has a name");

const char *policy_severity_name(enum policy_severity severity)
{
	return severity_names[severity];
}

__attribute__((format(printf, 3, 0)))
static void error_write(struct policy_error *error, const struct policy_place *place,
			const char *format, va_list args)
{
	*error = (struct policy_error){};
	if (place) {
		error->file = place->file;
		error->line = place->line;
		error->column = place->column;
	}
	if (vsnprintf(error->text, sizeof(error->text), format, args) >= (int)sizeof(error->text))
		error->text[character_start(error->text, sizeof(error->text) - 2)] = 0;
}

/* The last warning, for an error that finds no other place; or NULL. */
static struct policy_error *warning_last(struct policy_errors *errors)
{
	for (size_t i = errors->count; i--;)
		if (errors->list[i].severity == POLICY_WARNING)
			return &errors->list[i];
	return NULL;
}

int policy_error_addv(struct policy_errors *errors, const struct policy_place *place,
		      const char *format, va_list args)
{
	struct policy_error *error;

	if (errors->count < POLICY_ERRORS_MAX) {
		error = &errors->list[errors->count++];
	} else {
		errors->more = true;
		error = warning_last(errors);
	}
	if (!error)
		return -E2BIG;
	error_write(error, place, format, args);
	return 0;
}

void policy_warning_add(struct policy_errors *errors, const struct policy_place *place,
			const char *format, ...)
{
	struct policy_error *error = &errors->list[errors->count];
	va_list args;

	if (errors->count == POLICY_ERRORS_MAX) {
		errors->more = true;
		return;
	}
	va_start(args, format);
	error_write(error, place, format, args);
	va_end(args);
	error->severity = POLICY_WARNING;
	errors->count++;
}

bool policy_errors_found(const struct policy_errors *errors)
{
	for (size_t i = 0; i < errors->count; i++)
		if (errors->list[i].severity == POLICY_ERROR)
			return true;
	return false;
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

int policy_error_expected(struct policy_errors *errors, const struct policy_place *place,
			  const char *found, const char *expected, const char *meant)
{
	char quoted[POLICY_QUOTE_MAX], near[POLICY_QUOTE_MAX] = "";

	return policy_error_add(errors, place, "found '%s', expected %s%s%s%s",
				policy_quote(found, quoted), expected,
				meant ? "; did you mean '" : "",
				meant ? policy_quote(meant, near) : "", meant ? "'?" : "");
}

int policy_error_work(struct policy_errors *errors, int err)
{
	if (!policy_errors_found(errors))
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

