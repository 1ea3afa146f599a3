// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "export_field.h"
#include "export_format.h"

static const struct export_format formats[] = {
	{ "json", export_json, EXPORT_BY_SYSLOG },
	{ "ocsf", export_ocsf, EXPORT_BY_SYSLOG },
	{ "ecs", export_ecs, EXPORT_BY_SYSLOG },
	{ "cef", export_cef, EXPORT_BY_SYSLOG },
	{ "syslog", export_syslog, EXPORT_BY_SYSLOG },
	{ "otlp", export_otlp, EXPORT_BY_HTTP, "{\"resourceLogs\":[", "]}" },
	{ "journal", export_journal, EXPORT_BY_JOURNAL },
};

#define FORMATS (sizeof(formats) / sizeof(*formats))

const struct export_format *export_format_find(const char *name)
{
	for (size_t i = 0; i < FORMATS; i++)
		if (!strcmp(formats[i].name, name))
			return &formats[i];
	return NULL;
}

const char *export_format_names(char *text, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < FORMATS && used < size; i++)
		used += snprintf(text + used, size - used, "%s%s", i ? ", " : "",
				 formats[i].name);
	return text;
}

int export_object(const struct export_record *record, FILE *file, const char *name,
		  int (*put)(json_t *object, const struct export_record *record, json_t *rest))
{
	cleanup(free_json) json_t *object = json_object(), *rest = json_deep_copy(record->object);
	int err = object && rest ? put(object, record, rest) : -ENOMEM;

	if (err)
		return err;
	export_prune(rest);
	if (json_object_size(rest) && export_set(object, name, json_incref(rest)))
		return -ENOMEM;
	return json_dumpf(object, file, JSON_COMPACT) ? -ENOMEM : 0;
}
