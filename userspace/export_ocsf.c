// SPDX-License-Identifier: GPL-2.0-only
/*
 * Classes of the Open Cybersecurity Schema Framework 1.4.0:
 *	Network Activity (4001)		what a rule lets go to an address: traffic
 *	Data Security Finding (2006)	other decisions; the class of data loss prevention
 *	Application Error (6008)	records that were lost
 *	Application Lifecycle (6002)	the log was opened, closed, ...
 *	Base Event (0)			records of another version
 * The profile security_control has the outcome, the profile host the device. What the schema
 * has no attribute for is in "unmapped".
 */
#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "export_field.h"
#include "export_format.h"

#define NS_PER_MS 1000000

enum class_uid {
	BASE_EVENT = 0,
	DATA_SECURITY_FINDING = 2006,
	NETWORK_ACTIVITY = 4001,
	APPLICATION_LIFECYCLE = 6002,
	APPLICATION_ERROR = 6008,
};

enum activity_id {
	FINDING_CREATE = 1,
	NETWORK_TRAFFIC = 6,
	LIFECYCLE_START = 3,
	LIFECYCLE_STOP = 4,
	ERROR_GENERAL = 1,
	ACTIVITY_OTHER = 99,
};

/* By its kind; "" and 0: not said. */
static const struct {
	int severity_id;
	const char *severity;
	int action_id;
	const char *action;
	int disposition_id;
	const char *disposition;
} outcomes[] = {
	[EXPORT_OTHER] = { 0, "Unknown" },
	[EXPORT_DENY] = { 3, "Medium", 2, "Denied", 2, "Blocked" },
	[EXPORT_AUDIT] = { 2, "Low", 1, "Allowed", 17, "Logged" },
	[EXPORT_KILL] = { 4, "High", 2, "Denied", 2, "Blocked" },
	[EXPORT_ALLOW] = { 1, "Informational", 1, "Allowed", 1, "Allowed" },
	[EXPORT_LOSS] = { 4, "High" },
	[EXPORT_LOG] = { 1, "Informational" },
};

_Static_assert(sizeof(outcomes) / sizeof(*outcomes) == EXPORT_KINDS, "every kind");

static const struct export_field common[] = {
	{ "seq", "metadata.sequence" },
	{ "time", "metadata.original_time" },
	{ "labels", "metadata.labels" },
	{ "host", "device.hostname" },
	{ "process.pid", "actor.process.pid" },
	{ "process.tid", "actor.process.tid" },
	{ "process.ppid", "actor.process.parent_process.pid" },
	{ "process.comm", "actor.process.name" },
	{ "process.start_time", "actor.process.created_time", EXPORT_AS_MS },
	{ "process.exe", "actor.process.file.path" },
	{ "process.exe", "actor.process.file.name", EXPORT_AS_NAME },
	{ "process.uid", "actor.user.uid", EXPORT_AS_TEXT },
	{ "process.user", "actor.user.name" },
	{ "reason", "status_detail" },
	{ "rule", "policy.name" },
	{ "policy_generation", "policy.version", EXPORT_AS_TEXT },
	{ "object.address", "dst_endpoint.ip" },
	{ "object.port", "dst_endpoint.port" },
	{ "object.network", "dst_endpoint.zone" },
	{ 0 },
};

/* There "file" or "src_endpoint" is where the data is from. */
static const struct export_field finding_file[] = {
	{ "source.path", "file.path" },
	{ "source.path", "file.name", EXPORT_AS_NAME },
	{ "source.ino", "file.uid", EXPORT_AS_TEXT },
	{ 0 },
};

static const struct export_field finding_peer[] = {
	{ "source.peer.address", "src_endpoint.ip" },
	{ "source.peer.port", "src_endpoint.port" },
	{ 0 },
};

static const struct export_field network[] = {
	{ "object.protocol", "connection_info.protocol_name", EXPORT_AS_TEXT },
	{ "bytes", "traffic.bytes_out" },
	{ 0 },
};

static const struct export_field nothing[] = { { 0 } };

static enum class_uid class_of(const struct export_record *record)
{
	switch (record->kind) {
	case EXPORT_ALLOW:
		return export_get(record->object, "object.address") ? NETWORK_ACTIVITY :
								      DATA_SECURITY_FINDING;
	case EXPORT_DENY:
	case EXPORT_AUDIT:
	case EXPORT_KILL:
		return DATA_SECURITY_FINDING;
	case EXPORT_LOSS:
		return APPLICATION_ERROR;
	case EXPORT_LOG:
		return APPLICATION_LIFECYCLE;
	default:
		return BASE_EVENT;
	}
}

static const char *class_name(enum class_uid class)
{
	switch (class) {
	case DATA_SECURITY_FINDING:
		return "Data Security Finding";
	case NETWORK_ACTIVITY:
		return "Network Activity";
	case APPLICATION_LIFECYCLE:
		return "Application Lifecycle";
	case APPLICATION_ERROR:
		return "Application Error";
	default:
		return "Base Event";
	}
}

/* What that class has beside the common fields. */
static const struct export_field *class_fields(const struct export_record *record,
					       enum class_uid class)
{
	if (class == NETWORK_ACTIVITY)
		return network;
	if (class != DATA_SECURITY_FINDING)
		return nothing;
	return export_get(record->object, "source.path") ? finding_file : finding_peer;
}

static enum activity_id activity_of(const struct export_record *record, enum class_uid class)
{
	const char *event = export_get_text(record->object, "event");

	if (class == NETWORK_ACTIVITY)
		return NETWORK_TRAFFIC;
	if (class == DATA_SECURITY_FINDING)
		return FINDING_CREATE;
	if (class == APPLICATION_ERROR)
		return ERROR_GENERAL;
	if (class == APPLICATION_LIFECYCLE && event && !strcmp(event, "opened"))
		return LIFECYCLE_START;
	if (class == APPLICATION_LIFECYCLE && event && !strcmp(event, "closed"))
		return LIFECYCLE_STOP;
	return ACTIVITY_OTHER;
}

static json_t *product(void)
{
	return json_pack("{s:s, s:s, s:s}", "name", "Domicile", "vendor_name", "Domicile",
			 "version", DOMICILE_VERSION);
}

static int put_class(json_t *event, const struct export_record *record, enum class_uid class)
{
	enum activity_id activity = activity_of(record, class);
	const char *name = export_get_text(record->object, "event");

	if (activity == ACTIVITY_OTHER && !name)
		name = export_kind_name(record->kind);
	return export_set(event, "class_uid", json_integer(class)) ||
	       export_set_text(event, "class_name", class_name(class)) ||
	       export_set(event, "category_uid", json_integer(class / 1000)) ||
	       export_set(event, "activity_id", json_integer(activity)) ||
	       export_set_text(event, "activity_name", activity == ACTIVITY_OTHER ? name : NULL) ||
	       export_set(event, "type_uid", json_integer(class * 100 + activity));
}

static int put_outcome(json_t *event, enum export_kind kind)
{
	int err = export_set(event, "severity_id", json_integer(outcomes[kind].severity_id)) ||
		  export_set_text(event, "severity", outcomes[kind].severity);

	if (err || !outcomes[kind].action)
		return err;
	return export_set(event, "action_id", json_integer(outcomes[kind].action_id)) ||
	       export_set_text(event, "action", outcomes[kind].action) ||
	       export_set(event, "disposition_id", json_integer(outcomes[kind].disposition_id)) ||
	       export_set_text(event, "disposition", outcomes[kind].disposition);
}

static int put_metadata(json_t *event, const struct export_record *record)
{
	char uid[EXPORT_UID_SIZE];

	return export_set_text(event, "metadata.version", "1.4.0") ||
	       export_set(event, "metadata.product", product()) ||
	       export_set_text(event, "metadata.uid", export_uid(record, uid)) ||
	       export_set_text(event, "metadata.log_name", record->log) ||
	       export_set(event, "metadata.profiles",
			  json_pack("[s, s]", "security_control", "host"));
}

/* What each class requires beside the base event, and objects that are there. */
static int put_required(json_t *event, const struct export_record *record, enum class_uid class,
			const char *text)
{
	char uid[EXPORT_UID_SIZE];
	int err = 0;

	if (export_get(event, "device"))
		err = export_set(event, "device.type_id", json_integer(0));
	if (!err && export_get(event, "actor.process.file"))
		err = export_set(event, "actor.process.file.type_id", json_integer(1));
	if (!err && export_get(event, "file"))
		err = export_set(event, "file.type_id", json_integer(0));
	if (err)
		return err;
	if (class == NETWORK_ACTIVITY)
		return export_set(event, "connection_info.direction_id", json_integer(2));
	if (class == APPLICATION_LIFECYCLE)
		return export_set(event, "app", product());
	if (class != DATA_SECURITY_FINDING)
		return 0;
	return export_set_text(event, "finding_info.uid", export_uid(record, uid)) ||
	       export_set_text(event, "finding_info.title", text) ||
	       export_set(event, "is_alert", json_boolean(record->kind != EXPORT_ALLOW)) ||
	       export_set(event, "data_security.detection_system_id", json_integer(1)) ||
	       export_set(event, "data_security.data_lifecycle_state_id", json_integer(2)) ||
	       export_set(event, "data_security.policy",
			  json_deep_copy(export_get(event, "policy")));
}

static int put_all(json_t *event, const struct export_record *record, json_t *rest)
{
	enum class_uid class = class_of(record);
	cleanup(free_memory) char *text = export_text(record);

	if (!text || export_map(event, record->object, rest, common) ||
	    export_map(event, record->object, rest, class_fields(record, class)) ||
	    put_class(event, record, class) || put_outcome(event, record->kind) ||
	    put_metadata(event, record) || put_required(event, record, class, text) ||
	    export_set(event, "time", json_integer(record->time / NS_PER_MS)) ||
	    export_set_text(event, "message", text))
		return -ENOMEM;
	return 0;
}

int export_ocsf(const struct export_record *record, FILE *file)
{
	return export_object(record, file, "unmapped", put_all);
}
