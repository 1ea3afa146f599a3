// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy_wire.h"
#include "policy_wire_format.h"

/* Writing: an output that ran out of memory stays failed. */
struct output {
	char *data;
	size_t size;
	size_t room;
	bool failed;
};

static void put(struct output *output, const void *data, size_t size)
{
	size_t room = output->room ? output->room : 4096;
	char *grown;

	while (room - output->size < size)
		room *= 2;
	if (!output->failed && room != output->room) {
		grown = realloc(output->data, room);
		output->failed = !grown;
		if (grown) {
			output->data = grown;
			output->room = room;
		}
	}
	if (output->failed)
		return;
	if (size)
		memcpy(output->data + output->size, data, size);
	output->size += size;
}

static void put_u32(struct output *output, __u32 value)
{
	put(output, &value, sizeof(value));
}

static void put_text(struct output *output, const char *text)
{
	put_u32(output, strlen(text));
	put(output, text, strlen(text));
}

static void put_place(struct output *output, const struct documents *documents,
		      const struct policy_place *place)
{
	put_u32(output, place->file ? documents_index(documents, place->file) : WIRE_NO_FILE);
	put_u32(output, place->line);
	put_u32(output, place->column);
}

static void put_errors(struct output *output, const struct documents *documents,
		       const struct policy_errors *errors)
{
	put_u32(output, errors->count);
	put_u32(output, errors->more);
	for (size_t i = 0; i < errors->count; i++) {
		const struct policy_error *error = &errors->list[i];

		put_u32(output, error->severity);
		put_place(output, documents, &(struct policy_place){ error->file, error->line,
			  error->column });
		put_text(output, error->text);
	}
}

static void put_numbers(struct output *output, const __u32 *numbers, size_t count)
{
	put_u32(output, count);
	put(output, numbers, count * sizeof(*numbers));
}

static void put_labels(struct output *output, const struct documents *documents,
		       const struct policy *policy)
{
	put_u32(output, policy->label_count);
	for (size_t i = 0; i < policy->label_count; i++) {
		const struct policy_label *label = &policy->labels[i];

		put_text(output, label->name);
		put_text(output, label->title);
		put_text(output, label->category);
		put_text(output, label->jurisdiction);
		put_place(output, documents, &label->place);
	}
}

static void put_networks(struct output *output, const struct documents *documents,
			 const struct policy *policy)
{
	put_u32(output, policy->network_count);
	for (size_t i = 0; i < policy->network_count; i++) {
		const struct policy_network *network = &policy->networks[i];

		put_text(output, network->name);
		put_u32(output, network->prefixes4);
		put_u32(output, network->prefixes6);
		put_u32(output, network->part);
		put_place(output, documents, &network->place);
	}
}

static void put_tables(struct output *output, const struct policy *policy)
{
	put_u32(output, policy->class_count);
	for (size_t i = 0; i < policy->class_count; i++)
		put_numbers(output, policy->classes[i].networks, policy->classes[i].network_count);
	put_u32(output, policy->range4_count);
	put(output, policy->ranges4, policy->range4_count * sizeof(*policy->ranges4));
	put_u32(output, policy->range6_count);
	put(output, policy->ranges6, policy->range6_count * sizeof(*policy->ranges6));
}

static void put_sources(struct output *output, const struct documents *documents,
			const struct policy *policy)
{
	put_u32(output, policy->source_count);
	for (size_t i = 0; i < policy->source_count; i++) {
		put_text(output, policy->sources[i].path);
		put_u32(output, policy->sources[i].label);
		put_place(output, documents, &policy->sources[i].place);
	}
}

static void put_listens(struct output *output, const struct documents *documents,
			const struct policy *policy)
{
	put_u32(output, policy->listen_count);
	for (size_t i = 0; i < policy->listen_count; i++) {
		const struct policy_listen *listen = &policy->listens[i];

		put_u32(output, (__u32)listen->protocol << 16 | listen->port);
		put_u32(output, listen->network);
		put_u32(output, listen->label);
		put_place(output, documents, &listen->place);
	}
}

/* "" stands for none. */
static void put_actor(struct output *output, const struct policy_actor *actor)
{
	put_text(output, actor->program ? actor->program : "");
	put_text(output, actor->cgroup ? actor->cgroup : "");
	put_u32(output, actor->has_uid);
	put_u32(output, actor->uid);
}

static void put_access(struct output *output, const struct documents *documents,
		       const struct policy_access *access)
{
	put_u32(output, access->ruled);
	put_u32(output, access->mode);
	put_u32(output, access->actor_count);
	for (size_t i = 0; i < access->actor_count; i++) {
		put_actor(output, &access->actors[i]);
		put_place(output, documents, &access->actors[i].place);
	}
}

static void put_rule(struct output *output, const struct documents *documents,
		     const struct policy_rule *rule)
{
	put_u32(output, rule->label);
	put_u32(output, rule->mode);
	put_u32(output, rule->limits);
	put_numbers(output, rule->networks, rule->network_count);
	put_numbers(output, rule->denied, rule->denied_count);
	put_u32(output, rule->stores);
	put_u32(output, rule->store_mode);
	put_numbers(output, rule->storages, rule->storage_count);
	for (int use = 0; use < DOMICILE_USES; use++)
		put_access(output, documents, &rule->access[use]);
	put_place(output, documents, &rule->place);
}

static void put_storages(struct output *output, const struct documents *documents,
			 const struct policy *policy)
{
	put_u32(output, policy->storage_count);
	for (size_t i = 0; i < policy->storage_count; i++) {
		const struct policy_storage *storage = &policy->storages[i];

		put_text(output, storage->name);
		put_u32(output, storage->medium_count);
		for (size_t j = 0; j < storage->medium_count; j++) {
			put_u32(output, storage->media[j].kind);
			put_text(output, storage->media[j].text);
		}
		put_place(output, documents, &storage->place);
	}
}

static void put_rules(struct output *output, const struct documents *documents,
		      const struct policy *policy)
{
	put_u32(output, policy->rule_count);
	for (size_t i = 0; i < policy->rule_count; i++)
		put_rule(output, documents, &policy->rules[i]);
	put_u32(output, !!policy->defaults);
	if (policy->defaults)
		put_rule(output, documents, policy->defaults);
}

static void put_resolvers(struct output *output, const struct documents *documents,
			  const struct policy *policy)
{
	put_u32(output, policy->resolver_count);
	for (size_t i = 0; i < policy->resolver_count; i++) {
		put(output, &policy->resolvers[i].resolver, sizeof(policy->resolvers[i].resolver));
		put_place(output, documents, &policy->resolvers[i].place);
	}
}

static void put_carriers(struct output *output, const struct documents *documents,
			 const struct policy *policy)
{
	put_u32(output, policy->carrier_count);
	for (size_t i = 0; i < policy->carrier_count; i++) {
		const struct policy_carrier *carrier = &policy->carriers[i];

		put_text(output, carrier->cgroup);
		put_u32(output, carrier->carriage);
		put_text(output, carrier->reason);
		put_place(output, documents, &carrier->place);
	}
}

static void put_cases(struct output *output, const struct documents *documents,
		      const struct policy *policy)
{
	put_u32(output, policy->case_count);
	for (size_t i = 0; i < policy->case_count; i++) {
		const struct policy_case *one = &policy->cases[i];

		put_u32(output, one->subject);
		put(output, &one->labels, sizeof(one->labels));
		put_text(output, one->path);
		put_u32(output, (__u32)one->protocol << 16 | one->port);
		put_text(output, one->from);
		put_u32(output, one->held);
		put(output, &one->holds, sizeof(one->holds));
		put_text(output, one->to);
		put_text(output, one->store);
		put_u32(output, one->used);
		put_u32(output, one->use);
		put_actor(output, &one->actor);
		put_u32(output, one->expect);
		put_u32(output, one->network);
		put_text(output, one->rule);
		put_u32(output, one->carriage);
		put_place(output, documents, &one->place);
	}
}

static void put_data(struct output *output, const struct policy *policy)
{
	put_u32(output, policy->data_count);
	for (size_t i = 0; i < policy->data_count; i++) {
		const struct policy_data *data = &policy->data[i];

		put_u32(output, data->format);
		put(output, &data->date, sizeof(data->date));
		put_u32(output, data->ranges4);
		put_u32(output, data->ranges6);
	}
}

static void put_wants(struct output *output, const struct documents *documents,
		      const struct data_wants *wants)
{
	put_u32(output, wants->count);
	for (size_t i = 0; i < wants->count; i++) {
		put_u32(output, wants->list[i].kind);
		put_text(output, wants->list[i].path);
		put_place(output, documents, &wants->list[i].place);
	}
}

int policy_pack(const struct policy_result *result, const struct policy_errors *errors,
		const struct documents *documents, void **ret, size_t *ret_size)
{
	struct output output = {};

	put_u32(&output, WIRE_MAGIC);
	put_u32(&output, WIRE_VERSION);
	put_u32(&output, -result->err);
	put_errors(&output, documents, errors);
	if (result->policy) {
		put_labels(&output, documents, result->policy);
		put_networks(&output, documents, result->policy);
		put_tables(&output, result->policy);
		put_sources(&output, documents, result->policy);
		put_storages(&output, documents, result->policy);
		put_rules(&output, documents, result->policy);
		put_listens(&output, documents, result->policy);
		put_resolvers(&output, documents, result->policy);
		put_carriers(&output, documents, result->policy);
		put_cases(&output, documents, result->policy);
		put_data(&output, result->policy);
	} else {
		put_wants(&output, documents, &result->wants);
	}
	if (output.failed) {
		free(output.data);
		return -ENOMEM;
	}
	*ret = output.data;
	*ret_size = output.size;
	return 0;
}
