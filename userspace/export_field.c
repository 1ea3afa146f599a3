// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "export_field.h"
#include "moment.h"

#define NS_PER_MS 1000000

json_t *export_get(const json_t *object, const char *path)
{
	const json_t *value = object;

	while (value && *path) {
		size_t length = strcspn(path, ".");

		value = json_object_getn(value, path, length);
		path += length;
		path += *path == '.';
	}
	return json_is_null(value) ? NULL : (json_t *)value;
}

const char *export_get_text(const json_t *object, const char *path)
{
	return json_string_value(export_get(object, path));
}

int export_set(json_t *object, const char *path, json_t *value)
{
	const char *dot;

	if (!value)
		return 0;
	for (; (dot = strchr(path, '.')); path = dot + 1) {
		json_t *inner = json_object_getn(object, path, dot - path);

		if (!inner) {
			inner = json_object();
			json_object_setn_new(object, path, dot - path, inner);
		}
		object = inner;
	}
	return json_object_set_new(object, path, value) ? -ENOMEM : 0;
}

int export_set_text(json_t *object, const char *path, const char *value)
{
	return value ? export_set(object, path, json_string(value)) : 0;
}

static void take_out(json_t *object, const char *path)
{
	const char *dot = strrchr(path, '.');
	cleanup(free_memory) char *outer = dot ? strndup(path, dot - path) : NULL;

	json_object_del(outer ? export_get(object, outer) : object, dot ? dot + 1 : path);
}

static json_t *milliseconds(const json_t *value)
{
	const char *text = json_string_value(value);
	__u64 realtime;

	return text && !moment_parse(text, &realtime) ? json_integer(realtime / NS_PER_MS) : NULL;
}

/* NULL: it has no such form. */
static json_t *convert(json_t *value, enum export_as as)
{
	const char *text = json_string_value(value), *slash = text ? strrchr(text, '/') : NULL;
	char room[EXPORT_VALUE_SIZE];

	switch (as) {
	case EXPORT_AS_TEXT:
		return json_string(export_value_text(value, room));
	case EXPORT_AS_MS:
		return milliseconds(value);
	case EXPORT_AS_NAME:
		return json_string(slash && slash[1] ? slash + 1 : text);
	case EXPORT_AS_IS:
		break;
	}
	return json_deep_copy(value);
}

int export_map(json_t *to, const json_t *from, json_t *rest, const struct export_field *table)
{
	for (; table->from; table++) {
		json_t *value = export_get(from, table->from);
		json_t *converted = value ? convert(value, table->as) : NULL;
		int err;

		if (!converted)
			continue;
		err = export_set(to, table->to, converted);
		if (err)
			return err;
		take_out(rest, table->from);
	}
	return 0;
}

static bool is_empty(json_t *value)
{
	if (json_is_object(value)) {
		export_prune(value);
		return !json_object_size(value);
	}
	return json_is_null(value) || (json_is_array(value) && !json_array_size(value));
}

void export_prune(json_t *object)
{
	const char *key;
	json_t *value;
	void *next;

	json_object_foreach_safe(object, next, key, value)
		if (is_empty(value))
			json_object_del(object, key);
}

struct flattening {
	char separator;
	bool arrays;
	int (*visit)(void *context, const char *path, const json_t *value);
	void *context;
};

static int flatten(const struct flattening *how, const char *path, const json_t *value)
{
	const char *key;
	json_t *inner;
	size_t i;
	int stop = 0;

	if (json_is_null(value))
		return 0;
	if (!json_is_object(value) && (how->arrays || !json_is_array(value)))
		return how->visit(how->context, path, value);
	json_array_foreach(value, i, inner)
		if (!stop)
			stop = flatten(how, path, inner);
	json_object_foreach((json_t *)value, key, inner) {
		cleanup(free_memory) char *longer = NULL;

		if (!stop && asprintf(&longer, "%s%.*s%s", path, !!*path, &how->separator, key) < 0)
			return -ENOMEM;
		if (!stop)
			stop = flatten(how, longer, inner);
	}
	return stop;
}

int export_flatten(const json_t *object, char separator, bool arrays,
		   int (*visit)(void *context, const char *path, const json_t *value),
		   void *context)
{
	struct flattening how = { separator, arrays, visit, context };

	return flatten(&how, "", object);
}

const char *export_value_text(const json_t *value, char room[EXPORT_VALUE_SIZE])
{
	if (json_is_string(value))
		return json_string_value(value);
	if (json_is_boolean(value))
		return json_is_true(value) ? "true" : "false";
	if (json_is_real(value))
		snprintf(room, EXPORT_VALUE_SIZE, "%.17g", json_real_value(value));
	else
		snprintf(room, EXPORT_VALUE_SIZE, "%" JSON_INTEGER_FORMAT,
			 json_integer_value(value));
	return room;
}
