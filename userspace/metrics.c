// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "cleanup.h"
#include "export_field.h"
#include "metrics.h"
#include "moment.h"

enum value {
	NUMBER,
	BOOLEAN, /* 1 or 0 */
	PRESENCE, /* is it other than null? */
	TIME, /* RFC 3339 to s since 1970 */
};

/* What of the status is a number. */
static const struct {
	const char *name, *path, *help;
	enum value value;
} gauges[] = {
	{ "domicile_enforcing", "enforcing", "Is a policy enforced on this host?", BOOLEAN },
	{ "domicile_start_timestamp_seconds", "since", "When enforcement started.", TIME },
	{ "domicile_module_loaded", "module", "Does the kernel module answer?", PRESENCE },
	{ "domicile_daemon_up", "daemon", "Does a process take records out of the ring?",
	  PRESENCE },
	{ "domicile_policy_applied_timestamp_seconds", "policy.applied",
	  "When the policy in force was applied.", TIME },
	{ "domicile_policy_generation", "generation", "Number of the policy in force.", NUMBER },
	{ "domicile_policy_audit_only", "policy.audit",
	  "Is the policy recorded only, and nothing refused?", BOOLEAN },
	{ "domicile_policy_on_trial", "on_trial", "Does the policy end unless it is confirmed?",
	  BOOLEAN },
	{ "domicile_policy_rules", "policy.rules", "Rules of the policy in force.", NUMBER },
	{ "domicile_policy_networks", "policy.networks", "Networks of the policy in force.",
	  NUMBER },
	{ "domicile_policy_prefixes", "policy.prefixes", "Prefixes in its networks.", NUMBER },
	{ "domicile_programs", "programs", "BPF programs attached.", NUMBER },
	{ "domicile_ring_used_bytes", "ring.used", "Records that wait in the ring.", NUMBER },
	{ "domicile_ring_size_bytes", "ring.size", "Room in the ring.", NUMBER },
};

/* Of the counters, which are whatever the status has. */
static const struct {
	const char *key, *help;
} counters[] = {
	{ "denied", "Decisions that refused something." },
	{ "audited", "Decisions that an enforcing rule would have refused." },
	{ "records", "Records put in the ring." },
	{ "records_lost", "Records for which the ring had no room." },
	{ "taints", "Times a process picked up a label." },
	{ "no_memory", "Labelled work refused for want of memory or map space." },
	{ "killed", "Processes killed because their data could not be followed." },
	{ "packets_dropped", "Packets refused that had been queued before." },
	{ "allowed", "Labelled flows that a rule let go." },
	{ "allowed_unrecorded", "Allowed flows that were not recorded again, to spare the ring." },
	{ "labels_stored", "Labels written to files." },
	{ "store_failures", "Labels that could not be written to files." },
};

static void put_head(FILE *file, const char *name, const char *type, const char *help)
{
	fprintf(file, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* NAME="VALUE" with what stands before it. */
static void put_label(FILE *file, const char *before, const char *name, const char *value)
{
	fprintf(file, "%s%s=\"", before, name);
	for (; *value; value++) {
		if (*value == '\n') {
			fputs("\\n", file);
			continue;
		}
		if (strchr("\"\\", *value))
			fputc('\\', file);
		fputc(*value, file);
	}
	fputc('"', file);
}

static void put_number(FILE *file, const char *name, const char *type, const char *help,
		       json_int_t value)
{
	put_head(file, name, type, help);
	fprintf(file, "%s %" JSON_INTEGER_FORMAT "\n", name, value);
}

/* Return: false if there is none. */
static bool value_of(const json_t *status, const char *path, enum value as, json_int_t *ret)
{
	const json_t *value = export_get(status, path);
	__u64 moment;

	switch (as) {
	case PRESENCE:
		*ret = !!value;
		return true;
	case BOOLEAN:
		*ret = json_is_true(value);
		return value;
	case TIME:
		if (!value || moment_parse(json_string_value(value), &moment))
			return false;
		*ret = moment / MOMENT_NS_PER_S;
		return true;
	case NUMBER:
		*ret = json_integer_value(value);
	}
	return json_is_integer(value);
}

static void put_gauges(const json_t *status, FILE *file)
{
	json_int_t value = 0;

	for (size_t i = 0; i < sizeof(gauges) / sizeof(*gauges); i++)
		if (value_of(status, gauges[i].path, gauges[i].value, &value))
			put_number(file, gauges[i].name, "gauge", gauges[i].help, value);
}

static const char *counter_help(const char *key)
{
	for (size_t i = 0; i < sizeof(counters) / sizeof(*counters); i++)
		if (!strcmp(counters[i].key, key))
			return counters[i].help;
	return "See domicile(8), status.";
}

static void put_counters(const json_t *status, FILE *file)
{
	const char *key;
	json_t *value;
	char name[128];

	json_object_foreach(export_get(status, "counters"), key, value) {
		snprintf(name, sizeof(name), "domicile_%s_total", key);
		put_number(file, name, "counter", counter_help(key), json_integer_value(value));
	}
}

static void put_policy(const json_t *status, FILE *file)
{
	static const char name[] = "domicile_policy_info";
	const char *digest = export_get_text(status, "policy.digest");

	if (!digest)
		return;
	put_head(file, name, "gauge", "The policy in force, by its digest.");
	put_label(file, "domicile_policy_info{", "digest", digest);
	fputs("} 1\n", file);
}

static json_int_t tasks_with(const json_t *tasks, const char *label)
{
	json_int_t count = 0;
	json_t *task, *name;
	size_t i, j;

	json_array_foreach(tasks, i, task)
		json_array_foreach(json_object_get(task, "labels"), j, name)
			count += !strcmp(json_string_value(name), label);
	return count;
}

static void put_tasks(const json_t *status, FILE *file)
{
	const json_t *tasks = export_get(status, "tasks");
	json_t *label;
	size_t i;

	if (!tasks)
		return;
	put_number(file, "domicile_labelled_tasks", "gauge", "Processes that hold a label.",
		   json_array_size(tasks));
	put_head(file, "domicile_tasks_by_label", "gauge", "Processes that hold this label.");
	json_array_foreach(export_get(status, "policy.labels"), i, label) {
		const char *name = export_get_text(label, "name");

		put_label(file, "domicile_tasks_by_label{", "label", name);
		fprintf(file, "} %" JSON_INTEGER_FORMAT "\n", tasks_with(tasks, name));
	}
}

static void put_map_values(const json_t *maps, const char *name, const char *key, const char *help,
			   FILE *file)
{
	const char *map;
	json_t *fill;

	put_head(file, name, "gauge", help);
	json_object_foreach((json_t *)maps, map, fill) {
		fputs(name, file);
		put_label(file, "{", "map", map);
		fprintf(file, "} %" JSON_INTEGER_FORMAT "\n",
			json_integer_value(json_object_get(fill, key)));
	}
}

static void put_maps(const json_t *status, FILE *file)
{
	const json_t *maps = export_get(status, "maps");

	if (!json_object_size(maps))
		return;
	put_map_values(maps, "domicile_map_entries", "entries", "Entries in a map.", file);
	put_map_values(maps, "domicile_map_max_entries", "max", "Entries that a map has room for.",
		       file);
}

static void put_verdicts(const struct tally *tally, FILE *file)
{
	static const char *const names[TALLY_PARTS] = { "verdict", "label", "rule", "network" };
	const char *key, *parts[TALLY_PARTS];
	json_t *count;

	put_head(file, "domicile_verdicts_total", "counter",
		 "Decisions in the log, by verdict, each label, rule and named networks.");
	json_object_foreach(tally->verdicts, key, count) {
		cleanup(free_memory) char *room = malloc(strlen(key) + 1);

		if (!room)
			return;
		tally_split(key, room, parts);
		fputs("domicile_verdicts_total", file);
		for (int i = 0; i < TALLY_PARTS; i++)
			put_label(file, i ? "," : "{", names[i], parts[i]);
		fprintf(file, "} %" JSON_INTEGER_FORMAT "\n", json_integer_value(count));
	}
}

static void put_log(const struct metrics *metrics, FILE *file)
{
	const struct tally *tally = metrics->tally;
	const char *event;
	json_t *count;

	put_number(file, "domicile_log_entries", "gauge", "Size of the signed log.",
		   metrics->entries);
	put_number(file, "domicile_log_checkpoint_timestamp_seconds", "gauge",
		   "When the log was signed last.", metrics->checkpoint);
	put_number(file, "domicile_log_decisions_total", "counter", "Decisions in the log.",
		   tally->records);
	put_number(file, "domicile_log_lost_records_total", "counter",
		   "Records that are missing in the log, as its losses say.", tally->lost);
	put_head(file, "domicile_log_events_total", "counter", "What the log says of itself.");
	json_object_foreach(tally->events, event, count) {
		put_label(file, "domicile_log_events_total{", "event", event);
		fprintf(file, "} %" JSON_INTEGER_FORMAT "\n", json_integer_value(count));
	}
	put_verdicts(tally, file);
}

int metrics_write(const struct metrics *metrics, FILE *file)
{
	put_gauges(metrics->status, file);
	put_policy(metrics->status, file);
	put_counters(metrics->status, file);
	put_tasks(metrics->status, file);
	put_maps(metrics->status, file);
	if (metrics->tally)
		put_log(metrics, file);
	return ferror(file) ? -EIO : 0;
}
