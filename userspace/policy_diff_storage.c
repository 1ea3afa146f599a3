// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include <jansson.h>

#include "cleanup.h"
#include "policy_diff.h"
#include "policy_store_rule.h"
#include "policy_verdict.h"

/* What one policy says of one label. */
struct side {
	enum domicile_verdict elsewhere; /* on what no rule names */
	json_t *media; /* file systems that rules name, as keys of a set */
};

static void side_free(struct side *side)
{
	json_decref(side->media);
}

static int media_add(json_t *media, const struct policy_storage *storage)
{
	int err = 0;

	for (size_t i = 0; i < storage->medium_count && !err; i++)
		err = json_object_set_new(media, storage->media[i].text, json_true());
	return err;
}

/* @label: index or -ENOENT. A label that the policy does not have goes anywhere by it. */
static int side_make(struct side *side, const struct policy *policy, int label)
{
	struct store_ruling ruling = { 0 };
	int err = 0;

	*side = (struct side){ DOMICILE_VERDICT_ALLOW, json_object() };
	if (label >= 0)
		store_ruling_make(policy, label, &ruling);
	if (ruling.rule)
		side->elsewhere = ruling.mode == POLICY_AUDIT ? DOMICILE_VERDICT_AUDIT :
								DOMICILE_VERDICT_DENY;
	for (size_t i = 0; i < policy->storage_count && !err; i++)
		if (ruling.allowing[i])
			err = media_add(side->media, &policy->storages[i]);
	return err || !side->media ? -1 : 0;
}

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
	return side->elsewhere == other->elsewhere && json_equal(side->media, other->media);
}

/* Where everything is allowed nothing need be named, and nothing is taken away. */
static json_t *change_json(const char *label, const struct side *old, const struct side *new)
{
	json_t *none = json_object(), *change;
	bool named = new->elsewhere != DOMICILE_VERDICT_ALLOW;
	bool was_named = old->elsewhere != DOMICILE_VERDICT_ALLOW;

	change = json_pack("{s:s, s:{s:s, s:s}, s:o, s:o}", "label", label, "elsewhere", "from",
			   policy_verdict_name(old->elsewhere), "to",
			   policy_verdict_name(new->elsewhere), "allowed",
			   only_in(named ? new->media : none, old->media), "removed",
			   only_in(named && was_named ? old->media : none, new->media));
	json_decref(none);
	return change;
}

static int label_diff(const struct policy *before, const struct policy *after, const char *label,
		      json_t *list)
{
	cleanup(side_free) struct side old = { 0 }, new = { 0 };

	if (side_make(&old, before, policy_label_index(before, label)) ||
	    side_make(&new, after, policy_label_index(after, label)))
		return -1;
	return side_is(&old, &new) ? 0 : json_array_append_new(list, change_json(label, &old,
										 &new));
}

json_t *policy_diff_storage(const struct policy *before, const struct policy *after)
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
