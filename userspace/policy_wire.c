// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netset.h"
#include "policy_actor.h"
#include "policy_carrier.h"
#include "policy_case.h"
#include "policy_error.h"
#include "policy_input.h"
#include "policy_listen.h"
#include "policy_resolver.h"
#include "policy_storage.h"
#include "policy_valid.h"
#include "policy_wire.h"
#include "policy_wire_format.h"

static void get_jurisdiction(struct input *input, struct policy_label *label)
{
	char *code = input_text(input);

	input_check(input, code && (!*code || policy_jurisdiction_valid(code)));
	if (!input->err)
		memcpy(label->jurisdiction, code, strlen(code));
	free(code);
}

static void get_label(struct input *input, struct policy_label *label)
{
	label->name = input_name(input);
	label->title = input_text(input);
	label->category = input_text(input);
	input_check(input, label->category &&
		    (!*label->category || policy_name_valid(label->category)));
	get_jurisdiction(input, label);
	label->place = input_place(input);
	if (!input->err)
		label->id = label_id(label->name);
}

static void get_labels(struct input *input, struct policy *policy)
{
	size_t count = input_count(input, 0, DOMICILE_LABELS_MAX, 7 * sizeof(__u32));
	struct policy_label *labels = input_memory(input, count, sizeof(*labels));

	if (!labels)
		return;
	policy->labels = labels;
	policy->label_count = count;
	for (size_t i = 0; i < count && !input->err; i++) {
		get_label(input, &labels[i]);
		if (i && !input->err)
			input_check(input, strcmp(labels[i - 1].name, labels[i].name) < 0);
		for (size_t j = 0; j < i; j++)
			input_check(input, labels[j].id != labels[i].id);
	}
}

static void get_networks(struct input *input, struct policy *policy)
{
	size_t count = input_count(input, 0, POLICY_NETWORKS_MAX, 7 * sizeof(__u32));
	struct policy_network *networks = input_memory(input, count, sizeof(*networks));

	if (!networks)
		return;
	policy->networks = networks;
	policy->network_count = count;
	for (size_t i = 0; i < count && !input->err; i++) {
		networks[i].name = input_name(input);
		networks[i].prefixes4 = input_u32(input);
		networks[i].prefixes6 = input_u32(input);
		networks[i].part = input_u32(input);
		networks[i].place = input_place(input);
		if (i && !input->err)
			input_check(input, strcmp(networks[i - 1].name, networks[i].name) < 0);
	}
}

/* Each class is another set, and the first is empty. */
static void check_classes(struct input *input, const struct policy *policy)
{
	__u64 set[POLICY_NETWORKS_MAX / 64 + 1];
	struct netset_table sets;

	if (netset_table_init(&sets, policy->network_count, policy->class_count)) {
		input_fail(input, -ENOMEM);
		return;
	}
	for (size_t i = 0; i < policy->class_count && !input->err; i++) {
		const struct policy_class *class = &policy->classes[i];

		memset(set, 0, sizeof(set));
		for (size_t j = 0; j < class->network_count; j++)
			set[class->networks[j] / 64] |= 1ull << (class->networks[j] % 64);
		input_check(input, netset_number(&sets, set) == (int)i);
	}
	netset_table_free(&sets);
}

static void get_classes(struct input *input, struct policy *policy)
{
	size_t count = input_count(input, 1, DOMICILE_CLASSES_MAX, sizeof(__u32));
	struct policy_class *classes = input_memory(input, count, sizeof(*classes));

	if (!classes)
		return;
	policy->classes = classes;
	policy->class_count = count;
	for (size_t i = 0; i < count && !input->err; i++)
		classes[i].networks = input_numbers(input, policy->network_count,
						    &classes[i].network_count);
	if (!input->err)
		check_classes(input, policy);
}

static void get_ranges4(struct input *input, struct policy *policy)
{
	struct domicile_range4 *ranges;
	size_t count = input_count(input, 1, DOMICILE_RANGES_MAX, sizeof(*ranges));

	ranges = policy->ranges4 = input_memory(input, count, sizeof(*ranges));
	if (!ranges)
		return;
	policy->range4_count = count;
	input_get(input, ranges, count * sizeof(*ranges));
	for (size_t i = 0; i < count; i++) {
		input_check(input, ranges[i].class < policy->class_count);
		input_check(input, i ? ranges[i - 1].start < ranges[i].start &&
			    ranges[i - 1].class != ranges[i].class : !ranges[i].start);
	}
}

static bool range6_before(const struct domicile_range6 *a, const struct domicile_range6 *b)
{
	return a->hi < b->hi || (a->hi == b->hi && a->lo < b->lo);
}

static void get_ranges6(struct input *input, struct policy *policy)
{
	struct domicile_range6 *ranges;
	size_t count = input_count(input, 1, DOMICILE_RANGES_MAX, sizeof(*ranges));

	ranges = policy->ranges6 = input_memory(input, count, sizeof(*ranges));
	if (!ranges)
		return;
	policy->range6_count = count;
	input_get(input, ranges, count * sizeof(*ranges));
	for (size_t i = 0; i < count; i++) {
		input_check(input, ranges[i].class < policy->class_count && !ranges[i].reserved);
		input_check(input, i ? range6_before(&ranges[i - 1], &ranges[i]) &&
			    ranges[i - 1].class != ranges[i].class :
			    !ranges[i].hi && !ranges[i].lo);
	}
}

static void get_source(struct input *input, struct policy_source *source, size_t labels)
{
	source->path = input_text(input);
	input_check(input, source->path && !policy_path_wrong(source->path));
	source->label = input_u32(input);
	input_check(input, source->label < labels);
	source->place = input_place(input);
}

static bool source_before(const struct policy_source *a, const struct policy_source *b)
{
	int order = strcmp(a->path, b->path);

	return order ? order < 0 : a->label < b->label;
}

static void get_sources(struct input *input, struct policy *policy)
{
	size_t count = input_count(input, 0, POLICY_SOURCES_MAX, 5 * sizeof(__u32));
	struct policy_source *sources = input_memory(input, count, sizeof(*sources));

	if (!sources)
		return;
	policy->sources = sources;
	policy->source_count = count;
	for (size_t i = 0; i < count && !input->err; i++) {
		get_source(input, &sources[i], policy->label_count);
		if (i && !input->err)
			input_check(input, source_before(&sources[i - 1], &sources[i]));
	}
}

static enum policy_mode get_mode(struct input *input)
{
	__u32 mode = input_u32(input);

	input_check(input, mode < POLICY_MODES);
	return input->err ? POLICY_ENFORCE : mode;
}

/* NULL for "". */
static char *get_text_or_none(struct input *input)
{
	char *text = input_text(input);

	if (text && !*text) {
		free(text);
		return NULL;
	}
	return text;
}

static void get_actor(struct input *input, struct policy_actor *actor)
{
	actor->program = get_text_or_none(input);
	actor->cgroup = get_text_or_none(input);
	actor->has_uid = input_bool(input);
	actor->uid = input_u32(input);
}

static void get_member(struct input *input, struct policy_actor *actor)
{
	get_actor(input, actor);
	actor->place = input_place(input);
	input_check(input, policy_actor_valid(actor));
}

static void get_access(struct input *input, struct policy_access *access)
{
	size_t count;

	access->ruled = input_bool(input);
	access->mode = get_mode(input);
	count = input_count(input, 0, DOMICILE_ACTORS_MAX, 7 * sizeof(__u32));
	access->actors = input_memory(input, count, sizeof(*access->actors));
	if (!access->actors)
		return;
	access->actor_count = count;
	for (size_t i = 0; i < count && !input->err; i++)
		get_member(input, &access->actors[i]);
}

static void get_rule(struct input *input, struct policy_rule *rule, const struct policy *policy)
{
	rule->label = input_u32(input);
	rule->mode = get_mode(input);
	rule->limits = input_bool(input);
	rule->networks = input_numbers(input, policy->network_count, &rule->network_count);
	rule->denied = input_numbers(input, policy->network_count, &rule->denied_count);
	rule->stores = input_bool(input);
	rule->store_mode = get_mode(input);
	rule->storages = input_numbers(input, policy->storage_count, &rule->storage_count);
	for (int use = 0; use < DOMICILE_USES; use++)
		get_access(input, &rule->access[use]);
	rule->place = input_place(input);
}

static void get_defaults(struct input *input, struct policy *policy)
{
	if (!input_bool(input))
		return;
	policy->defaults = input_memory(input, 1, sizeof(*policy->defaults));
	if (policy->defaults)
		get_rule(input, policy->defaults, policy);
}

static void get_rules(struct input *input, struct policy *policy)
{
	size_t count = input_count(input, 0, POLICY_RULES_MAX, 17 * sizeof(__u32));
	struct policy_rule *rules = input_memory(input, count, sizeof(*rules));
	size_t actors = 0;

	if (!rules)
		return;
	policy->rules = rules;
	policy->rule_count = count;
	for (size_t i = 0; i < count && !input->err; i++) {
		get_rule(input, &rules[i], policy);
		input_check(input, rules[i].label < policy->label_count);
		input_check(input, !i || rules[i - 1].label <= rules[i].label);
		actors += policy_rule_actors(&rules[i]);
		input_check(input, actors <= DOMICILE_ACTORS_MAX);
	}
	get_defaults(input, policy);
}

static void get_medium(struct input *input, struct policy_medium *medium)
{
	__u32 kind = input_u32(input);
	const char *near;

	medium->text = input_text(input);
	input_check(input, kind >= DOMICILE_MEDIUM_TYPE && kind < DOMICILE_MEDIA &&
		    medium->text && !policy_medium_wrong(kind, medium->text, &near));
	medium->kind = input->err ? DOMICILE_MEDIUM_TYPE : kind;
}

static void get_media(struct input *input, struct policy_storage *storage)
{
	size_t count = input_count(input, 0, POLICY_MEDIA_MAX, 2 * sizeof(__u32));

	storage->media = input_memory(input, count, sizeof(*storage->media));
	if (!storage->media)
		return;
	storage->medium_count = count;
	for (size_t i = 0; i < count && !input->err; i++) {
		get_medium(input, &storage->media[i]);
		if (i && !input->err)
			input_check(input, policy_medium_compare(&storage->media[i - 1],
								 &storage->media[i]) < 0);
	}
}

static void get_storages(struct input *input, struct policy *policy)
{
	size_t count = input_count(input, 0, POLICY_STORAGES_MAX, 5 * sizeof(__u32));
	struct policy_storage *storages = input_memory(input, count, sizeof(*storages));

	if (!storages)
		return;
	policy->storages = storages;
	policy->storage_count = count;
	for (size_t i = 0; i < count && !input->err; i++) {
		storages[i].name = input_name(input);
		get_media(input, &storages[i]);
		storages[i].place = input_place(input);
		if (i && !input->err)
			input_check(input, strcmp(storages[i - 1].name, storages[i].name) < 0);
	}
}

static void get_listens(struct input *input, struct policy *policy)
{
	size_t count = input_count(input, 0, POLICY_LISTENS_MAX, 6 * sizeof(__u32));
	struct policy_listen *listens = input_memory(input, count, sizeof(*listens));

	if (!listens)
		return;
	policy->listens = listens;
	policy->listen_count = count;
	for (size_t i = 0; i < count && !input->err; i++) {
		struct policy_listen *listen = &listens[i];
		__u32 port = input_u32(input);

		listen->protocol = port >> 16;
		listen->port = port;
		listen->network = input_u32(input);
		listen->label = input_u32(input);
		listen->place = input_place(input);
		input_check(input, policy_listen_valid(listen) &&
			    listen->label < policy->label_count &&
			    (listen->network < policy->network_count ||
			     listen->network == POLICY_ANYWHERE));
		input_check(input, !i || policy_listen_compare(listen - 1, listen) < 0);
	}
}

static void get_resolvers(struct input *input, struct policy *policy)
{
	struct policy_resolver *resolvers;
	size_t count = input_count(input, 0, DOMICILE_RESOLVERS_MAX, sizeof(resolvers->resolver));

	resolvers = policy->resolvers = input_memory(input, count, sizeof(*resolvers));
	if (!resolvers)
		return;
	policy->resolver_count = count;
	for (size_t i = 0; i < count && !input->err; i++) {
		input_get(input, &resolvers[i].resolver, sizeof(resolvers[i].resolver));
		resolvers[i].place = input_place(input);
		input_check(input, policy_resolver_valid(&resolvers[i].resolver));
		input_check(input, !i || policy_resolver_compare(&resolvers[i - 1],
								 &resolvers[i]) < 0);
	}
}

static void get_carrier(struct input *input, struct policy_carrier *carrier)
{
	__u32 carriage;

	carrier->cgroup = input_text(input);
	input_check(input, carrier->cgroup && !policy_cgroup_wrong(carrier->cgroup));
	carriage = input_u32(input);
	input_check(input, carriage >= DOMICILE_CARRIAGE_KEEP && carriage < DOMICILE_CARRIAGES);
	carrier->carriage = input->err ? DOMICILE_CARRIAGE_KEEP : carriage;
	carrier->reason = input_text(input);
	carrier->place = input_place(input);
}

static void get_carriers(struct input *input, struct policy *policy)
{
	size_t count = input_count(input, 0, DOMICILE_CARRIERS_MAX, 6 * sizeof(__u32));
	struct policy_carrier *carriers = input_memory(input, count, sizeof(*carriers));

	if (!carriers)
		return;
	policy->carriers = carriers;
	policy->carrier_count = count;
	for (size_t i = 0; i < count && !input->err; i++) {
		get_carrier(input, &carriers[i]);
		if (i && !input->err)
			input_check(input, strcmp(carriers[i - 1].cgroup, carriers[i].cgroup) < 0);
	}
}

static struct domicile_label_set get_set(struct input *input, size_t labels)
{
	struct domicile_label_set set;

	input_get(input, &set, sizeof(set));
	for (size_t i = labels; i < DOMICILE_LABELS_MAX; i++)
		input_check(input, !label_set_has(&set, i));
	return set;
}

static void get_case(struct input *input, struct policy_case *one, const struct policy *policy)
{
	__u32 port;

	one->subject = input_u32(input);
	one->labels = get_set(input, policy->label_count);
	one->path = input_text(input);
	port = input_u32(input);
	one->protocol = port >> 16;
	one->port = port;
	one->from = input_text(input);
	one->held = input_u32(input);
	one->holds = get_set(input, policy->label_count);
	one->to = input_text(input);
	one->store = input_text(input);
	one->used = input_bool(input);
	one->use = input_u32(input);
	get_actor(input, &one->actor);
	one->expect = input_u32(input);
	one->network = input_u32(input);
	input_check(input, one->network < policy->network_count ||
		    one->network == POLICY_ANYWHERE);
	one->rule = input_text(input);
	one->carriage = input_u32(input);
	one->place = input_place(input);
	input_check(input, !input->err && policy_case_valid(one));
}

static void get_cases(struct input *input, struct policy *policy)
{
	size_t count = input_count(input, 0, POLICY_CASES_MAX, 23 * sizeof(__u32));
	struct policy_case *cases = input_memory(input, count, sizeof(*cases));

	if (!cases)
		return;
	policy->cases = cases;
	policy->case_count = count;
	for (size_t i = 0; i < count && !input->err; i++)
		get_case(input, &cases[i], policy);
}

/* An error's text is only shown: make it harmless rather than refuse it. */
static void get_error(struct input *input, struct policy_error *error, bool wrong)
{
	__u32 severity = input_u32(input), file = input_u32(input);
	size_t size;
	ptrdiff_t at;

	*error = (struct policy_error){};
	input_check(input, severity == POLICY_WARNING || (wrong && severity == POLICY_ERROR));
	error->severity = input->err ? POLICY_ERROR : severity;
	input_check(input, file == WIRE_NO_FILE || file < documents_total(input->documents));
	if (!input->err && file != WIRE_NO_FILE)
		error->file = documents_at(input->documents, file)->file;
	error->line = input_u32(input);
	error->column = input_u32(input);
	size = input_count(input, 1, sizeof(error->text) - 1, 1);
	input_get(input, error->text, size);
	while ((at = policy_control_find(error->text, strlen(error->text))) >= 0)
		error->text[at] = '?';
}

/* @wrong: there is no policy, so there may be errors. */
static void get_errors(struct input *input, struct policy_errors *errors, bool wrong)
{
	struct policy_errors got = {};

	got.count = input_count(input, 0, POLICY_ERRORS_MAX, 5 * sizeof(__u32));
	got.more = input_u32(input);
	for (size_t i = 0; i < got.count && !input->err; i++)
		get_error(input, &got.list[i], wrong);
	*errors = got;
}

static void get_want(struct input *input, struct data_want *want)
{
	__u32 kind = input_u32(input);

	input_check(input, kind < DATA_KINDS);
	want->kind = input->err ? DATA_CIDR : kind;
	want->path = input_text(input);
	want->place = input_place(input);
	input_check(input, want->path && strlen(want->path) < PATH_MAX &&
		    (*want->path || want->kind == DATA_COUNTRIES));
}

/* There are some if and only if they are why there is no policy. */
static void get_wants(struct input *input, struct data_wants *wants, bool expected)
{
	size_t count = input_count(input, expected, expected ? DATA_WANTS_MAX : 0,
				   5 * sizeof(__u32));
	struct data_want *list = input_memory(input, count, sizeof(*list));

	if (!list)
		return;
	*wants = (struct data_wants){ list, count };
	for (size_t i = 0; i < count && !input->err; i++)
		get_want(input, &list[i]);
}

static void get_data(struct input *input, struct policy *policy)
{
	size_t most = input->documents->data_count;
	size_t count = input_count(input, most, most, 5 * sizeof(__u32));
	struct policy_data *data = input_memory(input, count, sizeof(*data));

	if (!data)
		return;
	policy->data = data;
	policy->data_count = count;
	for (size_t i = 0; i < count; i++) {
		__u32 format = input_u32(input);
		bool cidr = input->documents->data[i].kind == DATA_CIDR;

		input_check(input, format < POLICY_DATA_FORMATS &&
			    (format == POLICY_DATA_CIDR) == cidr);
		data[i].format = input->err ? POLICY_DATA_CIDR : format;
		input_get(input, &data[i].date, sizeof(data[i].date));
		input_check(input, data[i].date <= POLICY_DATE_MAX);
		data[i].ranges4 = input_u32(input);
		data[i].ranges6 = input_u32(input);
	}
}

static struct policy *get_policy(struct input *input)
{
	struct policy *policy = input_memory(input, 1, sizeof(*policy));

	if (!policy)
		return NULL;
	get_labels(input, policy);
	get_networks(input, policy);
	get_classes(input, policy);
	get_ranges4(input, policy);
	get_ranges6(input, policy);
	get_sources(input, policy);
	get_storages(input, policy);
	get_rules(input, policy);
	get_listens(input, policy);
	get_resolvers(input, policy);
	get_carriers(input, policy);
	get_cases(input, policy);
	get_data(input, policy);
	if (!input->err)
		return policy;
	policy_free(policy);
	return NULL;
}

int policy_unpack(const void *data, size_t size, const struct documents *documents,
		  struct policy_result *result, struct policy_errors *errors)
{
	struct input input = { .data = data, .left = size, .documents = documents };
	struct policy_result got = {};
	struct policy_errors got_errors;
	__u32 err;

	input_check(&input, input_u32(&input) == WIRE_MAGIC);
	input_check(&input, input_u32(&input) == WIRE_VERSION);
	err = input_u32(&input);
	input_check(&input, err <= WIRE_ERRNO_MAX);
	got.err = input.err ? 0 : -(int)err;
	get_errors(&input, &got_errors, err);
	if (err)
		get_wants(&input, &got.wants, err == ENODATA);
	else
		got.policy = get_policy(&input);
	input_check(&input, !input.left);
	if (input.err) {
		policy_free(got.policy);
		data_wants_free(&got.wants);
		return input.err;
	}
	*errors = got_errors;
	*result = got;
	return 0;
}
