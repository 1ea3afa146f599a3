// SPDX-License-Identifier: GPL-2.0-only
/* From the rules of a draft to those of a policy. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy_compiler.h"

static int rule_compare(const void *a, const void *b)
{
	const struct policy_rule *left = a, *right = b;
	int order = strcmp(left->place.file, right->place.file);

	if (left->label != right->label)
		return left->label < right->label ? -1 : 1;
	if (order)
		return order;
	if (left->place.line != right->place.line)
		return left->place.line < right->place.line ? -1 : 1;
	return left->place.column < right->place.column ? -1 :
	       left->place.column > right->place.column;
}

static int take_places(struct compiler *compiler, const struct draft_names *names, __u32 **ret,
		       size_t *ret_count)
{
	__u64 set[POLICY_STORAGES_MAX / 64] = {};
	int err = 0;

	for (size_t i = 0; i < names->count && !err; i++)
		err = resolve_storage(compiler, &names->list[i], set);
	return err ? err : list_members(set, compiler->policy->storage_count, ret, ret_count);
}

static int take_networks(struct compiler *compiler, const struct draft_names *names, __u32 **ret,
			 size_t *ret_count)
{
	__u64 set[POLICY_NETWORKS_MAX / 64] = {};
	int err = 0;

	for (size_t i = 0; i < names->count && !err; i++)
		err = resolve_network(compiler, &names->list[i], set);
	return err ? err : list_members(set, compiler->policy->network_count, ret, ret_count);
}

static int take_rule(struct compiler *compiler, struct draft_rule *draft,
		     struct policy_rule *rule)
{
	int err;

	rule->place = draft->place;
	rule->mode = draft->mode;
	rule->limits = draft->limits;
	rule->stores = draft->stores;
	rule->store_mode = draft->store_mode;
	memcpy(rule->access, draft->access, sizeof(rule->access));
	memset(draft->access, 0, sizeof(draft->access));
	err = take_networks(compiler, &draft->allow, &rule->networks, &rule->network_count);
	if (!err)
		err = take_networks(compiler, &draft->deny, &rule->denied, &rule->denied_count);
	if (!err)
		err = take_places(compiler, &draft->storages, &rule->storages,
				  &rule->storage_count);
	return err;
}

static int take_defaults(struct compiler *compiler)
{
	struct policy_rule *rule = calloc(1, sizeof(*rule));

	compiler->policy->defaults = rule;
	return rule ? take_rule(compiler, compiler->draft.defaults, rule) : -ENOMEM;
}

/* The kernel has one list of them for all rules. */
static int check_actors(struct compiler *compiler)
{
	const struct policy *policy = compiler->policy;
	size_t count = 0;

	for (size_t i = 0; i < policy->rule_count; i++) {
		count += policy_rule_actors(&policy->rules[i]);
		if (count > DOMICILE_ACTORS_MAX)
			return policy_error_add(compiler->errors, &policy->rules[i].place,
						"found more than %d members in the lists of 'read' "
						"and 'write' of all rules, expected fewer; put "
						"programs that do the same into one slice, and name "
						"that", DOMICILE_ACTORS_MAX);
	}
	return 0;
}

int take_rules(struct compiler *compiler)
{
	struct policy *policy = compiler->policy;
	struct draft *draft = &compiler->draft;
	int err = draft->defaults ? take_defaults(compiler) : 0;

	policy->rules = calloc(draft->rule_count + 1, sizeof(*policy->rules));
	if (!policy->rules)
		return -ENOMEM;
	for (size_t i = 0; i < draft->rule_count && !err; i++) {
		struct policy_rule *rule = &policy->rules[policy->rule_count++];

		err = resolve_label(compiler, &draft->rules[i].label, &rule->label);
		if (!err)
			err = take_rule(compiler, &draft->rules[i], rule);
	}
	/* Not what is left half done: it has no place. */
	if (err)
		return err;
	qsort(policy->rules, policy->rule_count, sizeof(*policy->rules), rule_compare);
	return check_actors(compiler);
}
