// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "policy_storage.h"
#include "policy_store_rule.h"
#include "policy_verdict.h"

static void ruling_add(struct store_ruling *ruling, const struct policy_rule *rule)
{
	if (!rule->stores)
		return;
	if (!ruling->rule || (rule->store_mode == POLICY_ENFORCE && ruling->mode == POLICY_AUDIT)) {
		ruling->rule = rule;
		ruling->mode = rule->store_mode;
	}
	for (size_t i = 0; i < rule->storage_count; i++)
		if (!ruling->allowing[rule->storages[i]])
			ruling->allowing[rule->storages[i]] = rule;
}

void store_ruling_make(const struct policy *policy, __u32 label, struct store_ruling *ruling)
{
	*ruling = (struct store_ruling){ 0 };
	for (size_t i = 0; i < policy->rule_count; i++)
		if (policy->rules[i].label == label)
			ruling_add(ruling, &policy->rules[i]);
	if (!ruling->rule && policy->defaults)
		ruling_add(ruling, policy->defaults);
}

static bool is_mounted_at(const char *path, const struct mount *mount)
{
	struct mount at;

	return !mount_of(path, &at) && at.dev == mount->dev;
}

static bool medium_is_mount(const struct policy_medium *medium, const struct mount *mount)
{
	__u8 uuid[DOMICILE_MEDIUM_ID_SIZE];

	switch (medium->kind) {
	case DOMICILE_MEDIUM_TYPE:
		return !strcmp(medium->text, mount->type);
	case DOMICILE_MEDIUM_UUID:
		policy_medium_uuid(medium->text, uuid);
		return mount->has_uuid && !memcmp(uuid, mount->uuid, sizeof(uuid));
	default:
		return is_mounted_at(medium->text, mount);
	}
}

static bool medium_is(const struct policy_medium *medium, const struct store_target *on)
{
	if (on->mount)
		return medium_is_mount(medium, on->mount);
	return medium->kind == policy_medium_kind(on->medium) &&
	       !(medium->kind == DOMICILE_MEDIUM_UUID ? strcasecmp(medium->text, on->medium) :
							strcmp(medium->text, on->medium));
}

int store_ruling_find(const struct policy *policy, const struct store_ruling *ruling,
		      const struct store_target *on)
{
	for (size_t i = 0; i < policy->storage_count; i++)
		for (size_t j = 0; ruling->allowing[i] && j < policy->storages[i].medium_count; j++)
			if (medium_is(&policy->storages[i].media[j], on))
				return i;
	return -ENOENT;
}

/* --- verdicts -------------------------------------------------------------- */

static void label_judge(const struct policy *policy, __u32 label, const struct store_target *on,
			struct store_verdict *ret)
{
	struct store_ruling ruling;

	store_ruling_make(policy, label, &ruling);
	*ret = (struct store_verdict){ .verdict = DOMICILE_VERDICT_ALLOW, .label = label,
				       .rule = ruling.rule, .storage = -ENOENT };
	if (!ruling.rule) {
		ret->reason = "no rule says where it may be stored";
		return;
	}
	ret->storage = store_ruling_find(policy, &ruling, on);
	if (ret->storage >= 0) {
		ret->rule = ruling.allowing[ret->storage];
		ret->reason = "a rule lets it be stored there";
		return;
	}
	ret->reason = "no rule lets it be stored there";
	ret->verdict = ruling.mode == POLICY_AUDIT ? DOMICILE_VERDICT_AUDIT : DOMICILE_VERDICT_DENY;
}

/* Whatever the rules say. */
static const char *type_reason(const char *type, enum domicile_verdict *verdict)
{
	*verdict = DOMICILE_VERDICT_ALLOW;
	if (!strcmp(type, "overlay"))
		return "an overlay has its data on the file systems below it";
	*verdict = DOMICILE_VERDICT_DENY;
	return policy_type_keeps_labels(type) ? NULL : "that file system keeps no labels";
}

void policy_store_judge(const struct policy *policy, const struct domicile_label_set *labels,
			const struct store_target *on, struct store_verdict *ret)
{
	bool first = true;

	for (__u32 label = 0; label < policy->label_count; label++) {
		struct store_verdict verdict;

		if (!label_set_has(labels, label))
			continue;
		label_judge(policy, label, on, &verdict);
		if (first || policy_verdict_is_stricter(verdict.verdict, ret->verdict))
			*ret = verdict;
		first = false;
	}
	if (on->mount) {
		enum domicile_verdict verdict;
		const char *reason = type_reason(on->mount->type, &verdict);

		if (reason)
			*ret = (struct store_verdict){ .verdict = verdict, .label = ret->label,
						       .storage = -ENOENT, .reason = reason };
	}
}
