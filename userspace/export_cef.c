// SPDX-License-Identifier: GPL-2.0-only
/*
 * ArcSight Common Event Format: "CEF:0|vendor|product|version|class|name|severity|extension".
 * What has no key in its dictionary is in the custom strings cs1 to cs6, with their labels, or
 * under the name that it has in the log: domicileProcessCgroupPath.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "export_field.h"
#include "export_format.h"
#include "plain.h"

static const struct export_field fields[] = {
	{ "time", "rt", EXPORT_AS_MS },
	{ "host", "dvchost" },
	{ "verdict", "act" },
	{ "event", "act" },
	{ "process.pid", "spid" },
	{ "process.comm", "sproc" },
	{ "process.uid", "suid", EXPORT_AS_TEXT },
	{ "process.user", "suser" },
	{ "object.port", "dpt" },
	{ "object.protocol", "proto", EXPORT_AS_TEXT },
	{ "object.path", "filePath" },
	{ "object.ino", "fileId", EXPORT_AS_TEXT },
	{ "bytes", "out" },
	{ "count", "cnt" },
	{ "source.path", "cs3" },
	{ "object.network", "cs4" },
	{ "reason", "cs5" },
	{ "rule", "cs6" },
	{ "policy_generation", "cn1" },
	{ 0 },
};

static const struct export_field address4[] = { { "object.address", "dst" }, { 0 } };
static const struct export_field address6[] = { { "object.address", "c6a3" }, { 0 } };

/* Of the keys that anybody may define. */
static const struct {
	const char *key, *label;
} labels[] = {
	{ "cs1", "labels" },	       { "cs2", "denied" }, { "cs3", "source" },
	{ "cs4", "network" },	       { "cs5", "reason" }, { "cs6", "rule" },
	{ "cn1", "policyGeneration" }, { "c6a3", "Destination IPv6 Address" },
};

static const struct {
	const char *name;
	int severity; /* 0 to 10 */
} events[] = {
	[EXPORT_OTHER] = { "Record of another version", 1 },
	[EXPORT_DENY] = { "Labelled data refused", 6 },
	[EXPORT_AUDIT] = { "Labelled data let through in audit mode", 4 },
	[EXPORT_KILL] = { "Process with labelled data killed", 8 },
	[EXPORT_ALLOW] = { "Labelled data let go by a rule", 2 },
	[EXPORT_LOSS] = { "Records lost", 8 },
	[EXPORT_LOG] = { "Audit log", 1 },
};

_Static_assert(sizeof(events) / sizeof(*events) == EXPORT_KINDS, "every kind");

static char *joined(const json_t *names)
{
	char *text = NULL;
	size_t size, i;
	FILE *file = open_memstream(&text, &size);
	json_t *name;

	if (!file)
		return NULL;
	json_array_foreach(names, i, name)
		fprintf(file, "%s%s", i ? "," : "", json_string_value(name));
	fclose(file);
	return text;
}

static int put_list(json_t *extension, const char *key, const json_t *from, json_t *rest,
		    const char *path)
{
	const json_t *names = export_get(from, path);
	cleanup(free_memory) char *text = json_array_size(names) ? joined(names) : NULL;

	json_object_del(rest, path);
	return export_set_text(extension, key, text);
}

static int put_labels(json_t *extension)
{
	char key[16];
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(labels) / sizeof(*labels); i++) {
		snprintf(key, sizeof(key), "%sLabel", labels[i].key);
		if (json_object_get(extension, labels[i].key))
			err = export_set_text(extension, key, labels[i].label);
	}
	return err;
}

/* "process.cgroup.path" is domicileProcessCgroupPath. */
static int put_unknown(void *context, const char *path, const json_t *value)
{
	char room[EXPORT_VALUE_SIZE], key[128] = "domicile";
	size_t used = strlen(key);
	bool begins = true;

	for (; *path && used < sizeof(key) - 1; path++) {
		if (isalnum((unsigned char)*path))
			key[used++] = begins ? toupper((unsigned char)*path) : *path;
		begins = !isalnum((unsigned char)*path);
	}
	return json_object_set_new(context, key, json_string(export_value_text(value, room))) ?
		       -ENOMEM : 0;
}

static const char first_key[] = "externalId";

static int put_value(void *context, const char *key, const json_t *value)
{
	char room[EXPORT_VALUE_SIZE];
	const char *text = export_value_text(value, room);
	FILE *file = context;

	fprintf(file, "%s%s=", strcmp(key, first_key) ? " " : "", key);
	for (; *text; text++) {
		char byte[2] = { *text };

		if (strchr("=\\", *text) || iscntrl((unsigned char)*text))
			fputc('\\', file);
		plain_print(byte, file);
	}
	return 0;
}

static int put_all(json_t *extension, const struct export_record *record, json_t *rest)
{
	const char *address = export_get_text(record->object, "object.address");
	cleanup(free_memory) char *text = export_text(record);
	char uid[EXPORT_UID_SIZE];
	int err;

	err = export_set_text(extension, first_key, export_uid(record, uid));
	if (!err)
		err = export_map(extension, record->object, rest, fields);
	if (!err && address)
		err = export_map(extension, record->object, rest,
				 strchr(address, ':') ? address6 : address4);
	if (!err)
		err = put_list(extension, "cs1", record->object, rest, "labels");
	if (!err)
		err = put_list(extension, "cs2", record->object, rest, "denied");
	if (!err)
		err = put_labels(extension);
	if (!err)
		err = export_flatten(rest, '.', false, put_unknown, extension);
	return err ? err : export_set_text(extension, "msg", text);
}

int export_cef(const struct export_record *record, FILE *file)
{
	cleanup(free_json) json_t *extension = json_object(), *rest = json_deep_copy(record->object);
	int err = extension && rest ? put_all(extension, record, rest) : -ENOMEM;

	if (err)
		return err;
	fprintf(file, "CEF:0|Domicile|domicile|" DOMICILE_VERSION "|%s|%s|%d|",
		export_kind_name(record->kind), events[record->kind].name,
		events[record->kind].severity);
	return export_flatten(extension, '.', false, put_value, file);
}
