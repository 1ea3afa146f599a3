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
#include "policy_network.h"
#include "policy_resolver.h"
#include "policy_storage.h"
#include "suggest.h"

int refuse_second(struct compiler *compiler, const char *what, const struct policy_place *place,
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

static int check_label(struct compiler *compiler, const struct policy_label *first,
		       const struct policy_label *label)
{
	if (!strcmp(first->name, label->name))
		return refuse_second(compiler, "label", &label->place, label->name, &first->place);
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
			err = refuse_second(compiler, "source", &sources[i].place,
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
			err = refuse_second(compiler, "source", &listens[i].place,
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
			err = refuse_second(compiler, "resolver", &resolver->place,
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
			err = refuse_second(compiler, "carrier", &carriers[i].place,
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

static int storage_compare(const void *a, const void *b)
{
	return strcmp(((const struct policy_storage *)a)->name,
		      ((const struct policy_storage *)b)->name);
}

static int check_storage(struct compiler *compiler, const struct policy_storage *storage)
{
	int err = 0;

	for (size_t i = 1; i < storage->medium_count && !err; i++)
		if (!policy_medium_compare(&storage->media[i - 1], &storage->media[i]))
			err = policy_error_add(compiler->errors, &storage->place,
					       "found '%s' twice in a place, expected it once",
					       storage->media[i].text);
	return err;
}

/* Moves the places from draft to policy, sorted, and so what is in them. */
static int take_storages(struct compiler *compiler)
{
	struct policy *policy = compiler->policy;
	struct draft *draft = &compiler->draft;
	int err = 0;

	policy->storages = draft->storages;
	policy->storage_count = draft->storage_count;
	draft->storages = NULL;
	draft->storage_count = 0;
	if (policy->storage_count)
		qsort(policy->storages, policy->storage_count, sizeof(*policy->storages),
		      storage_compare);
	for (size_t i = 0; i < policy->storage_count && !err; i++) {
		struct policy_storage *storage = &policy->storages[i];

		if (storage->medium_count)
			qsort(storage->media, storage->medium_count, sizeof(*storage->media),
			      policy_medium_compare);
		err = check_storage(compiler, storage);
		if (!err && i && !storage_compare(storage - 1, storage))
			err = refuse_second(compiler, "place", &storage->place, storage->name,
				     &storage[-1].place);
	}
	return err;
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
		err = take_storages(compiler);
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
	if (!err)
		err = networks_want(compiler);
	return err ? err : networks_make(compiler);
}

int policy_build(const struct documents *documents, struct policy_result *result,
		 struct policy_errors *errors)
{
	struct compiler compiler = { .documents = documents, .errors = errors };
	int err = -ENOMEM;

	*result = (struct policy_result){};
	compiler.policy = calloc(1, sizeof(*compiler.policy));
	if (compiler.policy)
		err = compile(&compiler);
	if (!err) {
		policy_warn_data(compiler.policy, documents, errors);
		err = policy_warn(compiler.policy, errors);
	}
	draft_free(&compiler.draft);
	netset_table_free(&compiler.sets);
	if (err && policy_errors_found(errors))
		err = -EINVAL;
	result->err = err;
	if (err == -ENODATA)
		result->wants = compiler.wants;
	else
		data_wants_free(&compiler.wants);
	if (!err) {
		result->policy = compiler.policy;
		return 0;
	}
	policy_free(compiler.policy);
	return err;
}

static int build_here(const struct documents *documents, struct policy_result *result,
		      struct policy_errors *errors)
{
	policy_build(documents, result, errors);
	return 0;
}

int policy_compile(char *const files[], size_t count, struct policy **ret,
		   struct policy_errors *errors)
{
	cleanup(documents_free) struct documents documents = {};
	int err = documents_read(files, count, &documents, errors);

	return err ? policy_error_work(errors, err) :
		     policy_compile_by(build_here, &documents, ret, errors);
}
