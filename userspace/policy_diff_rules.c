// SPDX-License-Identifier: GPL-2.0-only
/* Rules that keep what they are about to those that they name: storage, read and write. */
#include <string.h>

#include <jansson.h>

#include "cleanup.h"
#include "policy_actor.h"
#include "policy_diff.h"
#include "policy_store_rule.h"
#include "policy_verdict.h"

/* What one policy says of one label. */
struct side {
	enum domicile_verdict elsewhere; /* on what no rule names */
	json_t *named; /* what rules name, as keys of a set */
};

/* Adds what @policy says of @label to @side. Nonzero: no memory. */
typedef int (*side_fn)(struct side *side, const struct policy *policy, __u32 label);

static void side_free(struct side *side)
{
	json_decref(side->named);
}

static enum domicile_verdict verdict_of(enum policy_mode mode)
{
	return mode == POLICY_AUDIT ? DOMICILE_VERDICT_AUDIT : DOMICILE_VERDICT_DENY;
}

/* @label: index or -ENOENT. A label that the policy does not have is free by it. */
static int side_make(struct side *side, side_fn fill, const struct policy *policy, int label)
{
	*side = (struct side){ DOMICILE_VERDICT_ALLOW, json_object() };
	if (!side->named)
		return -1;
	return label < 0 ? 0 : fill(side, policy, label);
}

static int fill_storage(struct side *side, const struct policy *policy, __u32 label)
{
	struct store_ruling ruling;
	int err = 0;

	store_ruling_make(policy, label, &ruling);
	if (ruling.rule)
		side->elsewhere = verdict_of(ruling.mode);
	for (size_t i = 0; i < policy->storage_count; i++)
		for (size_t j = 0; ruling.allowing[i] && j < policy->storages[i].medium_count; j++)
			err |= json_object_set_new(side->named, policy->storages[i].media[j].text,
						   json_true());
	return err;
}

static int fill_access(struct side *side, const struct policy *policy, __u32 label,
		       enum domicile_use use)
{
	char text[POLICY_ACTOR_TEXT_MAX];
	int err = 0;

	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct policy_access *access = &policy->rules[i].access[use];

		if (policy->rules[i].label != label || !access->ruled)
			continue;
		if (policy_verdict_is_stricter(verdict_of(access->mode), side->elsewhere))
			side->elsewhere = verdict_of(access->mode);
		for (size_t j = 0; j < access->actor_count; j++)
			err |= json_object_set_new(side->named,
						   policy_actor_text(&access->actors[j], text),
						   json_true());
	}
	return err;
}

static int fill_read(struct side *side, const struct policy *policy, __u32 label)
{
	return fill_access(side, policy, label, DOMICILE_USE_READ);
}

static int fill_write(struct side *side, const struct policy *policy, __u32 label)
{
	return fill_access(side, policy, label, DOMICILE_USE_WRITE);
}

static const struct {
	const char *name;
	side_fn fill;
} kinds[] = {
	{ "storage", fill_storage },
	{ "read", fill_read },
	{ "write", fill_write },
};

static json_t *only_in(json_t *set, json_t *other)
{
	json_t *list = json_array(), *value;
	const char *key;

	json_object_foreach(set, key, value)
		if (!json_object_get(other, key))
			json_array_append_new(list, json_string(key));
	return list;
}

static bool side_is(const struct side *side, const struct side *other)
{
	return side->elsewhere == other->elsewhere && json_equal(side->named, other->named);
}

/* Where everything is allowed nothing need be named, and nothing is taken away. */
static json_t *change_json(const char *kind, const char *label, const struct side *old,
			   const struct side *new)
{
	json_t *none = json_object(), *change;
	bool limited = new->elsewhere != DOMICILE_VERDICT_ALLOW;
	bool was_limited = old->elsewhere != DOMICILE_VERDICT_ALLOW;

	change = json_pack("{s:s, s:s, s:{s:s, s:s}, s:o, s:o}", "rule", kind, "label", label,
			   "elsewhere", "from", policy_verdict_name(old->elsewhere), "to",
			   policy_verdict_name(new->elsewhere), "allowed",
			   only_in(limited ? new->named : none, old->named), "removed",
			   only_in(limited && was_limited ? old->named : none, new->named));
	json_decref(none);
	return change;
}

static int kind_diff(size_t kind, const struct policy *before, const struct policy *after,
		     const char *label, json_t *list)
{
	cleanup(side_free) struct side old = { 0 }, new = { 0 };

	if (side_make(&old, kinds[kind].fill, before, policy_label_index(before, label)) ||
	    side_make(&new, kinds[kind].fill, after, policy_label_index(after, label)))
		return -1;
	if (side_is(&old, &new))
		return 0;
	return json_array_append_new(list, change_json(kinds[kind].name, label, &old, &new));
}

static int label_diff(const struct policy *before, const struct policy *after, const char *label,
		      json_t *list)
{
	int err = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds) && !err; i++)
		err = kind_diff(i, before, after, label, list);
	return err;
}

json_t *policy_diff_rules(const struct policy *before, const struct policy *after)
{
	json_t *list = json_array();
	int err = 0;

	for (size_t i = 0; i < after->label_count && !err; i++)
		err = label_diff(before, after, after->labels[i].name, list);
	for (size_t i = 0; i < before->label_count && !err; i++)
		if (policy_label_index(after, before->labels[i].name) < 0)
			err = label_diff(before, after, before->labels[i].name, list);
	if (!err)
		return list;
	json_decref(list);
	return NULL;
}
