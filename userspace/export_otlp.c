// SPDX-License-Identifier: GPL-2.0-only
/*
 * opentelemetry.proto.logs.v1.ResourceLogs in the JSON form of Protocol Buffers, where numbers of
 * 64 bits are strings. Attributes have the names of the semantic conventions where there are any,
 * and those of the log below "domicile" where not.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "cleanup.h"
#include "export_field.h"
#include "export_format.h"
#include "moment.h"

static const struct export_field fields[] = {
	{ "process.pid", "process.pid" },
	{ "process.ppid", "process.parent_pid" },
	{ "process.exe", "process.executable.path" },
	{ "process.exe", "process.executable.name", EXPORT_AS_NAME },
	{ "process.user", "process.owner" },
	{ "process.uid", "process.real_user.id" },
	{ "process.start_time", "process.creation.time" },
	{ "process.tid", "thread.id" },
	{ "object.address", "network.peer.address" },
	{ "object.port", "network.peer.port" },
	{ "object.protocol", "network.transport", EXPORT_AS_TEXT },
	{ "object.path", "file.path" },
	{ "object.path", "file.name", EXPORT_AS_NAME },
	{ "object.ino", "file.inode", EXPORT_AS_TEXT },
	{ "verdict", "event.name" },
	{ "event", "event.name" },
	{ 0 },
};

/* SeverityNumber, which is finer than SeverityText. */
static const struct {
	int number;
	const char *text;
} severities[] = {
	[EXPORT_ERROR] = { 17, "ERROR" },
	[EXPORT_WARNING] = { 13, "WARN" },
	[EXPORT_NOTICE] = { 10, "INFO2" },
	[EXPORT_INFO] = { 9, "INFO" },
};

static json_t *nanoseconds(__u64 time)
{
	return json_sprintf("%" PRIu64, (uint64_t)time);
}

static json_t *any_value(const json_t *value);

static json_t *array_value(const json_t *array)
{
	json_t *values = json_array(), *value;
	size_t i;

	json_array_foreach(array, i, value)
		json_array_append_new(values, any_value(value));
	return json_pack("{s:{s:o}}", "arrayValue", "values", values);
}

static int put_attribute(void *context, const char *path, const json_t *value)
{
	return json_array_append_new(context, json_pack("{s:s, s:o}", "key", path, "value",
							any_value(value))) ? -ENOMEM : 0;
}

static json_t *list_value(const json_t *object)
{
	json_t *values = json_array(), *value;
	const char *key;

	json_object_foreach((json_t *)object, key, value)
		put_attribute(values, key, value);
	return json_pack("{s:{s:o}}", "kvlistValue", "values", values);
}

static json_t *any_value(const json_t *value)
{
	char room[EXPORT_VALUE_SIZE];

	if (json_is_null(value))
		return json_object();
	if (json_is_array(value))
		return array_value(value);
	if (json_is_object(value))
		return list_value(value);
	if (json_is_boolean(value))
		return json_pack("{s:b}", "boolValue", json_is_true(value));
	if (json_is_real(value))
		return json_pack("{s:f}", "doubleValue", json_real_value(value));
	return json_pack("{s:s}", json_is_integer(value) ? "intValue" : "stringValue",
			 export_value_text(value, room));
}

/* Those of the record itself. */
static json_t *attributes(const struct export_record *record)
{
	cleanup(free_json) json_t *rest = json_deep_copy(record->object), *known = json_object();
	json_t *list = json_array();
	char uid[EXPORT_UID_SIZE];
	int err = rest && known && list ? 0 : -ENOMEM;

	if (!err)
		err = export_map(known, record->object, rest, fields);
	json_object_del(rest, "host");
	json_object_del(rest, "time");
	if (!err)
		err = export_set(known, "domicile", json_incref(rest));
	if (!err)
		err = export_set_text(known, "log.record.uid", export_uid(record, uid));
	if (!err)
		err = export_flatten(known, '.', true, put_attribute, list);
	if (!err)
		return list;
	json_decref(list);
	return NULL;
}

static json_t *resource(const struct export_record *record)
{
	const char *host = export_get_text(record->object, "host");
	json_t *list = json_pack("[{s:s, s:{s:s}}, {s:s, s:{s:s}}]", "key", "service.name", "value",
				 "stringValue", "domicile", "key", "service.version", "value",
				 "stringValue", DOMICILE_VERSION);

	if (list && host)
		json_array_append_new(list, json_pack("{s:s, s:{s:s}}", "key", "host.name", "value",
						      "stringValue", host));
	return json_pack("{s:o}", "attributes", list);
}

static json_t *log_record(const struct export_record *record)
{
	enum export_severity severity = export_severity(record);
	cleanup(free_memory) char *text = export_text(record);

	return json_pack("{s:o, s:o, s:i, s:s, s:{s:s}, s:o}", "timeUnixNano",
			 nanoseconds(record->time), "observedTimeUnixNano",
			 nanoseconds(moment_realtime(moment_boottime())), "severityNumber",
			 severities[severity].number, "severityText", severities[severity].text,
			 "body", "stringValue", text ? text : "", "attributes", attributes(record));
}

int export_otlp(const struct export_record *record, FILE *file)
{
	cleanup(free_json) json_t *logs =
		json_pack("{s:o, s:[{s:{s:s, s:s}, s:[o]}]}", "resource", resource(record),
			  "scopeLogs", "scope", "name", "domicile.audit", "version",
			  DOMICILE_VERSION, "logRecords", log_record(record));

	return logs && !json_dumpf(logs, file, JSON_COMPACT) ? 0 : -ENOMEM;
}
