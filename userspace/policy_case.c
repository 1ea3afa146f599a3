// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "path.h"
#include "policy_access_rule.h"
#include "policy_actor.h"
#include "policy_carrier.h"
#include "policy_case.h"
#include "policy_listen.h"
#include "policy_storage.h"
#include "policy_store_rule.h"
#include "policy_valid.h"
#include "policy_verdict.h"

/* --- sound? ---------------------------------------------------------------- */

bool policy_case_rule_valid(const char *text)
{
	const char *line = strrchr(text, ':');

	if (line == text)
		return false;
	line = line ? line + 1 : text;
	return *line != '0' && *line && strlen(line) <= 9 &&
	       strspn(line, "0123456789") == strlen(line);
}

static bool endpoint_sound(const char *text)
{
	struct endpoint endpoint;

	return !*text || !endpoint_parse(text, &endpoint);
}

static bool subject_sound(const struct policy_case *one)
{
	struct policy_listen listen = { .protocol = one->protocol, .port = one->port };

	switch (one->subject) {
	case POLICY_SUBJECT_LABELS:
		return !label_set_empty(&one->labels);
	case POLICY_SUBJECT_PATH:
		return !policy_path_wrong(one->path);
	case POLICY_SUBJECT_LISTEN:
		return policy_listen_valid(&listen);
	case POLICY_SUBJECT_CGROUP:
		return !policy_cgroup_wrong(one->path);
	default:
		return false;
	}
}

static bool medium_sound(const char *text)
{
	const char *near;

	return !*text || !policy_medium_wrong(policy_medium_kind(text), text, &near);
}

/* Sent, stored, or used, and no two of them. */
static bool sink_sound(const struct policy_case *one)
{
	int sinks = !!*one->to + !!*one->store + one->used;

	return sinks <= 1 && !one->expect == !sinks &&
	       (*one->to || one->network == POLICY_ANYWHERE) && one->use < DOMICILE_USES &&
	       (!one->used || policy_actor_valid(&one->actor));
}

bool policy_case_valid(const struct policy_case *one)
{
	return subject_sound(one) && endpoint_sound(one->from) && endpoint_sound(one->to) &&
	       medium_sound(one->store) && sink_sound(one) && one->expect < DOMICILE_VERDICTS &&
	       one->carriage < DOMICILE_CARRIAGES &&
	       (!*one->rule || policy_case_rule_valid(one->rule));
}

/* --- what the policy says -------------------------------------------------- */

/* A file inherits from every directory above it that is a source. */
static void labels_of_path(const struct policy *policy, const char *path,
			   struct domicile_label_set *set)
{
	for (size_t i = 0; i < policy->source_count; i++)
		if (!strcmp(policy->sources[i].path, path) ||
		    path_is_below(path, policy->sources[i].path))
			label_set_add(set, policy->sources[i].label);
}

static bool class_has(const struct policy_class *class, __u32 network)
{
	for (size_t i = 0; i < class->network_count; i++)
		if (class->networks[i] == network)
			return true;
	return false;
}

static void labels_of_arrival(const struct policy *policy, const struct policy_case *one,
			      struct domicile_label_set *set)
{
	const struct policy_class *class = &policy->classes[0];
	struct endpoint from;

	if (!endpoint_parse(one->from, &from))
		class = &policy->classes[policy_span_of(policy, &from.address).class];
	for (size_t i = 0; i < policy->listen_count; i++) {
		const struct policy_listen *listen = &policy->listens[i];

		if (listen->protocol == one->protocol && listen->port == one->port &&
		    (listen->network == POLICY_ANYWHERE || class_has(class, listen->network)))
			label_set_add(set, listen->label);
	}
}

static struct domicile_label_set labels_of(const struct policy *policy,
					   const struct policy_case *one)
{
	struct domicile_label_set set = one->labels;

	if (one->subject == POLICY_SUBJECT_PATH)
		labels_of_path(policy, one->path, &set);
	else if (one->subject == POLICY_SUBJECT_LISTEN)
		labels_of_arrival(policy, one, &set);
	return set;
}

static __u32 carriage_of(const struct policy *policy, const char *cgroup)
{
	for (size_t i = 0; i < policy->carrier_count; i++)
		if (!strcmp(policy->carriers[i].cgroup, cgroup) ||
		    path_is_below(cgroup, policy->carriers[i].cgroup))
			return policy->carriers[i].carriage;
	return 0;
}

/* Is @place what a case in @file calls @rule? Files may be named by the end of their path. */
static bool rule_is(const char *rule, const char *file, const struct policy_place *place)
{
	const char *line = strrchr(rule, ':');
	size_t size = line ? line - rule : 0, length = strlen(place->file);

	if (strtoul(line ? line + 1 : rule, NULL, 10) != place->line)
		return false;
	if (!line)
		return !strcmp(place->file, file);
	return size <= length && !strncmp(place->file + length - size, rule, size) &&
	       (size == length || place->file[length - size - 1] == '/');
}

static bool ruling_passes(const struct policy_case *one, const struct policy_ruling *ruling)
{
	if (ruling->verdict != one->expect)
		return false;
	if (one->network != POLICY_ANYWHERE && ruling->network != one->network)
		return false;
	return !*one->rule ||
	       (ruling->rule && rule_is(one->rule, one->place.file, &ruling->rule->place));
}

/* --- as text --------------------------------------------------------------- */

static void print_labels(const struct policy *policy, const struct domicile_label_set *set,
			 FILE *file)
{
	const char *between = "";

	for (size_t i = 0; i < policy->label_count; i++) {
		if (!label_set_has(set, i))
			continue;
		fprintf(file, "%s%s", between, policy->labels[i].name);
		between = ", ";
	}
	if (!*between)
		fputs("no label", file);
}

static void print_about(const struct policy *policy, const struct policy_case *one, FILE *file)
{
	struct policy_listen listen = { .protocol = one->protocol, .port = one->port };
	char text[POLICY_LISTEN_TEXT_MAX], actor[POLICY_ACTOR_TEXT_MAX];

	if (one->subject == POLICY_SUBJECT_LABELS)
		print_labels(policy, &one->labels, file);
	else if (one->subject == POLICY_SUBJECT_LISTEN)
		fprintf(file, "%s from %s", policy_listen_text(&listen, text),
			*one->from ? one->from : "anybody");
	else
		fputs(one->path, file);
	if (*one->to)
		fprintf(file, " to %s", one->to);
	if (*one->store)
		fprintf(file, " on %s", one->store);
	if (one->used)
		fprintf(file, " %s by %s", one->use == DOMICILE_USE_READ ? "read" : "changed",
			policy_actor_text(&one->actor, actor));
}

static void print_expected(const struct policy *policy, const struct policy_case *one, FILE *file)
{
	if (one->subject == POLICY_SUBJECT_CGROUP)
		fputs(one->carriage ? policy_carriage_name(one->carriage) : "no carrier", file);
	if (one->held)
		print_labels(policy, &one->holds, file);
	if (one->expect)
		fprintf(file, "%s%s", one->held ? ", and " : "", policy_verdict_name(one->expect));
	if (*one->rule)
		fprintf(file, " by rule %s", one->rule);
	if (one->network != POLICY_ANYWHERE)
		fprintf(file, " in %s", policy->networks[one->network].name);
}

static void print_got(const struct policy *policy, const struct policy_case *one,
		      const struct domicile_label_set *labels, const struct policy_ruling *ruling,
		      FILE *file)
{
	__u32 carriage;

	if (one->subject == POLICY_SUBJECT_CGROUP) {
		carriage = carriage_of(policy, one->path);
		fputs(carriage ? policy_carriage_name(carriage) : "no carrier", file);
	}
	if (one->held)
		print_labels(policy, labels, file);
	if (!one->expect)
		return;
	fprintf(file, "%s%s", one->held ? ", and " : "", policy_verdict_name(ruling->verdict));
	if (ruling->rule)
		fprintf(file, " by rule %s:%u", ruling->rule->place.file, ruling->rule->place.line);
	if (*one->to)
		fprintf(file, " in %s", ruling->network == POLICY_ANYWHERE ?
						"no named network" :
						policy->networks[ruling->network].name);
}

/* --- run ------------------------------------------------------------------- */

/* Data without a label goes everywhere, and may be stored anywhere and used by anybody. */
static struct policy_ruling ruling_of(const struct policy *policy, const struct policy_case *one,
				      const struct domicile_label_set *labels)
{
	struct policy_ruling ruling = {
		.verdict = DOMICILE_VERDICT_ALLOW,
		.network = POLICY_ANYWHERE,
	};
	struct access_verdict used;
	struct store_verdict stored;
	struct endpoint to;

	if (label_set_empty(labels))
		return ruling;
	if (!endpoint_parse(one->to, &to))
		policy_judge(policy, labels, &to, &ruling);
	if (*one->store) {
		policy_store_judge(policy, labels, &(struct store_target){ NULL, one->store },
				   &stored);
		ruling.verdict = stored.verdict;
		ruling.rule = stored.rule;
	}
	if (one->used) {
		policy_access_judge(policy, labels, one->use, &one->actor, &used);
		ruling.verdict = used.verdict;
		ruling.rule = used.rule;
	}
	return ruling;
}

static bool case_passes(const struct policy *policy, const struct policy_case *one,
			const struct domicile_label_set *labels, const struct policy_ruling *ruling)
{
	if (one->subject == POLICY_SUBJECT_CGROUP)
		return carriage_of(policy, one->path) == one->carriage;
	if (one->held && memcmp(labels, &one->holds, sizeof(*labels)))
		return false;
	return !one->expect || ruling_passes(one, ruling);
}

static int texts_make(const struct policy *policy, const struct policy_case *one,
		      const struct domicile_label_set *labels, const struct policy_ruling *ruling,
		      struct policy_case_result *ret)
{
	char **texts[] = { &ret->about, &ret->expected, &ret->got };
	size_t size;

	for (int i = 0; i < 3; i++) {
		FILE *stream = open_memstream(texts[i], &size);

		if (!stream)
			return -ENOMEM;
		if (i == 0)
			print_about(policy, one, stream);
		else if (i == 1)
			print_expected(policy, one, stream);
		else
			print_got(policy, one, labels, ruling, stream);
		if (fclose(stream))
			return -ENOMEM;
	}
	return 0;
}

int policy_case_run(const struct policy *policy, const struct policy_case *one,
		    struct policy_case_result *ret)
{
	struct domicile_label_set labels = labels_of(policy, one);
	struct policy_ruling ruling = ruling_of(policy, one, &labels);
	struct policy_case_result result = {};
	int err = texts_make(policy, one, &labels, &ruling, &result);

	if (err) {
		policy_case_result_free(&result);
		return err;
	}
	result.passed = case_passes(policy, one, &labels, &ruling);
	*ret = result;
	return 0;
}

void policy_case_result_free(struct policy_case_result *result)
{
	free(result->about);
	free(result->expected);
	free(result->got);
	*result = (struct policy_case_result){};
}
