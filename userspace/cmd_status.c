// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/utsname.h>

#include <bpf/libbpf.h>

#include "cleanup.h"
#include "colour.h"
#include "command.h"
#include "daemon.h"
#include "enforce.h"
#include "in_force.h"
#include "moment.h"
#include "netlink.h"
#include "number.h"
#include "plain.h"
#include "status.h"
#include "taint.h"
#include "trial.h"

static const char help[] =
	"Usage: domicile status [--tasks] [--json]\n"
	"\n"
	"What is enforced, since when, by which policy, and what happened. \"records lost\"\n"
	"counts what the kernel had no room for; the log says where they are missing.\n"
	"\n"
	"      --tasks  also look at every process, and list those that hold labels\n"
	"      --json   as one JSON object\n"
	"  -h, --help   this text\n"
	"\n"
	"Exit status: 0 enforcing; 1 not enforcing.\n"
	"\n"
	"Examples:\n"
	"  domicile status\n"
	"  domicile status --json | jq .counters.denied\n";

static const struct {
	const char *label;
	const char *key;
} counters[] = {
	[DOMICILE_COUNT_DENIED] = { "denied", "denied" },
	[DOMICILE_COUNT_AUDITED] = { "audited", "audited" },
	[DOMICILE_COUNT_RECORDS] = { "records", "records" },
	[DOMICILE_COUNT_LOST] = { "records lost", "records_lost" },
	[DOMICILE_COUNT_TAINTS] = { "taints", "taints" },
	[DOMICILE_COUNT_NO_MEMORY] = { "no memory", "no_memory" },
	[DOMICILE_COUNT_KILLED] = { "killed", "killed" },
	[DOMICILE_COUNT_PACKETS_DROPPED] = { "packets dropped", "packets_dropped" },
	[DOMICILE_COUNT_ALLOWED] = { "allowed", "allowed" },
	[DOMICILE_COUNT_ALLOWED_UNRECORDED] = { "unrecorded", "allowed_unrecorded" },
};

_Static_assert(sizeof(counters) / sizeof(*counters) == DOMICILE_COUNTERS, "every counter");

struct status {
	struct enforcement enforcement;
	struct in_force in_force;
	struct module_status module;
	bool module_answers;
	pid_t daemon; /* 0: not running */
	size_t ring_used;
	size_t ring_size;
	__u64 counted[DOMICILE_COUNTERS];
	json_t *tasks; /* NULL: not asked for */
};

static void status_close(struct status *status)
{
	enforce_close(&status->enforcement);
	in_force_close(&status->in_force);
	json_decref(status->tasks);
}

static void read_module(struct status *status)
{
	cleanup(netlink_close) struct netlink link = { 0 };

	status->module_answers = !netlink_open(&link) && !netlink_status(&link, &status->module);
}

static void read_ring(struct status *status)
{
	struct ring_buffer *ring = ring_buffer__new(status->enforcement.records, NULL, NULL, NULL);

	if (!ring)
		return;
	status->ring_used = ring__avail_data_size(ring_buffer__ring(ring, 0));
	status->ring_size = ring__size(ring_buffer__ring(ring, 0));
	ring_buffer__free(ring);
}

static void add_task(pid_t pid, const struct domicile_taint *taint, void *context)
{
	struct status *status = context;
	char comm[32];

	taint_comm(pid, comm);
	json_array_append_new(status->tasks,
			      json_pack("{s:i, s:s, s:o}", "pid", pid, "comm", comm, "labels",
					in_force_set_json(&status->in_force, &taint->set)));
}

static int status_read(struct status *status, bool tasks)
{
	int err = enforce_open(&status->enforcement);

	read_module(status);
	if (err)
		return err;
	in_force_read(&status->in_force);
	daemon_find(&status->daemon);
	read_ring(status);
	for (int i = 0; i < DOMICILE_COUNTERS; i++)
		status->counted[i] = enforce_counter(&status->enforcement, i);
	if (!tasks)
		return 0;
	status->tasks = json_array();
	taint_each(&status->enforcement, add_task, status);
	return 0;
}

static bool on_trial(void)
{
	struct trial trial = { 0 };
	int err = trial_read(&trial);

	trial_close(&trial);
	return !err;
}

/* --- JSON ---------------------------------------------------------------- */

static json_t *policy_object(const struct in_force *in_force)
{
	static const char *const keys[] = { "digest", "generation", "applied", "applied_by",
					    "signed", "audit", "files", "labels", "networks",
					    "prefixes", "rules" };
	json_t *object = json_object(), *value;

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		value = json_object_get(in_force->root, keys[i]);
		if (value)
			json_object_set(object, keys[i], value);
	}
	return object;
}

static json_t *counter_object(const struct status *status)
{
	json_t *object = json_object();

	for (int i = 0; i < DOMICILE_COUNTERS; i++)
		json_object_set_new(object, counters[i].key, json_integer(status->counted[i]));
	json_object_set_new(object, "labels_stored", json_integer(status->module.stored));
	json_object_set_new(object, "store_failures", json_integer(status->module.store_failed));
	return object;
}

static void add_enforcing(const struct status *status, json_t *object)
{
	char since[MOMENT_TEXT_MAX];

	moment_rfc3339(since, moment_realtime(status->enforcement.state->started));
	json_object_set_new(object, "since", json_string(since));
	json_object_set_new(object, "policy", policy_object(&status->in_force));
	json_object_set_new(object, "generation",
			    json_integer(status->enforcement.state->generation));
	json_object_set_new(object, "on_trial", json_boolean(on_trial()));
	json_object_set_new(object, "programs", json_integer(enforce_programs()));
	json_object_set_new(object, "daemon", status->daemon ? json_integer(status->daemon) :
							       json_null());
	json_object_set_new(object, "counters", counter_object(status));
	json_object_set_new(object, "ring", json_pack("{s:I, s:I}", "used",
						      (json_int_t)status->ring_used, "size",
						      (json_int_t)status->ring_size));
	if (status->tasks)
		json_object_set(object, "tasks", status->tasks);
}

static json_t *whole_object(const struct status *status, bool on)
{
	json_t *object = json_object();
	struct utsname name;

	uname(&name);
	json_object_set_new(object, "enforcing", json_boolean(on));
	json_object_set_new(object, "kernel", json_string(name.release));
	json_object_set_new(object, "module", status->module_answers ?
						      json_string(status->module.version) :
						      json_null());
	if (on)
		add_enforcing(status, object);
	return object;
}

int status_object(bool tasks, json_t **ret)
{
	cleanup(status_close) struct status status = { .enforcement = ENFORCEMENT_NONE };
	int err = geteuid() ? -EPERM : status_read(&status, tasks);

	if (err && err != -ENOENT)
		return err;
	*ret = whole_object(&status, !err);
	return *ret ? 0 : -ENOMEM;
}

static void print_json(const struct status *status, bool on)
{
	cleanup(free_json) json_t *object = whole_object(status, on);

	json_dumpf(object, stdout, JSON_INDENT(2));
	putchar('\n');
}

/* --- a table for people --------------------------------------------------- */

#define ROW "%-16s"

static void print_count(const char *label, __u64 count)
{
	char text[NUMBER_TEXT_MAX];

	printf(ROW "%s\n", label, number_text(text, count));
}

static json_int_t integer(const struct in_force *in_force, const char *key)
{
	return json_integer_value(json_object_get(in_force->root, key));
}

static void print_labels(const struct in_force *in_force)
{
	json_t *labels = json_object_get(in_force->root, "labels"), *label;
	const char *separator = "";
	size_t i;

	printf(ROW, "labels");
	json_array_foreach(labels, i, label) {
		printf("%s%s%s", separator, json_string_value(json_object_get(label, "name")),
		       json_is_true(json_object_get(label, "in_policy")) ? "" : " (no longer)");
		separator = ", ";
	}
	putchar('\n');
}

static void print_policy(const struct status *status)
{
	const struct in_force *in_force = &status->in_force;
	char applied[MOMENT_TEXT_MAX] = "?";
	__u64 moment;

	if (!moment_parse(in_force_text(in_force, "applied"), &moment))
		moment_local(applied, moment);
	printf(ROW "%.19s, generation %llu, applied %s by %s%s%s\n", "policy",
	       in_force_text(in_force, "digest"),
	       (unsigned long long)status->enforcement.state->generation, applied,
	       json_string_value(json_object_get(in_force_applied_by(in_force), "user")),
	       json_is_true(json_object_get(in_force->root, "audit")) ? ", in audit mode" : "",
	       on_trial() ? ", on trial" : "");
	print_labels(in_force);
	printf(ROW "%lld (%lld prefixes)\n", "networks", (long long)integer(in_force, "networks"),
	       (long long)integer(in_force, "prefixes"));
	print_count("rules", integer(in_force, "rules"));
}

static void print_tasks(const struct status *status)
{
	char text[4096];
	json_t *task;
	size_t i;

	print_count("labelled tasks", json_array_size(status->tasks));
	json_array_foreach(status->tasks, i, task) {
		printf("%7lld ", (long long)json_integer_value(json_object_get(task, "pid")));
		plain_print(json_string_value(json_object_get(task, "comm")), stdout);
		printf(": %s\n", in_force_names_text(json_object_get(task, "labels"), text,
						      sizeof(text)));
	}
}

static void print_enforcing(const struct status *status)
{
	print_policy(status);
	printf(ROW "%zu attached\n", "programs", enforce_programs());
	if (status->daemon)
		printf(ROW "pid %d\n", "daemon", status->daemon);
	else
		printf(ROW "%snot running%s "
		       "(records wait in the ring; start one with domicile up)\n", "daemon",
		       colour(COLOUR_YELLOW, stdout), colour(COLOUR_NONE, stdout));
	for (int i = 0; i < DOMICILE_COUNTERS; i++)
		print_count(counters[i].label, status->counted[i]);
	print_count("labels stored", status->module.stored);
	print_count("store failures", status->module.store_failed);
	printf(ROW "%zu %% full\n", "ring",
	       status->ring_size ? status->ring_used * 100 / status->ring_size : 0);
	if (status->tasks)
		print_tasks(status);
}

static void print_table(const struct status *status, bool on)
{
	char since[MOMENT_TEXT_MAX];
	struct utsname name;

	uname(&name);
	printf(ROW "%s%s%s", "enforcing", colour(on ? COLOUR_GREEN : COLOUR_RED, stdout),
	       on ? "yes" : "no", colour(COLOUR_NONE, stdout));
	if (on)
		printf(", since %s", moment_local(since, moment_realtime(
						  status->enforcement.state->started)));
	printf("\n" ROW "%s\n", "kernel", name.release);
	printf(ROW "%s\n", "module", status->module_answers ? status->module.version :
								"not loaded");
	if (on)
		print_enforcing(status);
}

int cmd_status(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "tasks", no_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	cleanup(status_close) struct status status = { .enforcement = ENFORCEMENT_NONE };
	bool json = false, tasks = false;
	int option, err;

	while ((option = command_option("status", help, argc, argv, "h", options)) != -1) {
		json |= option == 'j';
		tasks |= option == 't';
	}
	if (optind < argc)
		return command_usage("status", "takes no arguments");
	if (geteuid())
		return refuse(ANSWER_HOST, "status: uid %u may not look (run as root)", geteuid());
	err = status_read(&status, tasks);
	if (err == -ESTALE)
		return refuse(ANSWER_HOST, "status: %s", enforce_reason(err));
	if (err && err != -ENOENT)
		return refuse(ANSWER_HOST, "status: cannot open the maps in " DOMICILE_PIN_DIR
			      ": %s", strerror(-err));
	if (json)
		print_json(&status, !err);
	else
		print_table(&status, !err);
	return err ? ANSWER_NO : ANSWER_DONE;
}
