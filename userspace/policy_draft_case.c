// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "endpoint.h"
#include "policy_actor.h"
#include "policy_carrier.h"
#include "policy_case.h"
#include "policy_compiler.h"
#include "policy_draft_actor.h"
#include "policy_draft_case.h"
#include "policy_listen.h"
#include "policy_storage.h"
#include "policy_valid.h"
#include "policy_verdict.h"

#define NOT_CARRIER "none"

struct draft_case {
	struct policy_case result; /* without what names stand for */
	struct draft_names labels;
	struct draft_names holds;
	struct draft_name network;
	char *cgroup;
};

static int read_name(struct reader *reader, const struct node *node, void *into)
{
	struct draft_names *names = into;
	struct draft_name *new;

	if (names->count == DOMICILE_LABELS_MAX)
		return reader_refuse(reader, node, "found more than %d labels, expected fewer",
				     DOMICILE_LABELS_MAX) ?: -EINVAL;
	new = ARRAY_ADD(names->list, names->count);
	return new ? draft_read_name(reader, node, new, "a label") : -ENOMEM;
}

/* One label, or a list of them. */
static int read_case_labels(struct reader *reader, const struct node *node, void *into)
{
	struct draft_case *draft = into;

	if (node->type != NODE_SEQUENCE)
		return read_name(reader, node, &draft->labels);
	if (!node->child)
		return reader_refuse(reader, node, "found an empty list, expected a label");
	return reader_list(reader, node, read_name, &draft->labels);
}

static int read_holds(struct reader *reader, const struct node *node, void *into)
{
	struct draft_case *draft = into;

	draft->result.held = true;
	return reader_words(reader, node, read_name, &draft->holds);
}

static int read_case_path(struct reader *reader, const struct node *node, void *into)
{
	struct draft_case *draft = into;
	const char *wrong;

	draft->result.subject = POLICY_SUBJECT_PATH;
	if (node->type != NODE_TEXT || node_empty(node))
		return reader_expected(reader, node, "an absolute path");
	wrong = policy_path_wrong(node->text);
	return wrong ? reader_expected(reader, node, wrong) :
		       draft_text_set(&draft->result.path, node->text);
}

static int read_case_listen(struct reader *reader, const struct node *node, void *into)
{
	struct draft_case *draft = into;
	struct policy_listen listen = {};

	draft->result.subject = POLICY_SUBJECT_LISTEN;
	if (node->type != NODE_TEXT || policy_listen_parse(node->text, &listen))
		return reader_expected(reader, node, "a port such as tcp/8443 or udp/514");
	draft->result.protocol = listen.protocol;
	draft->result.port = listen.port;
	return 0;
}

static int read_endpoint(struct reader *reader, const struct node *node, char **field)
{
	struct endpoint endpoint;

	if (node->type != NODE_TEXT || endpoint_parse(node->text, &endpoint))
		return reader_expected(reader, node, ENDPOINT_SYNTAX);
	return draft_text_set(field, node->text);
}

static int read_case_from(struct reader *reader, const struct node *node, void *into)
{
	struct draft_case *draft = into;

	return read_endpoint(reader, node, &draft->result.from);
}

static int read_to(struct reader *reader, const struct node *node, void *into)
{
	struct draft_case *draft = into;

	return read_endpoint(reader, node, &draft->result.to);
}

static int read_store(struct reader *reader, const struct node *node, void *into)
{
	struct draft_case *draft = into;
	const char *wrong, *near;

	if (node->type != NODE_TEXT || node_empty(node))
		return reader_expected(reader, node, "a type of file system, a UUID, or a path");
	wrong = policy_medium_wrong(policy_medium_kind(node->text), node->text, &near);
	return wrong ? reader_expected_near(reader, node, wrong, near) :
		       draft_text_set(&draft->result.store, node->text);
}

static int read_use(struct reader *reader, const struct node *node, struct policy_case *result,
		    enum domicile_use use)
{
	result->used = true;
	result->use = use;
	return read_actor(reader, node, &result->actor);
}

static int read_case_read(struct reader *reader, const struct node *node, void *into)
{
	struct draft_case *draft = into;

	return read_use(reader, node, &draft->result, DOMICILE_USE_READ);
}

static int read_case_write(struct reader *reader, const struct node *node, void *into)
{
	struct draft_case *draft = into;

	return read_use(reader, node, &draft->result, DOMICILE_USE_WRITE);
}

static int read_case_unit(struct reader *reader, const struct node *node, void *into)
{
	struct draft_case *draft = into;

	draft->result.subject = POLICY_SUBJECT_CGROUP;
	return policy_unit_read(reader, node, &draft->cgroup);
}

static int read_case_cgroup(struct reader *reader, const struct node *node, void *into)
{
	struct draft_case *draft = into;

	draft->result.subject = POLICY_SUBJECT_CGROUP;
	return policy_cgroup_read(reader, node, &draft->cgroup);
}

static const char *carriage_name(unsigned int carriage)
{
	return carriage ? policy_carriage_name(carriage) : NOT_CARRIER;
}

static int read_case_labelled(struct reader *reader, const struct node *node, void *into)
{
	struct draft_case *draft = into;

	return reader_choice(reader, node, carriage_name, 0, DOMICILE_CARRIAGES,
			     "'keep', 'datagrams', 'refuse' or '" NOT_CARRIER "'",
			     &draft->result.carriage);
}

static int read_expect(struct reader *reader, const struct node *node, void *into)
{
	struct draft_case *draft = into;

	return reader_choice(reader, node, policy_verdict_name, DOMICILE_VERDICT_DENY,
			     DOMICILE_VERDICTS, "'allow', 'audit' or 'deny'",
			     &draft->result.expect);
}

static int read_case_rule(struct reader *reader, const struct node *node, void *into)
{
	struct draft_case *draft = into;

	if (node->type != NODE_TEXT || !policy_case_rule_valid(node->text))
		return reader_expected(reader, node, "the line of a rule, or FILE:LINE");
	return draft_text_set(&draft->result.rule, node->text);
}

static int read_case_network(struct reader *reader, const struct node *node, void *into)
{
	struct draft_case *draft = into;

	return draft_read_name(reader, node, &draft->network, "a network");
}

static const struct key case_keys[] = {
	KEY("label", read_case_labels),
	KEY("path", read_case_path),
	KEY("listen", read_case_listen),
	KEY("from", read_case_from),
	KEY("unit", read_case_unit),
	KEY("cgroup", read_case_cgroup),
	KEY("holds", read_holds),
	KEY("labelled", read_case_labelled),
	KEY("to", read_to),
	KEY("store", read_store),
	KEY("read", read_case_read),
	KEY("write", read_case_write),
	KEY("expect", read_expect),
	KEY("rule", read_case_rule),
	KEY("network", read_case_network),
};

/* What is done with the data. */
#define SINKS " to store read write "

/* What a case can be about, and the keys that go with it, each between spaces. */
static const struct {
	const char *subject;
	const char *others;
	const char *needed; /* one of these */
} shapes[] = {
	{ "label", " to store read write expect rule network ", SINKS },
	{ "path", " holds to store read write expect rule network ", " holds" SINKS },
	{ "listen", " from holds to store read write expect rule network ", " holds" SINKS },
	{ "unit", " labelled ", " labelled " },
	{ "cgroup", " labelled ", " labelled " },
};

static bool is_among(const char *name, const char *words)
{
	const char *at = strstr(words, name);

	return at && at[-1] == ' ' && at[strlen(name)] == ' ';
}

static bool has_key(const struct node *mapping, const char *name)
{
	for (const struct node *key = mapping->child; key; key = key->next->next)
		if (!strcmp(key->text, name))
			return true;
	return false;
}

#define WORDS_TEXT_MAX 80

/* "'to', 'expect'" of " to expect " */
static const char *words_text(const char *words, char text[WORDS_TEXT_MAX])
{
	size_t used = 0;

	for (const char *word = words + 1; *word; word += strcspn(word, " ") + 1)
		used += snprintf(text + used, WORDS_TEXT_MAX - used, "%s'%.*s'", used ? ", " : "",
				 (int)strcspn(word, " "), word);
	return text;
}

/* The keys that a case of shape @shape may not have, or lacks. */
static int check_keys(struct reader *reader, const struct node *node, size_t shape)
{
	char words[WORDS_TEXT_MAX];
	bool enough = false;

	for (const struct node *key = node->child; key; key = key->next->next) {
		if (strcmp(key->text, shapes[shape].subject) &&
		    !is_among(key->text, shapes[shape].others))
			return reader_refuse(reader, key, "found '%s' beside '%s', expected %s",
					     key->text, shapes[shape].subject,
					     words_text(shapes[shape].others, words));
		enough |= is_among(key->text, shapes[shape].needed);
	}
	return enough ? 0 : reader_refuse(reader, node, "found a case that expects nothing of "
					  "'%s', expected %s", shapes[shape].subject,
					  words_text(shapes[shape].needed, words));
}

static int check_sinks(struct reader *reader, const struct node *node)
{
	char words[WORDS_TEXT_MAX];
	int sinks = 0;

	for (const struct node *key = node->child; key; key = key->next->next)
		sinks += is_among(key->text, SINKS);
	if (sinks > 1 || (!sinks && has_key(node, "expect")))
		return reader_refuse(reader, node, "found %d of %s, expected one", sinks,
				     words_text(SINKS, words));
	return 0;
}

static int check_case(struct reader *reader, const struct node *node)
{
	static const char *const pairs[][2] = {
		{ "to", "expect" }, { "store", "expect" }, { "read", "expect" },
		{ "write", "expect" }, { "rule", "expect" }, { "network", "to" },
	};
	size_t before = reader->errors->count, shape = 0;
	int err;

	while (shape < COUNT(shapes) && !has_key(node, shapes[shape].subject))
		shape++;
	if (shape == COUNT(shapes))
		return reader_refuse(reader, node, "found no key 'label', 'path', 'listen', 'unit' "
				     "or 'cgroup', expected one of them");
	for (size_t i = 0; i < COUNT(pairs); i++)
		if (has_key(node, pairs[i][0]) && !has_key(node, pairs[i][1]))
			return reader_refuse(reader, node, "found '%s' without '%s', expected both",
					     pairs[i][0], pairs[i][1]);
	err = check_sinks(reader, node);
	return err || reader->errors->count != before ? err : check_keys(reader, node, shape);
}

static int case_start(struct draft_case *draft, struct policy_place place)
{
	struct policy_case *result = &draft->result;

	result->place = place;
	result->network = POLICY_ANYWHERE;
	result->path = strdup("");
	result->from = strdup("");
	result->to = strdup("");
	result->store = strdup("");
	result->rule = strdup("");
	return result->path && result->from && result->to && result->store && result->rule ?
		       0 : -ENOMEM;
}

static int read_case(struct reader *reader, const struct node *node, void *into)
{
	size_t before = reader->errors->count;
	struct draft *draft = into;
	struct draft_case *new;
	int err;

	if (draft->case_count == POLICY_CASES_MAX) {
		reader_refuse(reader, node, "found more than %d cases, expected fewer",
			      POLICY_CASES_MAX);
		return -EINVAL;
	}
	new = ARRAY_ADD(draft->cases, draft->case_count);
	if (!new || case_start(new, reader_place(reader, node)))
		return -ENOMEM;
	err = reader_keys(reader, node, KEYS(case_keys), new);
	return err || reader->errors->count != before ? err : check_case(reader, node);
}

int read_cases(struct reader *reader, const struct node *node, void *into)
{
	return node_empty(node) ? 0 : reader_list(reader, node, read_case, into);
}

/* --- from names to numbers ------------------------------------------------- */

static int take_labels(struct compiler *compiler, const struct draft_names *names,
		       struct domicile_label_set *set)
{
	__u32 label;
	int err = 0;

	for (size_t i = 0; i < names->count && !err; i++) {
		err = resolve_label(compiler, &names->list[i], &label);
		label_set_add(set, label);
	}
	return err;
}

static int take_network(struct compiler *compiler, const struct draft_name *name, __u32 *ret)
{
	__u64 set[POLICY_NETWORKS_MAX / 64] = {};
	int index = name->text ? policy_network_index(compiler->policy, name->text) : -ENOENT;

	if (index >= 0)
		*ret = index;
	return name->text ? resolve_network(compiler, name, set) : 0;
}

static int take_case(struct compiler *compiler, struct draft_case *from)
{
	struct policy_case *result = &from->result;
	int err = take_labels(compiler, &from->labels, &result->labels);

	if (!err)
		err = take_labels(compiler, &from->holds, &result->holds);
	if (!err)
		err = take_network(compiler, &from->network, &result->network);
	if (from->cgroup) {
		free(result->path);
		result->path = from->cgroup;
		from->cgroup = NULL;
	}
	return err;
}

int take_cases(struct compiler *compiler)
{
	struct policy *policy = compiler->policy;
	struct draft *draft = &compiler->draft;
	int err = 0;

	policy->cases = calloc(draft->case_count + 1, sizeof(*policy->cases));
	if (!policy->cases)
		return -ENOMEM;
	for (size_t i = 0; i < draft->case_count && !err; i++) {
		err = take_case(compiler, &draft->cases[i]);
		policy->cases[policy->case_count++] = draft->cases[i].result;
		draft->cases[i].result = (struct policy_case){};
	}
	return err;
}

void draft_cases_free(struct draft *draft)
{
	for (size_t i = 0; i < draft->case_count; i++) {
		struct draft_case *one = &draft->cases[i];

		free(one->result.path);
		free(one->result.from);
		free(one->result.to);
		free(one->result.store);
		policy_actor_free(&one->result.actor);
		free(one->result.rule);
		free(one->cgroup);
		free(one->network.text);
		draft_names_free(&one->labels);
		draft_names_free(&one->holds);
	}
	free(draft->cases);
}
