// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netset.h"
#include "policy_impl.h"

#define NETSET_WORDS (POLICY_NETWORKS_MAX / 64)

/* All rules of one label together. */
struct ruling {
	bool limited; /* a rule says what it allows */
	bool enforce; /* what none allows is denied */
	__u64 allowed[NETSET_WORDS];
	__u64 denied[POLICY_MODES][NETSET_WORDS];
};

static void set_members(__u64 *set, const __u32 *members, size_t count)
{
	for (size_t i = 0; i < count; i++)
		set[members[i] / 64] |= 1ull << (members[i] % 64);
}

static void ruling_add(struct ruling *ruling, const struct policy_rule *rule)
{
	ruling->limited |= rule->limits;
	ruling->enforce |= rule->limits && rule->mode == POLICY_ENFORCE;
	set_members(ruling->allowed, rule->networks, rule->network_count);
	set_members(ruling->denied[rule->mode], rule->denied, rule->denied_count);
}

/* A label that no rule allows anything may go nowhere, and that is enforced. */
static void rulings_make(const struct policy *policy, struct ruling *rulings)
{
	for (size_t i = 0; i < policy->rule_count; i++)
		ruling_add(&rulings[policy->rules[i].label], &policy->rules[i]);
	for (size_t i = 0; i < policy->label_count; i++) {
		if (!rulings[i].limited && policy->defaults)
			ruling_add(&rulings[i], policy->defaults);
		if (!rulings[i].limited)
			rulings[i].enforce = true;
	}
}

static bool class_meets(const struct policy_class *class, const __u64 *set)
{
	for (size_t i = 0; i < class->network_count; i++)
		if (netset_has(set, class->networks[i]))
			return true;
	return false;
}

/* What denies wins over what allows, and what is enforced over what is audited. */
static void label_judge(struct policy_class *class, const struct ruling *ruling, __u32 label)
{
	bool allowed = class_meets(class, ruling->allowed);

	if (class_meets(class, ruling->denied[POLICY_ENFORCE]) || (!allowed && ruling->enforce))
		label_set_add(&class->sets.deny, label);
	else if (!allowed || class_meets(class, ruling->denied[POLICY_AUDIT]))
		label_set_add(&class->sets.audit, label);
}

static void class_judge(struct policy_class *class, const struct ruling *rulings, size_t labels)
{
	label_set_clear(&class->sets.deny);
	label_set_clear(&class->sets.audit);
	for (size_t i = 0; i < labels; i++)
		label_judge(class, &rulings[i], i);
}

static int classes_judge(struct policy *policy)
{
	struct ruling *rulings = calloc(DOMICILE_LABELS_MAX, sizeof(*rulings));

	if (!rulings)
		return -ENOMEM;
	rulings_make(policy, rulings);
	for (size_t i = 0; i < policy->class_count; i++)
		class_judge(&policy->classes[i], rulings, policy->label_count);
	free(rulings);
	return 0;
}

static int class_text(struct policy_class *class, const struct policy_network *networks)
{
	size_t size = 1;
	char *end;

	for (size_t i = 0; i < class->network_count; i++)
		size += strlen(networks[class->networks[i]].name) + strlen(", ");
	end = class->text = malloc(size);
	if (!end)
		return -ENOMEM;
	*end = 0;
	for (size_t i = 0; i < class->network_count; i++)
		end += sprintf(end, "%s%s", i ? ", " : "", networks[class->networks[i]].name);
	return 0;
}

static int classes_text(struct policy *policy)
{
	int err = 0;

	for (size_t i = 0; i < policy->class_count && !err; i++)
		err = class_text(&policy->classes[i], policy->networks);
	return err;
}

static __u64 range4_size(const struct policy *policy, size_t i)
{
	bool last = i + 1 == policy->range4_count;

	return (last ? 1ull << 32 : policy->ranges4[i + 1].start) - policy->ranges4[i].start;
}

static int count_addresses(struct policy *policy)
{
	__u64 *sizes = calloc(policy->class_count, sizeof(*sizes));

	if (!sizes)
		return -ENOMEM;
	for (size_t i = 0; i < policy->range4_count; i++)
		sizes[policy->ranges4[i].class] += range4_size(policy, i);
	for (size_t i = 0; i < policy->class_count; i++)
		for (size_t j = 0; j < policy->classes[i].network_count; j++)
			policy->networks[policy->classes[i].networks[j]].addresses4 += sizes[i];
	free(sizes);
	return 0;
}

static int own_files(struct policy *policy, const struct documents *documents)
{
	policy->files = calloc(documents->count, sizeof(*policy->files));
	if (!policy->files)
		return -ENOMEM;
	policy->file_count = documents->count;
	for (size_t i = 0; i < documents->count; i++) {
		policy->files[i] = strdup(documents->list[i].file);
		if (!policy->files[i])
			return -ENOMEM;
	}
	return 0;
}

/* What the parser of a data file cannot know. */
static int own_data(struct policy *policy, const struct documents *documents)
{
	for (size_t i = 0; i < policy->data_count; i++) {
		const struct data_file *file = &documents->data[i];
		struct policy_data *data = &policy->data[i];

		data->file = strdup(file->document.file);
		if (!data->file)
			return -ENOMEM;
		data->place = file->place;
		data->dated = data->date;
		if (!data->dated && file->modified > 0)
			data->date = file->modified;
	}
	return 0;
}

static void own_place(const struct policy *policy, const struct documents *documents,
		      struct policy_place *place)
{
	place->file = policy->files[documents_index(documents, place->file)];
}

static void own_rule(const struct policy *policy, const struct documents *documents,
		     struct policy_rule *rule)
{
	own_place(policy, documents, &rule->place);
	for (int use = 0; use < DOMICILE_USES; use++)
		for (size_t i = 0; i < rule->access[use].actor_count; i++)
			own_place(policy, documents, &rule->access[use].actors[i].place);
}

static void own_places(struct policy *policy, const struct documents *documents)
{
	for (size_t i = 0; i < policy->label_count; i++)
		own_place(policy, documents, &policy->labels[i].place);
	for (size_t i = 0; i < policy->network_count; i++)
		own_place(policy, documents, &policy->networks[i].place);
	for (size_t i = 0; i < policy->source_count; i++)
		own_place(policy, documents, &policy->sources[i].place);
	for (size_t i = 0; i < policy->listen_count; i++)
		own_place(policy, documents, &policy->listens[i].place);
	for (size_t i = 0; i < policy->resolver_count; i++)
		own_place(policy, documents, &policy->resolvers[i].place);
	for (size_t i = 0; i < policy->rule_count; i++)
		own_rule(policy, documents, &policy->rules[i]);
	for (size_t i = 0; i < policy->storage_count; i++)
		own_place(policy, documents, &policy->storages[i].place);
	if (policy->defaults)
		own_rule(policy, documents, policy->defaults);
	for (size_t i = 0; i < policy->carrier_count; i++)
		own_place(policy, documents, &policy->carriers[i].place);
	for (size_t i = 0; i < policy->case_count; i++)
		own_place(policy, documents, &policy->cases[i].place);
	for (size_t i = 0; i < policy->data_count; i++)
		own_place(policy, documents, &policy->data[i].place);
}

int policy_finish(struct policy *policy, const struct documents *documents)
{
	int err = own_files(policy, documents);

	if (!err)
		err = own_data(policy, documents);
	if (err)
		return err;
	own_places(policy, documents);
	memcpy(policy->digest, documents->digest, sizeof(policy->digest));
	err = classes_judge(policy);
	if (!err)
		err = classes_text(policy);
	return err ? err : count_addresses(policy);
}

static void rule_audit(struct policy_rule *rule)
{
	rule->mode = POLICY_AUDIT;
	rule->store_mode = POLICY_AUDIT;
	for (int use = 0; use < DOMICILE_USES; use++)
		rule->access[use].mode = POLICY_AUDIT;
}

void policy_audit(struct policy *policy)
{
	policy->audit = true;
	for (size_t i = 0; i < policy->rule_count; i++)
		rule_audit(&policy->rules[i]);
	if (policy->defaults)
		rule_audit(policy->defaults);
	for (size_t i = 0; i < policy->class_count; i++) {
		struct domicile_class *sets = &policy->classes[i].sets;

		label_set_join(&sets->audit, &sets->deny);
		label_set_clear(&sets->deny);
	}
}
