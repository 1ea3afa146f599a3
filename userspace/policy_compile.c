// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a draft to the tables. Numbers do not depend on the order of documents:
 * labels and networks are numbered by name, classes by the first address, IPv4
 * before IPv6, that has them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "cleanup.h"
#include "policy_compiler.h"
#include "policy_impl.h"
#include "policy_listen.h"
#include "policy_resolver.h"
#include "suggest.h"

static int refuse(struct compiler *compiler, const char *what, const struct policy_place *place,
		  const char *name, const struct policy_place *first)
{
	return policy_error_add(compiler->errors, place,
				"found a second definition of %s '%s', expected one; "
				"the first is at %s:%u:%u", what, name, first->file,
				first->line, first->column);
}

static int draft_label_compare(const void *a, const void *b)
{
	const struct draft_label *left = a, *right = b;
	int order = strcmp(left->label.name, right->label.name);

	return order ? order : left->number < right->number ? -1 : 1;
}

static int draft_network_compare(const void *a, const void *b)
{
	const struct draft_network *left = a, *right = b;
	int order = strcmp(left->network.name, right->network.name);

	return order ? order : left->number < right->number ? -1 : 1;
}

static int check_label(struct compiler *compiler, const struct policy_label *first,
		       const struct policy_label *label)
{
	if (!strcmp(first->name, label->name))
		return refuse(compiler, "label", &label->place, label->name, &first->place);
	return policy_error_add(compiler->errors, &label->place,
				"found label '%s', whose id 0x%08x is also that of '%s' at "
				"%s:%u:%u, expected another name", label->name, label->id,
				first->name, first->place.file, first->place.line,
				first->place.column);
}

static int check_labels(struct compiler *compiler)
{
	const struct policy_label *labels = compiler->policy->labels;
	int err = 0;

	for (size_t i = 1; i < compiler->policy->label_count && !err; i++)
		for (size_t j = 0; j < i; j++)
			if (labels[j].id == labels[i].id) {
				err = check_label(compiler, &labels[j], &labels[i]);
				break;
			}
	return err;
}

/* Moves the labels from draft to policy, sorted. */
static int take_labels(struct compiler *compiler)
{
	struct draft *draft = &compiler->draft;
	struct policy *policy = compiler->policy;

	policy->labels = calloc(draft->label_count + 1, sizeof(*policy->labels));
	if (!policy->labels)
		return -ENOMEM;
	if (draft->label_count)
		qsort(draft->labels, draft->label_count, sizeof(*draft->labels),
		      draft_label_compare);
	for (size_t i = 0; i < draft->label_count; i++)
		policy->labels[i] = draft->labels[i].label;
	policy->label_count = draft->label_count;
	draft->label_count = 0;
	return check_labels(compiler);
}

static int check_networks(struct compiler *compiler)
{
	const struct policy_network *networks = compiler->policy->networks;
	size_t first = 0;
	int err = 0;

	for (size_t i = 1; i < compiler->policy->network_count && !err; i++) {
		if (strcmp(networks[first].name, networks[i].name))
			first = i;
		else
			err = refuse(compiler, "network", &networks[i].place, networks[i].name,
				     &networks[first].place);
	}
	return err;
}

static void renumber_prefixes(struct prefix *prefixes, size_t count, const __u32 *numbers)
{
	for (size_t i = 0; i < count; i++)
		prefixes[i].network = numbers[prefixes[i].network];
}

/* As take_labels(); prefixes follow their network to its new number. */
static int take_networks(struct compiler *compiler)
{
	struct draft *draft = &compiler->draft;
	struct policy *policy = compiler->policy;
	__u32 numbers[POLICY_NETWORKS_MAX];

	policy->networks = calloc(draft->network_count + 1, sizeof(*policy->networks));
	if (!policy->networks)
		return -ENOMEM;
	if (draft->network_count)
		qsort(draft->networks, draft->network_count, sizeof(*draft->networks),
		      draft_network_compare);
	for (size_t i = 0; i < draft->network_count; i++) {
		policy->networks[i] = draft->networks[i].network;
		numbers[draft->networks[i].number] = i;
	}
	policy->network_count = draft->network_count;
	draft->network_count = 0;
	renumber_prefixes(draft->prefixes4, draft->prefix4_count, numbers);
	renumber_prefixes(draft->prefixes6, draft->prefix6_count, numbers);
	return check_networks(compiler);
}

static int source_compare(const void *a, const void *b)
{
	const struct policy_source *left = a, *right = b;
	int order = strcmp(left->path, right->path);

	return order ? order : left->label < right->label ? -1 : left->label > right->label;
}

static int check_sources(struct compiler *compiler)
{
	const struct policy_source *sources = compiler->policy->sources;
	char quoted[POLICY_QUOTE_MAX];
	int err = 0;

	for (size_t i = 1; i < compiler->policy->source_count && !err; i++)
		if (!source_compare(&sources[i - 1], &sources[i]))
			err = refuse(compiler, "source", &sources[i].place,
				     policy_quote(sources[i].path, quoted),
				     &sources[i - 1].place);
	return err;
}

static int check_listens(struct compiler *compiler)
{
	const struct policy_listen *listens = compiler->policy->listens;
	char text[POLICY_LISTEN_TEXT_MAX];
	int err = 0;

	for (size_t i = 1; i < compiler->policy->listen_count && !err; i++)
		if (!policy_listen_compare(&listens[i - 1], &listens[i]))
			err = refuse(compiler, "source", &listens[i].place,
				     policy_listen_text(&listens[i], text), &listens[i - 1].place);
	return err;
}

static int take_listen(struct compiler *compiler, const struct draft_source *draft, __u32 label)
{
	struct policy *policy = compiler->policy;
	__u64 set[POLICY_NETWORKS_MAX / 64] = {};
	struct policy_listen *listen;
	int err;

	if (policy->listen_count == POLICY_LISTENS_MAX)
		return policy_error_add(compiler->errors, &draft->place, "found more than %d "
					"sources with 'listen', expected fewer",
					POLICY_LISTENS_MAX) ?: -EINVAL;
	err = draft->from.text ? resolve_network(compiler, &draft->from, set) : 0;
	if (err)
		return err;
	listen = ARRAY_ADD(policy->listens, policy->listen_count);
	if (!listen)
		return -ENOMEM;
	*listen = draft->listen;
	listen->network = draft->from.text ? (__u32)policy_network_index(policy, draft->from.text) :
					     POLICY_ANYWHERE;
	listen->label = label;
	listen->place = draft->place;
	return 0;
}

static int take_source(struct compiler *compiler, struct draft_source *draft)
{
	struct policy *policy = compiler->policy;
	struct policy_source *source;
	__u32 label;
	int err = resolve_label(compiler, &draft->label, &label);

	if (!err && draft->listen.port && !draft->path)
		return take_listen(compiler, draft, label);
	if (err || !draft->path)
		return err;
	source = &policy->sources[policy->source_count++];
	*source = (struct policy_source){ draft->path, label, draft->place };
	draft->path = NULL;
	return 0;
}

static int take_sources(struct compiler *compiler)
{
	struct policy *policy = compiler->policy;
	struct draft *draft = &compiler->draft;
	int err = 0;

	policy->sources = calloc(draft->source_count + 1, sizeof(*policy->sources));
	if (!policy->sources)
		return -ENOMEM;
	for (size_t i = 0; i < draft->source_count && !err; i++)
		err = take_source(compiler, &draft->sources[i]);
	qsort(policy->sources, policy->source_count, sizeof(*policy->sources), source_compare);
	if (policy->listen_count)
		qsort(policy->listens, policy->listen_count, sizeof(*policy->listens),
		      policy_listen_compare);
	if (!err && !policy_errors_found(compiler->errors))
		err = check_sources(compiler);
	if (!err && !policy_errors_found(compiler->errors))
		err = check_listens(compiler);
	return err;
}

/* Moves the resolvers from draft to policy, sorted. */
static int take_resolvers(struct compiler *compiler)
{
	struct policy *policy = compiler->policy;
	struct draft *draft = &compiler->draft;
	char text[POLICY_RESOLVER_TEXT_MAX];
	int err = 0;

	policy->resolvers = draft->resolvers;
	policy->resolver_count = draft->resolver_count;
	draft->resolvers = NULL;
	draft->resolver_count = 0;
	if (policy->resolver_count)
		qsort(policy->resolvers, policy->resolver_count, sizeof(*policy->resolvers),
		      policy_resolver_compare);
	if (policy_errors_found(compiler->errors))
		return 0;
	for (size_t i = 1; i < policy->resolver_count && !err; i++) {
		const struct policy_resolver *resolver = &policy->resolvers[i];

		if (!policy_resolver_compare(resolver - 1, resolver))
			err = refuse(compiler, "resolver", &resolver->place,
				     policy_resolver_text(&resolver->resolver, text),
				     &resolver[-1].place);
	}
	return err;
}

static int carrier_compare(const void *a, const void *b)
{
	const struct policy_carrier *left = a, *right = b;

	return strcmp(left->cgroup, right->cgroup);
}

/* By unit or by cgroup, a carrier is named once. */
static int check_carriers(struct compiler *compiler)
{
	const struct policy_carrier *carriers = compiler->policy->carriers;
	char quoted[POLICY_QUOTE_MAX];
	int err = 0;

	for (size_t i = 1; i < compiler->policy->carrier_count && !err; i++)
		if (!carrier_compare(&carriers[i - 1], &carriers[i]))
			err = refuse(compiler, "carrier", &carriers[i].place,
				     policy_quote(carriers[i].cgroup, quoted),
				     &carriers[i - 1].place);
	return err;
}

/* Moves the carriers from draft to policy, sorted; those without a name were reported. */
static int take_carriers(struct compiler *compiler)
{
	struct policy *policy = compiler->policy;
	struct draft *draft = &compiler->draft;

	policy->carriers = calloc(draft->carrier_count + 1, sizeof(*policy->carriers));
	if (!policy->carriers)
		return -ENOMEM;
	for (size_t i = 0; i < draft->carrier_count; i++) {
		if (!draft->carriers[i].cgroup)
			continue;
		policy->carriers[policy->carrier_count++] = draft->carriers[i];
		draft->carriers[i] = (struct policy_carrier){};
	}
	qsort(policy->carriers, policy->carrier_count, sizeof(*policy->carriers),
	      carrier_compare);
	return check_carriers(compiler);
}

static int refuse_size(struct compiler *compiler, int err)
{
	if (err == -ENOSPC)
		policy_error_add(compiler->errors, NULL, "found networks that overlap in more "
				 "than %d ways, expected fewer", DOMICILE_CLASSES_MAX);
	else if (err == -E2BIG)
		policy_error_add(compiler->errors, NULL, "found networks of more than %u address "
				 "ranges, expected fewer", DOMICILE_RANGES_MAX);
	else
		return err;
	return -EINVAL;
}

static int make_ranges4(struct policy *policy, const struct prefix_span *spans, size_t count)
{
	policy->ranges4 = calloc(count, sizeof(*policy->ranges4));
	if (!policy->ranges4)
		return -ENOMEM;
	policy->range4_count = count;
	for (size_t i = 0; i < count; i++)
		policy->ranges4[i] = (struct domicile_range4){ spans[i].start, spans[i].number };
	return 0;
}

static int make_ranges6(struct policy *policy, const struct prefix_span *spans, size_t count)
{
	policy->ranges6 = calloc(count, sizeof(*policy->ranges6));
	if (!policy->ranges6)
		return -ENOMEM;
	policy->range6_count = count;
	for (size_t i = 0; i < count; i++)
		policy->ranges6[i] = (struct domicile_range6){ .hi = spans[i].start >> 64,
							       .lo = spans[i].start,
							       .class = spans[i].number };
	return 0;
}

static int make_ranges(struct compiler *compiler, bool ipv6)
{
	struct draft *draft = &compiler->draft;
	struct prefix_span *spans;
	size_t count;
	int err;

	err = prefix_flatten(ipv6 ? draft->prefixes6 : draft->prefixes4,
			     ipv6 ? draft->prefix6_count : draft->prefix4_count,
			     DOMICILE_RANGES_MAX, &compiler->sets, &spans, &count);
	if (err)
		return refuse_size(compiler, err);
	if (ipv6)
		err = make_ranges6(compiler->policy, spans, count);
	else
		err = make_ranges4(compiler->policy, spans, count);
	free(spans);
	return err;
}

static int make_classes(struct compiler *compiler)
{
	struct policy *policy = compiler->policy;
	int err = 0;

	policy->classes = calloc(compiler->sets.count, sizeof(*policy->classes));
	if (!policy->classes)
		return -ENOMEM;
	policy->class_count = compiler->sets.count;
	for (size_t i = 0; i < policy->class_count && !err; i++)
		err = list_members(netset_get(&compiler->sets, i), policy->network_count,
				    &policy->classes[i].networks,
				    &policy->classes[i].network_count);
	return err;
}

static int make_tables(struct compiler *compiler)
{
	int err = netset_table_init(&compiler->sets, compiler->policy->network_count,
				    DOMICILE_CLASSES_MAX);

	if (err)
		return err;
	err = make_ranges(compiler, false);
	if (!err)
		err = make_ranges(compiler, true);
	return err ? err : make_classes(compiler);
}

static int read_document(struct compiler *compiler, const struct document *document)
{
	struct policy_tree tree;
	int err = policy_tree_parse(&tree, document, compiler->errors);

	if (!err) {
		err = draft_read(&compiler->draft, &tree, compiler->errors);
	} else if (err == -EINVAL) {
		compiler->draft.incomplete = true;
		err = 0;
	}
	policy_tree_free(&tree);
	return err;
}

static int take_draft(struct compiler *compiler)
{
	int err = take_labels(compiler);

	if (!err)
		err = take_networks(compiler);
	if (!err)
		err = take_sources(compiler);
	if (!err)
		err = take_resolvers(compiler);
	if (!err)
		err = take_rules(compiler);
	if (!err)
		err = take_carriers(compiler);
	return err ? err : take_cases(compiler);
}

static int compile(struct compiler *compiler)
{
	int err = 0;

	for (size_t i = 0; i < compiler->documents->count && !err; i++)
		err = read_document(compiler, &compiler->documents->list[i]);
	if (!err)
		err = take_draft(compiler);
	if (!err && policy_errors_found(compiler->errors))
		err = -EINVAL;
	return err ? err : make_tables(compiler);
}

int policy_build(const struct documents *documents, struct policy **ret,
		 struct policy_errors *errors)
{
	struct compiler compiler = { .documents = documents, .errors = errors };
	int err = -ENOMEM;

	compiler.policy = calloc(1, sizeof(*compiler.policy));
	if (compiler.policy)
		err = compile(&compiler);
	if (!err)
		err = policy_warn(compiler.policy, errors);
	draft_free(&compiler.draft);
	netset_table_free(&compiler.sets);
	if (!err) {
		*ret = compiler.policy;
		return 0;
	}
	policy_free(compiler.policy);
	return policy_errors_found(errors) ? -EINVAL : err;
}

int policy_compile(char *const files[], size_t count, struct policy **ret,
		   struct policy_errors *errors)
{
	cleanup(documents_free) struct documents documents = {};
	struct policy *policy = NULL;
	int err = documents_read(files, count, &documents, errors);

	if (!err)
		err = policy_build(&documents, &policy, errors);
	if (!err)
		err = policy_finish(policy, &documents);
	policy_errors_place(errors, &documents);
	if (err) {
		policy_free(policy);
		return policy_error_work(errors, err);
	}
	*ret = policy;
	return 0;
}
