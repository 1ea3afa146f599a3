// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netset.h"
#include "policy_impl.h"

#define NETSET_WORDS (POLICY_NETWORKS_MAX / 64)

/* All rules of one label together. */
struct ruling {
	bool enforce;
	__u64 allowed[NETSET_WORDS];
};

/* A label that no rule speaks about may go nowhere, and that is enforced. */
static void rulings_make(const struct policy *policy, struct ruling *rulings)
{
	bool ruled[DOMICILE_LABELS_MAX] = {};

	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct policy_rule *rule = &policy->rules[i];
		struct ruling *ruling = &rulings[rule->label];

		ruled[rule->label] = true;
		if (rule->mode == POLICY_ENFORCE)
			ruling->enforce = true;
		for (size_t j = 0; j < rule->network_count; j++)
			ruling->allowed[rule->networks[j] / 64] |= 1ull << (rule->networks[j] % 64);
	}
	for (size_t i = 0; i < policy->label_count; i++)
		if (!ruled[i])
			rulings[i].enforce = true;
}

static bool ruling_allows(const struct ruling *ruling, const struct policy_class *class)
{
	for (size_t i = 0; i < class->network_count; i++)
		if (netset_has(ruling->allowed, class->networks[i]))
			return true;
	return false;
}

static void class_judge(struct policy_class *class, const struct ruling *rulings, size_t labels)
{
	label_set_clear(&class->sets.deny);
	label_set_clear(&class->sets.audit);
	for (size_t i = 0; i < labels; i++)
		if (!ruling_allows(&rulings[i], class))
			label_set_add(rulings[i].enforce ? &class->sets.deny : &class->sets.audit,
				      i);
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

static void own_place(const struct policy *policy, const struct documents *documents,
		      struct policy_place *place)
{
	place->file = policy->files[documents_index(documents, place->file)];
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
		own_place(policy, documents, &policy->rules[i].place);
	for (size_t i = 0; i < policy->carrier_count; i++)
		own_place(policy, documents, &policy->carriers[i].place);
}

int policy_finish(struct policy *policy, const struct documents *documents)
{
	int err = own_files(policy, documents);

	if (err)
		return err;
	own_places(policy, documents);
	memcpy(policy->digest, documents->digest, sizeof(policy->digest));
	err = classes_judge(policy);
	if (!err)
		err = classes_text(policy);
	return err ? err : count_addresses(policy);
}
