// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "array.h"
#include "cleanup.h"
#include "policy_diff.h"
#include "policy_verdict.h"

#define FAMILIES 2

static const char *const family_names[FAMILIES] = { "ipv4", "ipv6" };

/* How many addresses; of IPv6, whole networks /64 and what is left over. */
struct amount {
	unsigned __int128 networks64; /* of IPv4: 0 */
	unsigned __int128 rest;
};

/* Addresses that have one class before and one after. */
struct overlap {
	__u32 before;
	__u32 after;
	struct amount amounts[FAMILIES];
};

struct overlaps {
	struct overlap *list;
	size_t count;
	__u32 *slots; /* by both classes: index in @list + 1, or 0 */
	size_t classes; /* of the policy after */
};

static void amount_add(struct amount *amount, unsigned __int128 first, unsigned __int128 last,
		       bool ipv6)
{
	unsigned __int128 span = last - first;

	if (!ipv6) {
		amount->rest += span + 1;
		return;
	}
	amount->networks64 += span >> 64;
	amount->rest += (span & ~0ull) + 1;
	amount->networks64 += amount->rest >> 64;
	amount->rest &= ~0ull;
}

static void amount_join(struct amount *to, const struct amount *from, bool ipv6)
{
	to->networks64 += from->networks64;
	to->rest += from->rest;
	if (ipv6) {
		to->networks64 += to->rest >> 64;
		to->rest &= ~0ull;
	}
}

static bool amount_empty(const struct amount *amount)
{
	return !amount->networks64 && !amount->rest;
}

/* NULL: no memory. */
static struct overlap *overlap_get(struct overlaps *overlaps, __u32 before, __u32 after)
{
	__u32 *slot = &overlaps->slots[before * overlaps->classes + after];
	struct overlap *new;

	if (*slot)
		return &overlaps->list[*slot - 1];
	new = ARRAY_ADD(overlaps->list, overlaps->count);
	if (!new)
		return NULL;
	new->before = before;
	new->after = after;
	*slot = overlaps->count;
	return new;
}

/* Walks the spans of both side by side. */
static int overlaps_add(struct overlaps *overlaps, const struct policy *before,
			const struct policy *after, bool ipv6)
{
	size_t old = 0, new = 0, count = policy_span_count(before, ipv6);
	unsigned __int128 at = 0;

	while (old < count) {
		struct policy_span a = policy_span_at(before, ipv6, old);
		struct policy_span b = policy_span_at(after, ipv6, new);
		unsigned __int128 last = a.last < b.last ? a.last : b.last;
		struct overlap *overlap = overlap_get(overlaps, a.class, b.class);

		if (!overlap)
			return -1;
		amount_add(&overlap->amounts[ipv6], at, last, ipv6);
		old += a.last == last;
		new += b.last == last;
		at = last + 1;
	}
	return 0;
}

static int overlaps_make(struct overlaps *overlaps, const struct policy *before,
			 const struct policy *after)
{
	*overlaps = (struct overlaps){ .classes = after->class_count };
	overlaps->slots = calloc(before->class_count * after->class_count,
				 sizeof(*overlaps->slots));
	if (!overlaps->slots || overlaps_add(overlaps, before, after, false))
		return -1;
	return overlaps_add(overlaps, before, after, true);
}

static void overlaps_free(struct overlaps *overlaps)
{
	free(overlaps->list);
	free(overlaps->slots);
}

/* --- verdicts -------------------------------------------------------------- */

/* From the strictest. */
static const enum domicile_verdict ranks[] = {
	DOMICILE_VERDICT_DENY, DOMICILE_VERDICT_AUDIT, DOMICILE_VERDICT_ALLOW,
};

#define RANKS (sizeof(ranks) / sizeof(*ranks))

/* @label: -1 for one that the policy does not have. */
static unsigned int rank_of(const struct policy *policy, int label, __u32 class)
{
	const struct domicile_class *sets = &policy->classes[class].sets;

	if (label < 0 || label_set_has(&sets->deny, label))
		return 0;
	return label_set_has(&sets->audit, label) ? 1 : 2;
}

/* What became of one label where it has one verdict before and another one after. */
struct change {
	struct amount amounts[FAMILIES];
	json_t *networks[FAMILIES]; /* names as keys: a set */
};

static bool list_has(const __u32 *list, size_t count, __u32 member)
{
	for (size_t i = 0; i < count; i++)
		if (list[i] == member)
			return true;
	return false;
}

static bool rule_names(const struct policy_rule *rule, __u32 network)
{
	return list_has(rule->networks, rule->network_count, network) ||
	       list_has(rule->denied, rule->denied_count, network);
}

static bool label_names(const struct policy *policy, int label, __u32 network)
{
	for (size_t i = 0; i < policy->rule_count; i++)
		if ((int)policy->rules[i].label == label && rule_names(&policy->rules[i], network))
			return true;
	return policy->defaults && rule_names(policy->defaults, network);
}

/* The networks of the class that rules about the label name; if none, all of them. */
static void names_add(json_t *names, const struct policy *policy, int label, __u32 number)
{
	const struct policy_class *class = &policy->classes[number];
	bool any = false;

	for (size_t i = 0; i < class->network_count; i++)
		any |= label_names(policy, label, class->networks[i]);
	for (size_t i = 0; i < class->network_count; i++)
		if (!any || label_names(policy, label, class->networks[i]))
			json_object_set_new(names, policy->networks[class->networks[i]].name,
					    json_true());
}

struct sides {
	const struct policy *before;
	const struct policy *after;
	int label_before; /* index or -1 */
	int label_after;
};

static void change_add(struct change *change, const struct sides *sides,
		       const struct overlap *overlap, bool looser)
{
	for (int family = 0; family < FAMILIES; family++) {
		if (amount_empty(&overlap->amounts[family]))
			continue;
		amount_join(&change->amounts[family], &overlap->amounts[family], family);
		if (!change->networks[family])
			change->networks[family] = json_object();
		if (looser)
			names_add(change->networks[family], sides->after, sides->label_after,
				  overlap->after);
		else
			names_add(change->networks[family], sides->before, sides->label_before,
				  overlap->before);
	}
}

static json_t *names_list(json_t *set)
{
	json_t *list = json_array(), *value;
	const char *name;

	json_object_foreach(set, name, value)
		json_array_append_new(list, json_string(name));
	return list;
}

/* All of IPv6 has one network more than fits 64 bits. */
static json_t *amount_json(const struct amount *amount)
{
	if (amount->networks64 >> 64)
		return json_string("18446744073709551616");
	return json_sprintf("%llu", (unsigned long long)amount->networks64);
}

static json_t *change_json(const char *label, unsigned int from, unsigned int to, int family,
			   const struct change *change)
{
	const struct amount *amount = &change->amounts[family];

	return json_pack("{s:s, s:s, s:s, s:s, s:o*, s:o, s:o}", "label", label, "family",
			 family_names[family], "from", policy_verdict_name(ranks[from]), "to",
			 policy_verdict_name(ranks[to]), "networks64",
			 family ? amount_json(amount) : NULL, "addresses",
			 json_sprintf("%llu", (unsigned long long)amount->rest), "networks",
			 names_list(change->networks[family]));
}

static int label_diff(const struct sides *sides, const char *name,
		      const struct overlaps *overlaps, json_t *list)
{
	struct change changes[RANKS][RANKS] = {};
	int err = 0;

	for (size_t i = 0; i < overlaps->count; i++) {
		const struct overlap *overlap = &overlaps->list[i];
		unsigned int from = rank_of(sides->before, sides->label_before, overlap->before);
		unsigned int to = rank_of(sides->after, sides->label_after, overlap->after);

		if (from != to)
			change_add(&changes[from][to], sides, overlap, to > from);
	}
	for (size_t i = 0; i < RANKS * RANKS * FAMILIES; i++) {
		unsigned int from = i / FAMILIES / RANKS, to = i / FAMILIES % RANKS;
		struct change *change = &changes[from][to];
		int family = i % FAMILIES;

		if (change->networks[family] && !err)
			err = json_array_append_new(list, change_json(name, from, to, family,
								      change));
		json_decref(change->networks[family]);
	}
	return err;
}

/* Labels that either has, each once: both lists are sorted by name. */
static int labels_diff(const struct policy *before, const struct policy *after,
		       const struct overlaps *overlaps, json_t *list)
{
	size_t old = 0, new = 0;
	int err = 0;

	while (!err && (old < before->label_count || new < after->label_count)) {
		int order = old == before->label_count ? 1 : new == after->label_count ? -1 :
			    strcmp(before->labels[old].name, after->labels[new].name);
		struct sides sides = { before, after, order <= 0 ? (int)old : -1,
				       order >= 0 ? (int)new : -1 };
		const char *name = order <= 0 ? before->labels[old].name : after->labels[new].name;

		err = label_diff(&sides, name, overlaps, list);
		old += order <= 0;
		new += order >= 0;
	}
	return err;
}

/* --- arrivals -------------------------------------------------------------- */

static bool class_has(const struct policy *policy, __u32 class, __u32 network)
{
	return list_has(policy->classes[class].networks, policy->classes[class].network_count,
			network);
}

static json_t *arrival_json(const struct policy *policy, const struct policy_listen *listen,
			    int family, bool more, const struct amount *amount)
{
	char text[POLICY_LISTEN_TEXT_MAX];

	return json_pack("{s:s, s:s, s:s, s:s, s:b, s:o*, s:o}", "listen",
			 policy_listen_text(listen, text), "from",
			 policy->networks[listen->network].name, "label",
			 policy->labels[listen->label].name, "family", family_names[family],
			 "more", more, "networks64", family ? amount_json(amount) : NULL,
			 "addresses",
			 json_sprintf("%llu", (unsigned long long)amount->rest));
}

/* @old and @new are the same but for the addresses of their network. */
static int arrival_diff(const struct policy *before, const struct policy_listen *old,
			const struct policy *after, const struct policy_listen *new,
			const struct overlaps *overlaps, json_t *list)
{
	struct amount amounts[2][FAMILIES] = {};
	int err = 0;

	for (size_t i = 0; i < overlaps->count; i++) {
		const struct overlap *overlap = &overlaps->list[i];
		bool had = class_has(before, overlap->before, old->network);
		bool has = class_has(after, overlap->after, new->network);

		for (int family = 0; had != has && family < FAMILIES; family++)
			amount_join(&amounts[has][family], &overlap->amounts[family], family);
	}
	for (int i = 0; i < 2 * FAMILIES && !err; i++)
		if (!amount_empty(&amounts[i / FAMILIES][i % FAMILIES]))
			err = json_array_append_new(list, arrival_json(
				after, new, i % FAMILIES, i / FAMILIES,
				&amounts[i / FAMILIES][i % FAMILIES]));
	return err;
}

static bool is_same_listen(const struct policy *before, const struct policy_listen *old,
			   const struct policy *after, const struct policy_listen *new)
{
	return old->protocol == new->protocol && old->port == new->port &&
	       old->network != POLICY_ANYWHERE && new->network != POLICY_ANYWHERE &&
	       !strcmp(before->networks[old->network].name, after->networks[new->network].name) &&
	       !strcmp(before->labels[old->label].name, after->labels[new->label].name);
}

static int arrivals_diff(const struct policy *before, const struct policy *after,
			 const struct overlaps *overlaps, json_t *list)
{
	int err = 0;

	for (size_t i = 0; i < before->listen_count; i++)
		for (size_t j = 0; j < after->listen_count && !err; j++)
			if (is_same_listen(before, &before->listens[i], after, &after->listens[j]))
				err = arrival_diff(before, &before->listens[i], after,
						   &after->listens[j], overlaps, list);
	return err;
}

/* --- what is no verdict ---------------------------------------------------- */

/* What is told by verdicts, or says nothing. */
static bool is_told(const char *section)
{
	return !strcmp(section, "files") || !strcmp(section, "networks") ||
	       !strcmp(section, "places") || !strcmp(section, "rules");
}

/* "sources {"label": ...}" for each entry of each list of @policy, as keys of a set. */
static json_t *entries(const struct policy *policy)
{
	cleanup(free_json) json_t *json = policy_json(policy);
	json_t *set = json_object(), *list, *entry;
	const char *section;
	size_t i;

	json_object_foreach(json, section, list) {
		if (!json_is_array(list) || is_told(section))
			continue;
		json_array_foreach(list, i, entry) {
			cleanup(free_memory) char *text = NULL, *key = NULL;

			json_object_del(entry, "place");
			text = json_dumps(entry, JSON_SORT_KEYS);
			if (!text || asprintf(&key, "%s %s", section, text) < 0)
				continue;
			json_object_set_new(set, key, json_pack("{s:s, s:O}", "in", section,
								"entry", entry));
		}
	}
	return set;
}

static json_t *only_in(json_t *set, json_t *other)
{
	json_t *list = json_array(), *value;
	const char *key;

	json_object_foreach(set, key, value)
		if (!json_object_get(other, key))
			json_array_append(list, value);
	return list;
}

json_t *policy_diff(const struct policy *before, const struct policy *after)
{
	cleanup(free_json) json_t *old = entries(before), *new = entries(after);
	cleanup(overlaps_free) struct overlaps overlaps = {};
	cleanup(free_json) json_t *verdicts = json_array(), *arrivals = json_array();
	cleanup(free_json) json_t *rules = policy_diff_rules(before, after);

	if (!old || !new || !verdicts || !rules || overlaps_make(&overlaps, before, after) ||
	    labels_diff(before, after, &overlaps, verdicts) ||
	    arrivals_diff(before, after, &overlaps, arrivals))
		return NULL;
	return json_pack("{s:O, s:O, s:O, s:o, s:o}", "verdicts", verdicts, "rules", rules,
			 "arrivals", arrivals, "added", only_in(new, old),
			 "removed", only_in(old, new));
}

bool policy_diff_empty(json_t *diff)
{
	return !json_array_size(json_object_get(diff, "verdicts")) &&
	       !json_array_size(json_object_get(diff, "rules")) &&
	       !json_array_size(json_object_get(diff, "arrivals")) &&
	       !json_array_size(json_object_get(diff, "added")) &&
	       !json_array_size(json_object_get(diff, "removed"));
}
