// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "path.h"
#include "policy_access_rule.h"
#include "policy_verdict.h"

/* Is @who all that @actor says? */
static bool actor_is(const struct policy_actor *actor, const struct policy_actor *who)
{
	if (actor->program && (!who->program || strcmp(actor->program, who->program)))
		return false;
	if (actor->has_uid && (!who->has_uid || actor->uid != who->uid))
		return false;
	return !actor->cgroup || (who->cgroup && (!strcmp(actor->cgroup, who->cgroup) ||
						  path_is_below(who->cgroup, actor->cgroup)));
}

static bool access_names(const struct policy_access *access, const struct policy_actor *who)
{
	for (size_t i = 0; i < access->actor_count; i++)
		if (actor_is(&access->actors[i], who))
			return true;
	return false;
}

static enum domicile_verdict verdict_of(const struct policy_access *access)
{
	return access->mode == POLICY_AUDIT ? DOMICILE_VERDICT_AUDIT : DOMICILE_VERDICT_DENY;
}

/* A rule that names @who decides, else the strictest. */
static void label_judge(const struct policy *policy, __u32 label, enum domicile_use use,
			const struct policy_actor *who, struct access_verdict *ret)
{
	*ret = (struct access_verdict){ .verdict = DOMICILE_VERDICT_ALLOW, .label = label,
					.reason = "no rule says who may" };
	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct policy_rule *rule = &policy->rules[i];
		const struct policy_access *access = &rule->access[use];

		if (rule->label != label || !access->ruled)
			continue;
		if (access_names(access, who)) {
			ret->verdict = DOMICILE_VERDICT_ALLOW;
			ret->rule = rule;
			ret->reason = "a rule lets that process";
			return;
		}
		if (!policy_verdict_is_stricter(verdict_of(access), ret->verdict))
			continue;
		ret->verdict = verdict_of(access);
		ret->rule = rule;
		ret->reason = "no rule lets that process";
	}
}

void policy_access_judge(const struct policy *policy, const struct domicile_label_set *labels,
			 enum domicile_use use, const struct policy_actor *who,
			 struct access_verdict *ret)
{
	bool first = true;

	for (__u32 label = 0; label < policy->label_count; label++) {
		struct access_verdict verdict;

		if (!label_set_has(labels, label))
			continue;
		label_judge(policy, label, use, who, &verdict);
		if (first || policy_verdict_is_stricter(verdict.verdict, ret->verdict))
			*ret = verdict;
		first = false;
	}
}
