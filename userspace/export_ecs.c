// SPDX-License-Identifier: GPL-2.0-only
/*
 * Elastic Common Schema. What it has no field for is below "domicile", as it is in the log;
 * there are the labels, too, because ECS keeps "labels" for something else.
 */
#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "export_field.h"
#include "export_format.h"

static const struct export_field fields[] = {
	{ "time", "@timestamp" },
	{ "host", "host.name" },
	{ "host", "host.hostname" },
	{ "boot_id", "host.boot.id" },
	{ "seq", "event.sequence" },
	{ "verdict", "event.action" },
	{ "event", "event.action" },
	{ "reason", "event.reason" },
	{ "rule", "rule.name" },
	{ "policy_generation", "rule.version", EXPORT_AS_TEXT },
	{ "process.pid", "process.pid" },
	{ "process.tid", "process.thread.id" },
	{ "process.ppid", "process.parent.pid" },
	{ "process.comm", "process.name" },
	{ "process.exe", "process.executable" },
	{ "process.start_time", "process.start" },
	{ "process.uid", "user.id", EXPORT_AS_TEXT },
	{ "process.user", "user.name" },
	{ "object.address", "destination.address" },
	{ "object.address", "destination.ip" },
	{ "object.port", "destination.port" },
	{ "object.protocol", "network.transport", EXPORT_AS_TEXT },
	{ "object.path", "file.path" },
	{ "object.path", "file.name", EXPORT_AS_NAME },
	{ "object.ino", "file.inode", EXPORT_AS_TEXT },
	{ "source.peer.address", "source.address" },
	{ "source.peer.address", "source.ip" },
	{ "source.peer.port", "source.port" },
	{ "bytes", "network.bytes" },
	{ 0 },
};

/* event.kind, event.outcome and event.type by the kind of the record. */
static const struct {
	const char *kind, *outcome, *type;
} events[] = {
	[EXPORT_OTHER] = { "event", "unknown", "info" },
	[EXPORT_DENY] = { "alert", "failure", "denied" },
	[EXPORT_AUDIT] = { "alert", "success", "allowed" },
	[EXPORT_KILL] = { "alert", "failure", "denied" },
	[EXPORT_ALLOW] = { "event", "success", "allowed" },
	[EXPORT_LOSS] = { "event", "failure", "info" },
	[EXPORT_LOG] = { "event", "success", "info" },
};

_Static_assert(sizeof(events) / sizeof(*events) == EXPORT_KINDS, "every kind");

/* event.category, and the type that the schema expects in it in the place of denied and allowed. */
static const struct {
	const char *object, *category, *type;
} categories[] = {
	{ "address", "network", NULL },
	{ "family", "network", NULL },
	{ "inode", "file", "access" },
	{ "cgroup", "process", "access" },
	{ "none", "process", "access" },
};

static int put_category(json_t *event, const struct export_record *record)
{
	const char *object = export_get_text(record->object, "object.kind");
	const char *type = events[record->kind].type, *category = "host";
	bool decides = record->kind >= EXPORT_DENY && record->kind <= EXPORT_ALLOW;

	for (size_t i = 0; decides && i < sizeof(categories) / sizeof(*categories); i++) {
		if (strcmp(categories[i].object, object ? object : "none"))
			continue;
		category = categories[i].category;
		type = categories[i].type ? categories[i].type : type;
	}
	return export_set(event, "event.category", json_pack("[s]", category)) ||
	       export_set(event, "event.type", json_pack("[s]", type));
}

static int put_event(json_t *event, const struct export_record *record)
{
	char uid[EXPORT_UID_SIZE];

	return export_set_text(event, "ecs.version", "8.17.0") ||
	       export_set_text(event, "event.module", "domicile") ||
	       export_set_text(event, "event.provider", "domicile") ||
	       export_set_text(event, "event.dataset", "domicile.audit") ||
	       export_set_text(event, "event.id", export_uid(record, uid)) ||
	       export_set_text(event, "event.kind", events[record->kind].kind) ||
	       export_set_text(event, "event.outcome", events[record->kind].outcome) ||
	       export_set(event, "event.severity", json_integer(export_severity(record))) ||
	       put_category(event, record);
}

/* ipv4, ipv6: where the object is an address. */
static int put_network_type(json_t *event, const struct export_record *record)
{
	if (!export_get(record->object, "object.address"))
		return 0;
	return export_set_text(event, "network.type",
			       export_get_text(record->object, "object.family"));
}

static int put_all(json_t *event, const struct export_record *record, json_t *rest)
{
	cleanup(free_memory) char *text = export_text(record);

	if (!text || export_map(event, record->object, rest, fields) || put_event(event, record) ||
	    put_network_type(event, record) || export_set_text(event, "message", text))
		return -ENOMEM;
	return 0;
}

int export_ecs(const struct export_record *record, FILE *file)
{
	return export_object(record, file, "domicile", put_all);
}
