// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "policy_draft_actor.h"
#include "policy_draft_rule.h"
#include "suggest.h"

static const struct draft_kind places = { "a place", "places", POLICY_STORAGES_MAX };
static const struct draft_kind networks = { "a network", "networks", POLICY_NETWORKS_MAX };

static int read_label(struct reader *reader, const struct node *node, void *into)
{
	struct draft_rule *rule = into;

	return draft_read_name(reader, node, &rule->label, "a label");
}

static int read_mode(struct reader *reader, const struct node *node, enum policy_mode *ret)
{
	struct suggestion suggestion;

	if (node->type != NODE_TEXT)
		return reader_expected(reader, node, "'enforce' or 'audit'");
	suggest_start(&suggestion, node->text);
	for (int mode = 0; mode < POLICY_MODES; mode++) {
		if (!strcmp(node->text, policy_mode_name(mode))) {
			*ret = mode;
			return 0;
		}
		suggest_offer(&suggestion, policy_mode_name(mode));
	}
	return reader_expected_near(reader, node, "'enforce' or 'audit'", suggestion.nearest);
}

/* egress: */

static int read_egress_allow(struct reader *reader, const struct node *node, void *into)
{
	struct draft_rule *rule = into;

	rule->limits = true;
	return draft_read_names(reader, node, &rule->allow, &networks);
}

static int read_egress_deny(struct reader *reader, const struct node *node, void *into)
{
	struct draft_rule *rule = into;

	return draft_read_names(reader, node, &rule->deny, &networks);
}

static int read_egress_mode(struct reader *reader, const struct node *node, void *into)
{
	struct draft_rule *rule = into;

	return read_mode(reader, node, &rule->mode);
}

static const struct key egress_keys[] = {
	KEY("allow", read_egress_allow),
	KEY("deny", read_egress_deny),
	KEY("mode", read_egress_mode),
};

static int read_egress(struct reader *reader, const struct node *node, void *into)
{
	int err = reader_keys(reader, node, KEYS(egress_keys), into);

	return err ? err : reader_needs_one(reader, node, KEYS(egress_keys), 2);
}

/* storage: */

static int read_storage_allow(struct reader *reader, const struct node *node, void *into)
{
	struct draft_rule *rule = into;

	return draft_read_names(reader, node, &rule->storages, &places);
}

static int read_storage_mode(struct reader *reader, const struct node *node, void *into)
{
	struct draft_rule *rule = into;

	return read_mode(reader, node, &rule->store_mode);
}

static const struct key storage_keys[] = {
	REQUIRED("allow", read_storage_allow),
	KEY("mode", read_storage_mode),
};

static int read_storage(struct reader *reader, const struct node *node, void *into)
{
	struct draft_rule *rule = into;

	rule->stores = true;
	return reader_keys(reader, node, KEYS(storage_keys), into);
}

/* read: and write: */

static int read_access_mode(struct reader *reader, const struct node *node, void *into)
{
	struct policy_access *access = into;

	return read_mode(reader, node, &access->mode);
}

static const struct key access_keys[] = {
	REQUIRED("allow", read_actors),
	KEY("mode", read_access_mode),
};

static int read_access(struct reader *reader, const struct node *node,
		       struct policy_access *access)
{
	access->ruled = true;
	return reader_keys(reader, node, KEYS(access_keys), access);
}

static int read_read(struct reader *reader, const struct node *node, void *into)
{
	struct draft_rule *rule = into;

	return read_access(reader, node, &rule->access[DOMICILE_USE_READ]);
}

static int read_write(struct reader *reader, const struct node *node, void *into)
{
	struct draft_rule *rule = into;

	return read_access(reader, node, &rule->access[DOMICILE_USE_WRITE]);
}

/* The rule. */

#define RULE_SAYS 4 /* the first keys, of which it needs one */
#define DEFAULTS_SAY 2

static const struct key rule_keys[] = {
	KEY("egress", read_egress),
	KEY("storage", read_storage),
	KEY("read", read_read),
	KEY("write", read_write),
	REQUIRED("label", read_label),
};

static int read_rule(struct reader *reader, const struct node *node, void *into)
{
	struct draft *draft = into;
	struct draft_rule *new;
	int err;

	if (draft->rule_count == POLICY_RULES_MAX) {
		reader_refuse(reader, node, "found more than %d rules, expected fewer",
			      POLICY_RULES_MAX);
		return -EINVAL;
	}
	new = ARRAY_ADD(draft->rules, draft->rule_count);
	if (!new)
		return -ENOMEM;
	new->place = reader_place(reader, node);
	err = reader_keys(reader, node, KEYS(rule_keys), new);
	return err ? err : reader_needs_one(reader, node, KEYS(rule_keys), RULE_SAYS);
}

int read_rules(struct reader *reader, const struct node *node, void *into)
{
	return node_empty(node) ? 0 : reader_list(reader, node, read_rule, into);
}

static const struct key defaults_keys[] = {
	KEY("egress", read_egress),
	KEY("storage", read_storage),
};

int read_defaults(struct reader *reader, const struct node *node, void *into)
{
	struct draft *draft = into;
	int err;

	if (node_empty(node))
		return 0;
	if (draft->defaults)
		return reader_refuse(reader, node, "found 'defaults' again, expected it once; the "
				     "first is at %s:%u:%u", draft->defaults->place.file,
				     draft->defaults->place.line, draft->defaults->place.column);
	draft->defaults = calloc(1, sizeof(*draft->defaults));
	if (!draft->defaults)
		return -ENOMEM;
	draft->defaults->place = reader_place(reader, node);
	err = reader_keys(reader, node, KEYS(defaults_keys), draft->defaults);
	return err ? err : reader_needs_one(reader, node, KEYS(defaults_keys), DEFAULTS_SAY);
}

void draft_rule_free(struct draft_rule *rule)
{
	draft_names_free(&rule->allow);
	draft_names_free(&rule->deny);
	draft_names_free(&rule->storages);
	for (int use = 0; use < DOMICILE_USES; use++)
		policy_access_free(&rule->access[use]);
	free(rule->label.text);
}
