// SPDX-License-Identifier: GPL-2.0-only
/* From the networks of a draft to those of the policy: names, and what is in what. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy_compiler.h"
#include "policy_data.h"
#include "policy_network.h"

static int draft_network_compare(const void *a, const void *b)
{
	const struct draft_network *left = a, *right = b;
	int order = strcmp(left->network.name, right->network.name);

	return order ? order : left->number < right->number ? -1 : 1;
}

static int check_names(struct compiler *compiler)
{
	const struct policy_network *networks = compiler->policy->networks;
	size_t first = 0;
	int err = 0;

	for (size_t i = 1; i < compiler->policy->network_count && !err; i++) {
		if (strcmp(networks[first].name, networks[i].name))
			first = i;
		else
			err = refuse_second(compiler, "network", &networks[i].place,
					    networks[i].name, &networks[first].place);
	}
	return err;
}

static int resolve_set(struct compiler *compiler, struct draft_set *set)
{
	struct policy *policy = compiler->policy;
	int err = 0;

	for (size_t i = 0; i < set->networks.count && !err; i++)
		err = resolve_network(compiler, &set->networks.list[i], set->members);
	for (size_t i = 0; i < policy->network_count; i++)
		if (netset_has(set->members, i))
			policy->networks[i].part = true;
	return err;
}

/* A way from a network to those that it is made of. */
struct way {
	const struct way *before;
	size_t network;
};

enum visit {
	VISIT_NOT_YET,
	VISIT_NOW,
	VISIT_DONE,
};

struct visitor {
	struct compiler *compiler;
	__u8 visits[POLICY_NETWORKS_MAX];
};

static int visit(struct visitor *visitor, const struct way *way);

#define CIRCLE_MAX 200

/* "a -> b -> a", cut where it gets long. */
static void circle_text(const struct policy *policy, const struct way *way, size_t network,
			char text[CIRCLE_MAX])
{
	char rest[CIRCLE_MAX];

	snprintf(text, CIRCLE_MAX, "%s", policy->networks[network].name);
	for (; way; way = way->network == network ? NULL : way->before) {
		memcpy(rest, text, CIRCLE_MAX);
		snprintf(text, CIRCLE_MAX, "%s -> %.*s", policy->networks[way->network].name,
			 CIRCLE_MAX - 70, rest);
	}
}

static int visit_member(struct visitor *visitor, const struct way *way,
			const struct draft_name *name)
{
	const struct policy *policy = visitor->compiler->policy;
	int network = name->text ? policy_network_index(policy, name->text) : -ENOENT;
	char text[CIRCLE_MAX];

	if (network < 0 || visitor->visits[network] == VISIT_DONE)
		return 0;
	if (visitor->visits[network] == VISIT_NOT_YET)
		return visit(visitor, &(struct way){ way, network });
	circle_text(policy, way, network, text);
	return policy_error_add(visitor->compiler->errors, &name->place,
				"found network '%s', which is made of itself (%s), expected one "
				"that is not", name->text, text);
}

static int visit_set(struct visitor *visitor, const struct way *way, const struct draft_set *set)
{
	int err = 0;

	for (size_t i = 0; i < set->networks.count && !err; i++)
		err = visit_member(visitor, way, &set->networks.list[i]);
	return err;
}

/* As deep as networks are made of each other: at most as many as there are. */
static int visit(struct visitor *visitor, const struct way *way)
{
	const struct draft_network *network = &visitor->compiler->draft.networks[way->network];
	int err;

	visitor->visits[way->network] = VISIT_NOW;
	err = visit_set(visitor, way, &network->with);
	if (!err)
		err = visit_set(visitor, way, &network->without);
	visitor->visits[way->network] = VISIT_DONE;
	return err;
}

static int check_circles(struct compiler *compiler)
{
	struct visitor visitor = { .compiler = compiler };
	int err = 0;

	for (size_t i = 0; i < compiler->policy->network_count && !err; i++)
		if (visitor.visits[i] == VISIT_NOT_YET)
			err = visit(&visitor, &(struct way){ NULL, i });
	return err;
}

int take_networks(struct compiler *compiler)
{
	struct draft *draft = &compiler->draft;
	struct policy *policy = compiler->policy;
	int err;

	policy->networks = calloc(draft->network_count + 1, sizeof(*policy->networks));
	if (!policy->networks)
		return -ENOMEM;
	if (draft->network_count)
		qsort(draft->networks, draft->network_count, sizeof(*draft->networks),
		      draft_network_compare);
	for (size_t i = 0; i < draft->network_count; i++) {
		policy->networks[i] = draft->networks[i].network;
		draft->networks[i].network.name = NULL;
	}
	policy->network_count = draft->network_count;
	err = check_names(compiler);
	for (size_t i = 0; i < draft->network_count && !err; i++) {
		err = resolve_set(compiler, &draft->networks[i].with);
		if (!err)
			err = resolve_set(compiler, &draft->networks[i].without);
	}
	return err ? err : check_circles(compiler);
}

static int want_names(struct data_wants *wants, enum data_kind kind,
		      const struct draft_names *names)
{
	int err = 0;

	for (size_t i = 0; i < names->count && !err; i++)
		if (names->list[i].text)
			err = data_want(wants, kind, names->list[i].text, &names->list[i].place);
	return err;
}

static int want_set(struct compiler *compiler, const struct draft_set *set)
{
	struct data_wants *wants = &compiler->wants;
	int err = want_names(wants, DATA_CIDR, &set->files);

	if (err || !set->countries || compiler->draft.countries.line)
		return err;
	return data_want(wants, DATA_COUNTRIES, "", &set->first_country);
}

static bool all_there(const struct compiler *compiler)
{
	const struct documents *documents = compiler->documents;

	for (size_t i = 0; i < compiler->wants.count; i++)
		if (data_find(documents, &compiler->wants.list[i], 0) == documents->data_count)
			return false;
	return true;
}

int networks_want(struct compiler *compiler)
{
	const struct draft *draft = &compiler->draft;
	int err = want_names(&compiler->wants, DATA_COUNTRIES, &draft->country_files);

	for (size_t i = 0; i < draft->network_count && !err; i++) {
		err = want_set(compiler, &draft->networks[i].with);
		if (!err)
			err = want_set(compiler, &draft->networks[i].without);
	}
	return err ? err : all_there(compiler) ? 0 : -ENODATA;
}
