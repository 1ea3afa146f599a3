// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "export_record.h"
#include "moment.h"
#include "record.h"

static const struct {
	const char *name;
	enum export_severity severity;
} kinds[] = {
	[EXPORT_OTHER] = { "other", EXPORT_NOTICE },
	[EXPORT_DENY] = { "deny", EXPORT_WARNING },
	[EXPORT_AUDIT] = { "audit", EXPORT_NOTICE },
	[EXPORT_KILL] = { "kill", EXPORT_ERROR },
	[EXPORT_ALLOW] = { "allow", EXPORT_INFO },
	[EXPORT_LOSS] = { "loss", EXPORT_ERROR },
	[EXPORT_LOG] = { "log", EXPORT_INFO },
};

_Static_assert(sizeof(kinds) / sizeof(*kinds) == EXPORT_KINDS, "every kind");

static const char *text_of(json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "";
}

/* A decision has a verdict, and is of the kind with its name; others have a type. */
static enum export_kind kind_of(json_t *object)
{
	const char *type = text_of(object, "type");

	if (!strcmp(type, "decision"))
		type = text_of(object, "verdict");
	for (enum export_kind kind = 0; kind < EXPORT_KINDS; kind++)
		if (!strcmp(kinds[kind].name, type))
			return kind;
	return EXPORT_OTHER;
}

int export_record_read(struct export_record *record, const char *log, __u64 index,
		       const char *text, size_t size)
{
	*record = (struct export_record){ .log = log, .index = index, .text = text, .size = size };
	record->object = json_loadb(text, size, 0, NULL);
	if (!json_is_object(record->object)) {
		export_record_free(record);
		return -EILSEQ;
	}
	record->kind = kind_of(record->object);
	if (moment_parse(text_of(record->object, "time"), &record->time))
		record->time = 0;
	return 0;
}

void export_record_free(struct export_record *record)
{
	json_decref(record->object);
	record->object = NULL;
}

enum export_severity export_severity(const struct export_record *record)
{
	return kinds[record->kind].severity;
}

const char *export_kind_name(enum export_kind kind)
{
	return kinds[kind].name;
}

char *export_text(const struct export_record *record)
{
	size_t size, blanks;
	char *text = NULL;
	FILE *file = open_memstream(&text, &size);

	if (!file)
		return NULL;
	record_print_text(record->object, file);
	if (fclose(file)) {
		free(text);
		return NULL;
	}
	blanks = strspn(text, " ");
	memmove(text, text + blanks, size + 1 - blanks);
	text[strcspn(text, "\n")] = '\0';
	return text;
}

const char *export_uid(const struct export_record *record, char uid[EXPORT_UID_SIZE])
{
	snprintf(uid, EXPORT_UID_SIZE, "%s#%llu", record->log,
		 (unsigned long long)record->index);
	return uid;
}
