/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fields of a record under the names of another format: a table says which goes where,
 * and what no table knows goes along under its own name, so that nothing is left out.
 *
 * A path names a value in nested objects: "process.cgroup.path".
 */
#ifndef DOMICILE_EXPORT_FIELD_H
#define DOMICILE_EXPORT_FIELD_H

#include <stdbool.h>

#include <jansson.h>

enum export_as {
	EXPORT_AS_IS,
	EXPORT_AS_TEXT, /* a number as a string */
	EXPORT_AS_MS, /* a time as milliseconds since 1970 */
	EXPORT_AS_NAME, /* of a path, what follows the last slash */
};

struct export_field {
	const char *from, *to; /* paths; several fields can come from one */
	enum export_as as;
};

/* NULL: there is none, or it is null. Owned by @object. */
json_t *export_get(const json_t *object, const char *path);
const char *export_get_text(const json_t *object, const char *path);

/* Takes @value over; makes what is missing on the way. Does nothing if @value is NULL. */
int export_set(json_t *object, const char *path, json_t *value);
int export_set_text(json_t *object, const char *path, const char *value);

/*
 * Copies what @table, which ends with { 0 }, names from @from to @to, and takes it out
 * of @rest: a copy of @from, of which that remains which no table knew.
 */
int export_map(json_t *to, const json_t *from, json_t *rest, const struct export_field *table);

/* Takes nulls and empty objects and arrays out. */
void export_prune(json_t *object);

/*
 * Calls @visit for every string, number and boolean in @object, and for each in an array, or
 * for @arrays as a whole, until it returns other than 0, which is returned. @path: words
 * parted by @separator.
 */
int export_flatten(const json_t *object, char separator, bool arrays,
		   int (*visit)(void *context, const char *path, const json_t *value),
		   void *context);

/* A string, number or boolean as text, in @room, which holds EXPORT_VALUE_SIZE, if need be. */
#define EXPORT_VALUE_SIZE 32
const char *export_value_text(const json_t *value, char room[EXPORT_VALUE_SIZE]);

#endif /* DOMICILE_EXPORT_FIELD_H */
