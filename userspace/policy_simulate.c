// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "in_force.h"
#include "number.h"
#include "plain.h"
#include "policy_simulate.h"
#include "policy_verdict.h"

int simulation_start(struct simulation *simulation, const struct policy *policy)
{
	*simulation = (struct simulation){ .policy = policy, .changes = json_object() };
	return simulation->changes ? 0 : -ENOMEM;
}

void simulation_free(struct simulation *simulation)
{
	json_decref(simulation->changes);
}

static const char *text_of(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static bool is(json_t *object, const char *key, const char *text)
{
	return !strcmp(text_of(object, key), text);
}

/* Decided by where the labels may go, so that another policy may decide otherwise? */
static bool is_decided_by_rules(json_t *record)
{
	if (!is(json_object_get(record, "object"), "kind", "address"))
		return false;
	if (is(record, "verdict", "allow"))
		return is(record, "reason", "network") || is(record, "reason", "resolver");
	return (is(record, "verdict", "deny") || is(record, "verdict", "audit")) &&
	       (is(record, "reason", "network") || is(record, "reason", "no_policy"));
}

/* False: there is a label that the policy does not have, and that may go nowhere. */
static bool labels_find(const struct policy *policy, json_t *names, struct domicile_label_set *set)
{
	bool known = json_array_size(names) > 0;
	json_t *name;
	size_t i;

	json_array_foreach(names, i, name) {
		const char *text = json_string_value(name);
		int index = text ? policy_label_index(policy, text) : -ENOENT;

		if (index >= 0)
			label_set_add(set, index);
		else
			known = false;
	}
	return known;
}

static int endpoint_of(json_t *object, struct endpoint *to)
{
	json_int_t port = json_integer_value(json_object_get(object, "port"));

	if (endpoint_parse(text_of(object, "address"), to) || port < 0 || port > 65535)
		return -EINVAL;
	to->port = port;
	if (is(object, "protocol", "tcp"))
		to->protocol = IPPROTO_TCP;
	else if (is(object, "protocol", "udp"))
		to->protocol = IPPROTO_UDP;
	return 0;
}

static json_t *change_new(const struct simulation *simulation, json_t *record, const char *verdict,
			  const struct policy_ruling *ruling, const struct endpoint *to)
{
	const struct policy_rule *rule = ruling ? ruling->rule : NULL;
	char text[ENDPOINT_TEXT_MAX];
	bool network = ruling && ruling->network != POLICY_ANYWHERE;

	return json_pack("{s:s, s:s, s:s, s:O?, s:O?, s:s, s:s?, s:o, s:i, s:O?}", "from",
			 text_of(record, "verdict"), "to", verdict, "reason",
			 ruling ? policy_ruling_reason(ruling) : "the policy does not have the label",
			 "exe", json_object_get(json_object_get(record, "process"), "exe"), "labels",
			 json_object_get(record, "labels"), "address", endpoint_text(to, text),
			 "network",
			 network ? simulation->policy->networks[ruling->network].name : NULL, "rule",
			 rule ? json_sprintf("%s:%u", rule->place.file, rule->place.line) :
				json_null(),
			 "count", 0, "first", json_object_get(record, "time"));
}

/* Counts a change with others like it. */
static int change_count(struct simulation *simulation, json_t *change, json_t *time)
{
	cleanup(free_memory) char *key = NULL;
	json_t *known, *first = json_incref(json_object_get(change, "first"));
	int err = 0;

	json_object_del(change, "first");
	key = json_dumps(change, JSON_SORT_KEYS);
	known = key ? json_object_get(simulation->changes, key) : NULL;
	if (!key) {
		err = -ENOMEM;
	} else if (!known && json_object_size(simulation->changes) == SIMULATION_CHANGES_MAX) {
		simulation->unlisted++;
	} else if (!known) {
		json_object_set(change, "first", first);
		known = change;
		err = json_object_set(simulation->changes, key, change) ? -ENOMEM : 0;
	}
	json_decref(first);
	if (err || !known)
		return err;
	json_integer_set(json_object_get(known, "count"),
			 json_integer_value(json_object_get(known, "count")) + 1);
	return time && json_object_set(known, "last", time) ? -ENOMEM : 0;
}

static int judge(struct simulation *simulation, json_t *record)
{
	struct domicile_label_set labels = {};
	cleanup(free_json) json_t *change = NULL;
	struct policy_ruling ruling;
	struct endpoint to = {};
	const char *verdict;
	bool known;

	if (endpoint_of(json_object_get(record, "object"), &to)) {
		simulation->foreign++;
		return 0;
	}
	known = labels_find(simulation->policy, json_object_get(record, "labels"), &labels);
	if (known)
		policy_judge(simulation->policy, &labels, &to, &ruling);
	verdict = policy_verdict_name(known ? ruling.verdict : DOMICILE_VERDICT_DENY);
	if (is(record, "verdict", verdict)) {
		simulation->same++;
		return 0;
	}
	simulation->different++;
	change = change_new(simulation, record, verdict, known ? &ruling : NULL, &to);
	return change ? change_count(simulation, change, json_object_get(record, "time")) : -ENOMEM;
}

int simulation_add(struct simulation *simulation, const char *line)
{
	cleanup(free_json) json_t *record = json_loads(line, 0, NULL);

	if (is(record, "type", "loss")) {
		simulation->lost += json_integer_value(json_object_get(record, "count"));
		return 0;
	}
	if (is(record, "type", "log"))
		return 0;
	if (!is(record, "type", "decision")) {
		simulation->foreign++;
		return 0;
	}
	if (!is_decided_by_rules(record)) {
		simulation->aside++;
		return 0;
	}
	return judge(simulation, record);
}

/* --- shown ----------------------------------------------------------------- */

static void print_change(json_t *change, FILE *file)
{
	const char *network = text_of(change, "network"), *rule = text_of(change, "rule");
	char number[NUMBER_TEXT_MAX], labels[4096];

	fprintf(file, "%s, was %s: ", text_of(change, "to"), text_of(change, "from"));
	plain_print(text_of(change, "exe"), file);
	fputs(": ", file);
	plain_print(in_force_names_text(json_object_get(change, "labels"), labels, sizeof(labels)),
		    file);
	fprintf(file, " to %s (%s), %s times: %s", text_of(change, "address"),
		*network ? network : "no named network",
		number_text(number, json_integer_value(json_object_get(change, "count"))),
		text_of(change, "reason"));
	if (*rule)
		fprintf(file, " [%s]", rule);
	fputc('\n', file);
}

static void print_count(unsigned long long count, const char *what, FILE *file)
{
	char text[NUMBER_TEXT_MAX];

	if (count)
		fprintf(file, ", %s %s", number_text(text, count), what);
}

void simulation_print(const struct simulation *simulation, FILE *file)
{
	char different[NUMBER_TEXT_MAX], same[NUMBER_TEXT_MAX];
	const char *key;
	json_t *change;

	json_object_foreach(simulation->changes, key, change)
		print_change(change, file);
	fprintf(file, "%s different, %s the same", number_text(different, simulation->different),
		number_text(same, simulation->same));
	print_count(simulation->unlisted, "of the different are not listed", file);
	print_count(simulation->aside, "not decided by rules", file);
	print_count(simulation->lost, "lost", file);
	print_count(simulation->foreign, "lines that are no record", file);
	fputc('\n', file);
}

json_t *simulation_json(const struct simulation *simulation)
{
	json_t *list = json_array(), *change;
	const char *key;

	json_object_foreach(simulation->changes, key, change)
		json_array_append(list, change);
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "different",
			 (json_int_t)simulation->different, "same", (json_int_t)simulation->same,
			 "unlisted", (json_int_t)simulation->unlisted, "aside",
			 (json_int_t)simulation->aside, "lost", (json_int_t)simulation->lost,
			 "foreign", (json_int_t)simulation->foreign, "changes", list);
}
