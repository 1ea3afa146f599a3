// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include <jansson.h>

#include "cleanup.h"
#include "policy_access_rule.h"
#include "policy_actor.h"
#include "policy_explain_use.h"
#include "policy_verdict.h"

static const char *const uses[DOMICILE_USES] = {
	[DOMICILE_USE_READ] = "read",
	[DOMICILE_USE_WRITE] = "write",
};

static enum domicile_use use_of(const char *name)
{
	enum domicile_use use = 0;

	while (use < DOMICILE_USES && strcmp(uses[use], name))
		use++;
	return use;
}

const char *use_question_wrong(const struct use_question *question)
{
	const struct policy_actor *who = &question->who;

	if (!question->use)
		return who->program || who->has_uid || who->cgroup ?
			       "--program, --uid and --cgroup go with --use" : NULL;
	if (use_of(question->use) == DOMICILE_USES)
		return "--use takes read or write";
	return policy_actor_valid(who) ? NULL : "--use needs --program, --uid or --cgroup, and "
						"absolute paths";
}

static void print_verdict(enum domicile_use use, const char *who, const struct policy *policy,
			  const struct access_verdict *verdict)
{
	const struct policy_rule *rule = verdict->rule;

	printf("%s: %s, %s by %s: %s\n", policy_verdict_name(verdict->verdict),
	       policy->labels[verdict->label].name, uses[use], who, verdict->reason);
	if (rule)
		printf("rule     %s:%u:%u, %s\n", rule->place.file, rule->place.line,
		       rule->place.column, policy_mode_name(rule->access[use].mode));
	else
		puts("rule     none");
}

static json_t *verdict_json(enum domicile_use use, const char *who, const struct policy *policy,
			    const struct access_verdict *verdict)
{
	const struct policy_rule *rule = verdict->rule;
	json_t *place = !rule ? json_null() :
			json_pack("{s:s, s:i, s:i}", "file", rule->place.file, "line",
				  (int)rule->place.line, "column", (int)rule->place.column);

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s?, s:o}", "verdict",
			 policy_verdict_name(verdict->verdict), "reason", verdict->reason, "label",
			 policy->labels[verdict->label].name, "use", uses[use], "by", who, "mode",
			 rule ? policy_mode_name(rule->access[use].mode) : NULL, "rule", place);
}

enum answer explain_use(const struct use_question *question, const struct policy *policy,
			const struct domicile_label_set *labels, bool json)
{
	enum domicile_use use = use_of(question->use);
	cleanup(free_json) json_t *object = NULL;
	struct access_verdict verdict;
	char who[POLICY_ACTOR_TEXT_MAX];

	policy_access_judge(policy, labels, use, &question->who, &verdict);
	policy_actor_text(&question->who, who);
	if (json) {
		object = verdict_json(use, who, policy, &verdict);
		json_dumpf(object, stdout, JSON_INDENT(2));
		putchar('\n');
	} else {
		print_verdict(use, who, policy, &verdict);
	}
	return verdict.verdict == DOMICILE_VERDICT_DENY ? ANSWER_NO : ANSWER_DONE;
}
