// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netset.h"
#include "policy_actor.h"
#include "policy_impl.h"
#include "suggest.h"

static const char *const mode_names[] = {
	[POLICY_ENFORCE] = "enforce",
	[POLICY_AUDIT] = "audit",
};

_Static_assert(sizeof(mode_names) / sizeof(*mode_names) == POLICY_MODES, "each mode has a name");

static const char *const data_format_names[] = {
	[POLICY_DATA_CIDR] = "cidr",
	[POLICY_DATA_MMDB] = "mmdb",
	[POLICY_DATA_REGISTRY] = "registry",
	[POLICY_DATA_TOR] = "tor",
};

_Static_assert(sizeof(data_format_names) / sizeof(*data_format_names) == POLICY_DATA_FORMATS,
	       "each format has a name");

const char *policy_data_format_name(enum policy_data_format format)
{
	return data_format_names[format];
}

const char *policy_mode_name(enum policy_mode mode)
{
	return mode_names[mode];
}

void policy_access_free(struct policy_access *access)
{
	for (size_t i = 0; i < access->actor_count; i++)
		policy_actor_free(&access->actors[i]);
	free(access->actors);
}

size_t policy_rule_actors(const struct policy_rule *rule)
{
	return rule->access[DOMICILE_USE_READ].actor_count +
	       rule->access[DOMICILE_USE_WRITE].actor_count;
}

static void rule_free(struct policy_rule *rule)
{
	for (int use = 0; use < DOMICILE_USES; use++)
		policy_access_free(&rule->access[use]);
	free(rule->networks);
	free(rule->denied);
	free(rule->storages);
}

void policy_storage_free(struct policy_storage *storage)
{
	for (size_t i = 0; i < storage->medium_count; i++)
		free(storage->media[i].text);
	free(storage->media);
	free(storage->name);
}

static void policy_free_names(struct policy *policy)
{
	for (size_t i = 0; i < policy->label_count; i++) {
		free(policy->labels[i].name);
		free(policy->labels[i].title);
		free(policy->labels[i].category);
	}
	for (size_t i = 0; i < policy->network_count; i++)
		free(policy->networks[i].name);
	for (size_t i = 0; i < policy->class_count; i++) {
		free(policy->classes[i].networks);
		free(policy->classes[i].text);
	}
	for (size_t i = 0; i < policy->source_count; i++)
		free(policy->sources[i].path);
	for (size_t i = 0; i < policy->rule_count; i++)
		rule_free(&policy->rules[i]);
	if (policy->defaults)
		rule_free(policy->defaults);
	for (size_t i = 0; i < policy->storage_count; i++)
		policy_storage_free(&policy->storages[i]);
	for (size_t i = 0; i < policy->carrier_count; i++) {
		free(policy->carriers[i].cgroup);
		free(policy->carriers[i].reason);
	}
	for (size_t i = 0; i < policy->data_count; i++)
		free(policy->data[i].file);
	for (size_t i = 0; i < policy->file_count; i++)
		free(policy->files[i]);
}

static void policy_free_cases(struct policy *policy)
{
	for (size_t i = 0; i < policy->case_count; i++) {
		free(policy->cases[i].path);
		free(policy->cases[i].from);
		free(policy->cases[i].to);
		free(policy->cases[i].store);
		policy_actor_free(&policy->cases[i].actor);
		free(policy->cases[i].rule);
	}
	free(policy->cases);
}

void policy_free(struct policy *policy)
{
	if (!policy)
		return;
	policy_free_names(policy);
	policy_free_cases(policy);
	free(policy->files);
	free(policy->labels);
	free(policy->networks);
	free(policy->classes);
	free(policy->ranges4);
	free(policy->ranges6);
	free(policy->sources);
	free(policy->listens);
	free(policy->storages);
	free(policy->resolvers);
	free(policy->rules);
	free(policy->defaults);
	free(policy->carriers);
	free(policy->data);
	free(policy);
}

__u32 policy_lookup4(const struct policy *policy, struct in_addr address)
{
	__u32 number = ntohl(address.s_addr);
	size_t low = 0, high = policy->range4_count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (policy->ranges4[middle].start <= number)
			low = middle;
		else
			high = middle;
	}
	return policy->ranges4[low].class;
}

static __u64 number64(const __u8 *bytes)
{
	__u64 number = 0;

	for (size_t i = 0; i < 8; i++)
		number = number << 8 | bytes[i];
	return number;
}

__u32 policy_lookup6(const struct policy *policy, const struct in6_addr *address)
{
	__u64 hi = number64(address->s6_addr), lo = number64(address->s6_addr + 8);
	size_t low = 0, high = policy->range6_count;

	if (IN6_IS_ADDR_V4MAPPED(address))
		return policy_lookup4(policy, (struct in_addr){ htonl((__u32)lo) });
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		const struct domicile_range6 *range = &policy->ranges6[middle];

		if (range->hi < hi || (range->hi == hi && range->lo <= lo))
			low = middle;
		else
			high = middle;
	}
	return policy->ranges6[low].class;
}

static int label_compare(const void *name, const void *label)
{
	return strcmp(name, ((const struct policy_label *)label)->name);
}

static int network_compare(const void *name, const void *network)
{
	return strcmp(name, ((const struct policy_network *)network)->name);
}

static int storage_compare(const void *name, const void *storage)
{
	return strcmp(name, ((const struct policy_storage *)storage)->name);
}

int policy_label_index(const struct policy *policy, const char *name)
{
	const struct policy_label *label;

	if (!policy->label_count)
		return -ENOENT;
	label = bsearch(name, policy->labels, policy->label_count, sizeof(*label), label_compare);
	return label ? label - policy->labels : -ENOENT;
}

int policy_network_index(const struct policy *policy, const char *name)
{
	const struct policy_network *network;

	if (!policy->network_count)
		return -ENOENT;
	network = bsearch(name, policy->networks, policy->network_count, sizeof(*network),
			  network_compare);
	return network ? network - policy->networks : -ENOENT;
}

int policy_storage_index(const struct policy *policy, const char *name)
{
	const struct policy_storage *storage;

	if (!policy->storage_count)
		return -ENOENT;
	storage = bsearch(name, policy->storages, policy->storage_count, sizeof(*storage),
			  storage_compare);
	return storage ? storage - policy->storages : -ENOENT;
}

const char *policy_storage_nearest(const struct policy *policy, const char *name)
{
	struct suggestion suggestion;

	suggest_start(&suggestion, name);
	for (size_t i = 0; i < policy->storage_count; i++)
		suggest_offer(&suggestion, policy->storages[i].name);
	return suggestion.nearest;
}

const char *policy_label_nearest(const struct policy *policy, const char *name)
{
	struct suggestion suggestion;

	suggest_start(&suggestion, name);
	for (size_t i = 0; i < policy->label_count; i++)
		suggest_offer(&suggestion, policy->labels[i].name);
	return suggestion.nearest;
}

const char *policy_network_nearest(const struct policy *policy, const char *name)
{
	struct suggestion suggestion;

	suggest_start(&suggestion, name);
	for (size_t i = 0; i < policy->network_count; i++)
		suggest_offer(&suggestion, policy->networks[i].name);
	return suggestion.nearest;
}

const struct policy_rule *policy_rule_of(const struct policy *policy, __u32 label)
{
	const struct policy_rule *found = NULL;

	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct policy_rule *rule = &policy->rules[i];

		if (rule->label == label && (rule->limits || rule->denied_count) &&
		    (!found || (rule->limits && !found->limits)))
			found = rule;
	}
	if ((!found || !found->limits) && policy->defaults && policy->defaults->limits)
		return policy->defaults;
	return found;
}

void policy_digest_print(const __u8 digest[POLICY_DIGEST_SIZE], char text[POLICY_DIGEST_TEXT_SIZE])
{
	text += sprintf(text, "sha256:");
	for (size_t i = 0; i < POLICY_DIGEST_SIZE; i++)
		text += sprintf(text, "%02x", digest[i]);
}

void policy_digest_text(const struct policy *policy, char text[POLICY_DIGEST_TEXT_SIZE])
{
	policy_digest_print(policy->digest, text);
}
