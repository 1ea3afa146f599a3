// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>

#include <jansson.h>

#include "moment.h"
#include "policy.h"

static json_t *json_place(const struct policy_place *place)
{
	json_t *file = json_string(place->file);

	return json_pack("{s:o, s:i, s:i}", "file", file ? file : json_null(), "line",
			 (int)place->line, "column", (int)place->column);
}

/* Passes @array on, or NULL if @member could not be added. */
static json_t *json_add(json_t *array, json_t *member)
{
	if (!json_array_append_new(array, member))
		return array;
	json_decref(array);
	return NULL;
}

static json_t *json_files(const struct policy *policy)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < policy->file_count; i++) {
		json_t *file = json_string(policy->files[i]);

		array = json_add(array, file ? file : json_null());
	}
	return array;
}

static json_t *json_labels(const struct policy *policy)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < policy->label_count; i++) {
		const struct policy_label *label = &policy->labels[i];

		array = json_add(array, json_pack("{s:s, s:I, s:s, s:s, s:s, s:o}", "name",
						  label->name, "id", (json_int_t)label->id,
						  "title", label->title, "jurisdiction",
						  label->jurisdiction, "category",
						  label->category, "place",
						  json_place(&label->place)));
	}
	return array;
}

json_t *policy_networks_json(const struct policy *policy)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < policy->network_count; i++) {
		const struct policy_network *network = &policy->networks[i];

		array = json_add(array, json_pack("{s:s, s:I, s:I, s:I, s:o}", "name",
						  network->name, "prefixes4",
						  (json_int_t)network->prefixes4, "prefixes6",
						  (json_int_t)network->prefixes6, "addresses4",
						  (json_int_t)network->addresses4, "place",
						  json_place(&network->place)));
	}
	return array;
}

json_t *policy_data_json(const struct policy *policy)
{
	json_t *array = json_array();
	char date[MOMENT_TEXT_MAX];

	for (size_t i = 0; array && i < policy->data_count; i++) {
		const struct policy_data *data = &policy->data[i];
		json_t *file = json_string(data->file);

		array = json_add(array, json_pack("{s:o, s:s, s:s?, s:b, s:I, s:I, s:o}", "file",
						  file ? file : json_null(), "format",
						  policy_data_format_name(data->format), "date",
						  data->date ? moment_date_text(date, data->date) :
							       NULL, "dated", data->dated,
						  "ranges4", (json_int_t)data->ranges4, "ranges6",
						  (json_int_t)data->ranges6, "place",
						  json_place(&data->place)));
	}
	return array;
}

static json_t *json_sources(const struct policy *policy)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < policy->source_count; i++) {
		const struct policy_source *source = &policy->sources[i];

		array = json_add(array, json_pack("{s:s, s:s, s:o}", "path", source->path,
						  "label", policy->labels[source->label].name,
						  "place", json_place(&source->place)));
	}
	return array;
}

static json_t *json_listen(const struct policy *policy, const struct policy_listen *listen)
{
	bool anywhere = listen->network == POLICY_ANYWHERE;
	char text[POLICY_LISTEN_TEXT_MAX];

	return json_pack("{s:s, s:s?, s:s, s:o}", "listen", policy_listen_text(listen, text),
			 "from", anywhere ? NULL : policy->networks[listen->network].name, "label",
			 policy->labels[listen->label].name, "place", json_place(&listen->place));
}

static json_t *json_all_sources(const struct policy *policy)
{
	json_t *array = json_sources(policy);

	for (size_t i = 0; array && i < policy->listen_count; i++)
		array = json_add(array, json_listen(policy, &policy->listens[i]));
	return array;
}

static json_t *json_network_names(const struct policy *policy, const __u32 *networks,
				  size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < count; i++)
		array = json_add(array, json_string(policy->networks[networks[i]].name));
	return array;
}

/* "allow" is null when the rule does not say what it allows. */
static json_t *json_egress(const struct policy *policy, const struct policy_rule *rule)
{
	json_t *allow = rule->limits ? json_network_names(policy, rule->networks,
							  rule->network_count) : json_null();

	return json_pack("{s:o, s:o, s:s}", "allow", allow, "deny",
			 json_network_names(policy, rule->denied, rule->denied_count), "mode",
			 policy_mode_name(rule->mode));
}

/* Null when the rule does not say where the label may be stored. */
static json_t *json_storage(const struct policy *policy, const struct policy_rule *rule)
{
	json_t *allow;

	if (!rule->stores)
		return json_null();
	allow = json_array();
	for (size_t i = 0; allow && i < rule->storage_count; i++)
		allow = json_add(allow, json_string(policy->storages[rule->storages[i]].name));
	return json_pack("{s:o, s:s}", "allow", allow, "mode", policy_mode_name(rule->store_mode));
}

static json_t *json_actor(const struct policy_actor *actor)
{
	json_t *uid = actor->has_uid ? json_integer(actor->uid) : json_null();

	return json_pack("{s:s?, s:o, s:s?, s:o}", "program", actor->program, "uid", uid, "cgroup",
			 actor->cgroup, "place", json_place(&actor->place));
}

/* Null when anybody may. */
static json_t *json_access(const struct policy_access *access)
{
	json_t *allow;

	if (!access->ruled)
		return json_null();
	allow = json_array();
	for (size_t i = 0; allow && i < access->actor_count; i++)
		allow = json_add(allow, json_actor(&access->actors[i]));
	return json_pack("{s:o, s:s}", "allow", allow, "mode", policy_mode_name(access->mode));
}

static json_t *json_media(const struct policy_storage *storage, enum domicile_medium_kind kind)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < storage->medium_count; i++)
		if (storage->media[i].kind == kind)
			array = json_add(array, json_string(storage->media[i].text));
	return array;
}

static json_t *json_places(const struct policy *policy)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < policy->storage_count; i++) {
		const struct policy_storage *storage = &policy->storages[i];

		array = json_add(array, json_pack("{s:s, s:o, s:o, s:o, s:o}", "name",
						  storage->name, "filesystem",
						  json_media(storage, DOMICILE_MEDIUM_TYPE), "uuid",
						  json_media(storage, DOMICILE_MEDIUM_UUID), "mount",
						  json_media(storage, DOMICILE_MEDIUM_DEVICE),
						  "place", json_place(&storage->place)));
	}
	return array;
}

static json_t *json_rules(const struct policy *policy)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < policy->rule_count; i++) {
		const struct policy_rule *rule = &policy->rules[i];

		array = json_add(array, json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "label",
						  policy->labels[rule->label].name, "egress",
						  json_egress(policy, rule), "storage",
						  json_storage(policy, rule), "read",
						  json_access(&rule->access[DOMICILE_USE_READ]),
						  "write",
						  json_access(&rule->access[DOMICILE_USE_WRITE]),
						  "place", json_place(&rule->place)));
	}
	return array;
}

static json_t *json_defaults(const struct policy *policy)
{
	const struct policy_rule *rule = policy->defaults;

	if (!rule)
		return json_null();
	return json_pack("{s:o, s:o, s:o}", "egress", json_egress(policy, rule), "storage",
			 json_storage(policy, rule), "place", json_place(&rule->place));
}

static json_t *json_resolvers(const struct policy *policy)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < policy->resolver_count; i++) {
		const struct domicile_resolver *resolver = &policy->resolvers[i].resolver;
		char address[INET6_ADDRSTRLEN] = "";

		inet_ntop(resolver->family, resolver->address, address, sizeof(address));
		array = json_add(array, json_pack("{s:s, s:I, s:I, s:I, s:o}", "address", address,
						  "port", (json_int_t)ntohs(resolver->port),
						  "rate", (json_int_t)resolver->rate, "length",
						  (json_int_t)resolver->length, "place",
						  json_place(&policy->resolvers[i].place)));
	}
	return array;
}

static json_t *json_carriers(const struct policy *policy)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < policy->carrier_count; i++) {
		const struct policy_carrier *carrier = &policy->carriers[i];

		array = json_add(array, json_pack("{s:s, s:s, s:s, s:o}", "cgroup",
						  carrier->cgroup, "labelled",
						  policy_carriage_name(carrier->carriage),
						  "reason", carrier->reason, "place",
						  json_place(&carrier->place)));
	}
	return array;
}

json_t *policy_json(const struct policy *policy)
{
	char digest[POLICY_DIGEST_TEXT_SIZE];

	policy_digest_text(policy, digest);
	return json_pack("{s:i, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
			 "s:{s:I, s:I, s:I}}",
			 "version", POLICY_VERSION, "digest", digest, "files", json_files(policy),
			 "labels", json_labels(policy), "networks", policy_networks_json(policy),
			 "data", policy_data_json(policy), "sources", json_all_sources(policy),
			 "places", json_places(policy),
			 "rules", json_rules(policy), "defaults", json_defaults(policy),
			 "resolvers", json_resolvers(policy), "carriers", json_carriers(policy),
			 "counts", "ranges4", (json_int_t)policy->range4_count, "ranges6",
			 (json_int_t)policy->range6_count, "classes",
			 (json_int_t)policy->class_count);
}
