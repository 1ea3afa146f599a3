// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a policy says in vain. It is in order and can be applied; but somebody
 * who wrote this probably meant something else.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "moment.h"
#include "netset.h"
#include "policy_error.h"
#include "policy_impl.h"

#define DATA_DAYS_MAX 180
#define NETSET_WORDS (POLICY_NETWORKS_MAX / 64)

static void members_add(__u64 *set, const __u32 *networks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		set[networks[i] / 64] |= 1ull << (networks[i] % 64);
}

static void networks_add(__u64 *set, const struct policy_rule *rule)
{
	members_add(set, rule->networks, rule->network_count);
}

/* All that the rule mentions. */
static void mentions_add(__u64 *set, const struct policy_rule *rule)
{
	networks_add(set, rule);
	members_add(set, rule->denied, rule->denied_count);
}

static void warn_labels(const struct policy *policy, struct policy_errors *errors)
{
	for (size_t i = 0; i < policy->label_count; i++) {
		const struct policy_rule *rule = policy_rule_of(policy, i);

		if (!rule || !rule->limits)
			policy_warning_add(errors, &policy->labels[i].place,
					   "found no rule for label '%s': it may go nowhere; if "
					   "that is meant, say so with 'allow: []'",
					   policy->labels[i].name);
	}
}

/* A network with nothing in it is told apart from one that nothing mentions. */
static void warn_networks(const struct policy *policy, struct policy_errors *errors)
{
	__u64 used[NETSET_WORDS] = {}, held[NETSET_WORDS] = {};

	for (size_t i = 0; i < policy->rule_count; i++)
		mentions_add(used, &policy->rules[i]);
	if (policy->defaults)
		mentions_add(used, policy->defaults);
	for (size_t i = 0; i < policy->listen_count; i++)
		if (policy->listens[i].network != POLICY_ANYWHERE)
			used[policy->listens[i].network / 64] |=
				1ull << (policy->listens[i].network % 64);
	for (size_t i = 0; i < policy->class_count; i++)
		for (size_t j = 0; j < policy->classes[i].network_count; j++)
			held[policy->classes[i].networks[j] / 64] |=
				1ull << (policy->classes[i].networks[j] % 64);
	for (size_t i = 0; i < policy->network_count; i++) {
		const struct policy_network *network = &policy->networks[i];

		if (!netset_has(held, i))
			policy_warning_add(errors, &network->place, "found no address in network "
					   "'%s': what names it matches nothing", network->name);
		if (!netset_has(used, i) && !network->part)
			policy_warning_add(errors, &network->place, "found no rule or source that "
					   "names network '%s'", network->name);
	}
}

static void warn_storages(const struct policy *policy, struct policy_errors *errors)
{
	bool used[POLICY_STORAGES_MAX] = {};

	for (size_t i = 0; i <= policy->rule_count; i++) {
		const struct policy_rule *rule = i < policy->rule_count ? &policy->rules[i] :
									  policy->defaults;

		for (size_t j = 0; rule && j < rule->storage_count; j++)
			used[rule->storages[j]] = true;
	}
	for (size_t i = 0; i < policy->storage_count; i++)
		if (!used[i])
			policy_warning_add(errors, &policy->storages[i].place,
					   "found no rule that names place '%s'",
					   policy->storages[i].name);
}

static bool rule_covers(const __u64 *networks, const struct policy_class *class)
{
	for (size_t i = 0; i < class->network_count; i++)
		if (netset_has(networks, class->networks[i]))
			return true;
	return false;
}

/* Adds @change for each class of addresses that @rule lets its label go to. */
static void count_add(const struct policy *policy, const struct policy_rule *rule,
		      unsigned int *counts, int change)
{
	__u64 networks[NETSET_WORDS] = {};

	networks_add(networks, rule);
	for (size_t i = 0; i < policy->class_count; i++)
		if (rule_covers(networks, &policy->classes[i]))
			counts[i] += change;
}

/* Does every address of @rule have another rule? Of one without addresses, that is not said. */
static bool is_shadowed(const struct policy *policy, const struct policy_rule *rule,
			const unsigned int *counts)
{
	__u64 networks[NETSET_WORDS] = {};
	bool any = false;

	if (rule->denied_count || rule->stores || rule->access[DOMICILE_USE_READ].ruled ||
	    rule->access[DOMICILE_USE_WRITE].ruled)
		return false;
	networks_add(networks, rule);
	for (size_t i = 0; i < policy->class_count; i++) {
		if (!rule_covers(networks, &policy->classes[i]))
			continue;
		if (counts[i] < 2)
			return false;
		any = true;
	}
	return any;
}

static void warn_mode(const struct policy *policy, const struct policy_rule *rule,
		      const struct policy_rule *enforcing, struct policy_errors *errors)
{
	if (enforcing && rule->limits && rule->mode == POLICY_AUDIT)
		policy_warning_add(errors, &rule->place, "found mode audit for label '%s', which "
				   "the rule at %s:%u:%u enforces: nothing is only recorded",
				   policy->labels[rule->label].name, enforcing->place.file,
				   enforcing->place.line, enforcing->place.column);
}

/* Rules @first to @end - 1 are of one label. Of two that say the same, the first stays. */
static void warn_rules_of(const struct policy *policy, size_t first, size_t end,
			  unsigned int *counts, struct policy_errors *errors)
{
	const struct policy_rule *enforcing = NULL;

	memset(counts, 0, policy->class_count * sizeof(*counts));
	for (size_t i = first; i < end; i++) {
		count_add(policy, &policy->rules[i], counts, 1);
		if (!enforcing && policy->rules[i].limits &&
		    policy->rules[i].mode == POLICY_ENFORCE)
			enforcing = &policy->rules[i];
	}
	for (size_t i = end; i-- > first;) {
		const struct policy_rule *rule = &policy->rules[i];

		warn_mode(policy, rule, enforcing, errors);
		if (!is_shadowed(policy, rule, counts))
			continue;
		policy_warning_add(errors, &rule->place, "found a rule for label '%s' that adds "
				   "nothing: others let it go to every address of this one",
				   policy->labels[rule->label].name);
		count_add(policy, rule, counts, -1);
	}
}

static int warn_rules(const struct policy *policy, struct policy_errors *errors)
{
	unsigned int *counts = calloc(policy->class_count, sizeof(*counts));
	size_t first = 0, end;

	if (!counts)
		return -ENOMEM;
	for (; first < policy->rule_count; first = end) {
		end = first + 1;
		while (end < policy->rule_count &&
		       policy->rules[end].label == policy->rules[first].label)
			end++;
		if (end > first + 1)
			warn_rules_of(policy, first, end, counts, errors);
	}
	free(counts);
	return 0;
}

void policy_warn_data(const struct policy *policy, const struct documents *documents,
		      struct policy_errors *errors)
{
	__u64 now = documents->now;
	char quoted[POLICY_QUOTE_MAX], text[MOMENT_TEXT_MAX];

	for (size_t i = 0; i < policy->data_count; i++) {
		const struct data_file *file = &documents->data[i];
		__u64 date = policy->data[i].date;

		if (policy->data[i].format == POLICY_DATA_CIDR)
			continue;
		if (!date)
			date = file->modified > 0 ? file->modified : 0;
		if (date > now || now - date <= DATA_DAYS_MAX * 86400ull)
			continue;
		policy_warning_add(errors, &file->place, "found country data of %s in '%s', "
				   "expected some of the last %d days; get a newer one",
				   moment_date_text(text, date),
				   policy_quote(file->document.file, quoted), DATA_DAYS_MAX);
	}
}

int policy_warn(const struct policy *policy, struct policy_errors *errors)
{
	warn_labels(policy, errors);
	warn_networks(policy, errors);
	warn_storages(policy, errors);
	return warn_rules(policy, errors);
}
