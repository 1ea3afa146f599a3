// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "generation.h"
#include "in_force.h"
#include "moment.h"
#include "provenance.h"
#include "rundir.h"
#include "signature.h"
#include "suggest.h"

#define FILE_NAME DOMICILE_RUN_DIR "/policy.json"
#define FILE_BEFORE DOMICILE_RUN_DIR "/policy-before.json"

static int file_read(struct in_force *in_force, const char *name)
{
	json_error_t error;
	json_t *root;

	if (access(name, R_OK))
		return -errno;
	root = json_load_file(name, 0, &error);
	if (!root)
		return -EUCLEAN;
	in_force->root = root;
	in_force->generation = json_integer_value(json_object_get(root, "generation"));
	return 0;
}

/* The file is there before the kernel switches: whoever wrote it may never have come to that. */
int in_force_read(struct in_force *in_force)
{
	int err = file_read(in_force, FILE_NAME);
	struct in_force before = { 0 };
	__u64 generation;

	if (err || generation_in_force(&generation) || generation == in_force->generation)
		return err;
	if (file_read(&before, FILE_BEFORE) || before.generation != generation) {
		in_force_close(&before);
		return 0;
	}
	in_force_close(in_force);
	*in_force = before;
	return 0;
}

void in_force_close(struct in_force *in_force)
{
	json_decref(in_force->root);
	in_force->root = NULL;
}

static json_t *place(const struct policy_place *place)
{
	return json_sprintf("%s:%u", place->file, place->line);
}

static json_t *rule_of(const struct policy *policy, __u32 label)
{
	const struct policy_rule *rule = policy_rule_of(policy, label);

	return rule ? place(&rule->place) : json_null();
}

static json_t *label_of_policy(const struct policy *policy, __u32 label)
{
	const struct policy_label *known = &policy->labels[label];

	return json_pack("{s:s, s:I, s:s, s:o, s:o, s:b}", "name", known->name, "id",
			 (json_int_t)known->id, "title", known->title, "place",
			 place(&known->place), "rule", rule_of(policy, label), "in_policy", 1);
}

/* A label that an earlier policy had: data that holds it is still about. */
static json_t *label_of_before(const struct in_force *before, __u32 id)
{
	char text[32];

	return json_pack("{s:s, s:I, s:n, s:b}", "name",
			 in_force_id_text(before, id, text, sizeof(text)), "id", (json_int_t)id,
			 "rule", "in_policy", 0);
}

static json_t *labels(const struct policy *policy, const struct domicile_label_table *table,
		      const struct in_force *before)
{
	json_t *array = json_array();

	for (__u32 i = 0; i < table->count; i++) {
		size_t j = 0;

		while (j < policy->label_count && policy->labels[j].id != table->id[i])
			j++;
		json_array_append_new(array, j < policy->label_count ?
						     label_of_policy(policy, j) :
						     label_of_before(before, table->id[i]));
	}
	return array;
}

static json_t *class_texts(const struct policy *policy)
{
	json_t *array = json_array();

	for (size_t i = 0; i < policy->class_count; i++)
		json_array_append_new(array, json_string(policy->classes[i].text));
	return array;
}

static json_t *sources(const struct policy *policy)
{
	json_t *array = json_array();

	for (size_t i = 0; i < policy->source_count; i++) {
		const struct policy_source *source = &policy->sources[i];

		json_array_append_new(array, json_pack("{s:s, s:s, s:o}", "path", source->path,
						       "label", policy->labels[source->label].name,
						       "place", place(&source->place)));
	}
	return array;
}

static json_t *files(const struct policy *policy)
{
	json_t *array = json_array();

	for (size_t i = 0; i < policy->file_count; i++)
		json_array_append_new(array, json_string(policy->files[i]));
	return array;
}

static json_int_t prefixes(const struct policy *policy)
{
	json_int_t sum = 0;

	for (size_t i = 0; i < policy->network_count; i++)
		sum += policy->networks[i].prefixes4 + policy->networks[i].prefixes6;
	return sum;
}

static json_t *signer(const struct policy_signer *signer)
{
	char id[SIGNATURE_KEY_ID_TEXT_SIZE];

	return signer->present ?
		       json_pack("{s:s, s:I}", "key", signature_key_id_text(signer->key_id, id),
				 "serial", (json_int_t)signer->serial) :
		       json_null();
}

static json_t *describe(const struct policy *policy, __u64 generation,
			const struct domicile_label_table *table, const struct in_force *before)
{
	char digest[POLICY_DIGEST_TEXT_SIZE], when[MOMENT_TEXT_MAX];

	policy_digest_text(policy, digest);
	moment_rfc3339(when, moment_realtime(moment_boottime()));
	return json_pack("{s:I, s:s, s:s, s:o, s:o, s:b, s:o, s:I, s:I, s:I, s:o, s:o, s:o, s:o}",
			 "generation", (json_int_t)generation, "digest", digest, "applied", when,
			 "applied_by", provenance_json(), "signed", signer(&policy->signer),
			 "audit", policy->audit, "files", files(policy), "networks",
			 (json_int_t)policy->network_count, "prefixes", prefixes(policy), "rules",
			 (json_int_t)policy->rule_count, "labels", labels(policy, table, before),
			 "classes", class_texts(policy), "sources", sources(policy), "policy",
			 policy_json(policy));
}

/* @before: root of the policy before, or NULL. */
static int replace(const json_t *root, const json_t *before)
{
	if (json_dump_file(root, FILE_NAME ".new", JSON_INDENT(1)))
		return errno ? -errno : -EIO;
	if (before && json_dump_file(before, FILE_BEFORE, JSON_INDENT(1)))
		return errno ? -errno : -EIO;
	if (chmod(FILE_NAME ".new", 0644) || rename(FILE_NAME ".new", FILE_NAME))
		return -errno;
	return 0;
}

int in_force_write(const struct policy *policy, __u64 generation,
		   const struct domicile_label_table *table, const struct in_force *before)
{
	cleanup(free_json) json_t *root = describe(policy, generation, table, before);

	return root ? replace(root, before ? before->root : NULL) : -ENOMEM;
}

int in_force_restore(json_t *root, __u64 generation, const struct in_force *now)
{
	char when[MOMENT_TEXT_MAX];

	moment_rfc3339(when, moment_realtime(moment_boottime()));
	if (json_object_set_new(root, "generation", json_integer(generation)) ||
	    json_object_set_new(root, "restored", json_string(when)))
		return -ENOMEM;
	return replace(root, now->root);
}

static json_t *label_at(const struct in_force *in_force, __u32 index)
{
	return in_force ? json_array_get(json_object_get(in_force->root, "labels"), index) : NULL;
}

const char *in_force_label(const struct in_force *in_force, __u32 index)
{
	return json_string_value(json_object_get(label_at(in_force, index), "name"));
}

const char *in_force_rule(const struct in_force *in_force, __u32 index)
{
	return json_string_value(json_object_get(label_at(in_force, index), "rule"));
}

const char *in_force_label_by_id(const struct in_force *in_force, __u32 id)
{
	json_t *label;

	for (__u32 i = 0; (label = label_at(in_force, i)); i++)
		if (json_integer_value(json_object_get(label, "id")) == id)
			return json_string_value(json_object_get(label, "name"));
	return NULL;
}

const char *in_force_class(const struct in_force *in_force, __u32 class)
{
	json_t *classes = in_force ? json_object_get(in_force->root, "classes") : NULL;

	return json_string_value(json_array_get(classes, class));
}

/* Is @name in "one, two, three"? */
static bool is_member(const char *text, const char *name)
{
	size_t size = strlen(name);

	for (; *text; text += strspn(text, ", ")) {
		size_t length = strcspn(text, ",");

		if (length == size && !strncmp(text, name, size))
			return true;
		text += length;
	}
	return false;
}

/* Has the rule's egress one of @networks in the list of that key, "allow" or "deny"? */
static bool rule_lists(json_t *rule, const char *key, const char *networks)
{
	json_t *list = json_object_get(json_object_get(rule, "egress"), key), *network;
	size_t i;

	json_array_foreach(list, i, network)
		if (is_member(networks, json_string_value(network)))
			return true;
	return false;
}

static bool is_about(json_t *rule, const char *label)
{
	const char *about = json_string_value(json_object_get(rule, "label"));

	return about && !strcmp(about, label);
}

static json_t *rule_place(json_t *rule)
{
	json_t *where = json_object_get(rule, "place");
	const char *file = json_string_value(json_object_get(where, "file"));

	return json_sprintf("%s:%d", file ? file : "?",
			    (int)json_integer_value(json_object_get(where, "line")));
}

/*
 * The rule about @label that has one of @networks in its list of that key; the defaults
 * count when no rule says what the label is allowed.
 */
static json_t *rule_listing(json_t *policy, const char *label, const char *key,
			    const char *networks)
{
	json_t *rule, *defaults = json_object_get(policy, "defaults");
	bool limited = false;
	size_t i;

	json_array_foreach(json_object_get(policy, "rules"), i, rule) {
		if (!is_about(rule, label))
			continue;
		if (rule_lists(rule, key, networks))
			return rule;
		limited |= json_is_array(json_object_get(json_object_get(rule, "egress"), "allow"));
	}
	return !limited && rule_lists(defaults, key, networks) ? defaults : NULL;
}

json_t *in_force_deciding(const struct in_force *in_force, const struct domicile_label_set *set,
			  __u32 class, const char *key)
{
	const char *networks = in_force_class(in_force, class), *label;
	json_t *policy, *rule;

	if (!networks)
		return json_null();
	policy = json_object_get(in_force->root, "policy");
	for (__u32 index = 0; index < DOMICILE_LABELS_MAX; index++) {
		label = label_set_has(set, index) ? in_force_label(in_force, index) : NULL;
		rule = label ? rule_listing(policy, label, key, networks) : NULL;
		if (rule)
			return rule_place(rule);
	}
	return json_null();
}

json_t *in_force_saying(const struct in_force *in_force, const struct domicile_label_set *set,
			const char *key)
{
	json_t *policy, *rule, *found;
	size_t i;

	if (!in_force)
		return json_null();
	policy = json_object_get(in_force->root, "policy");
	for (__u32 index = 0; index < DOMICILE_LABELS_MAX; index++) {
		const char *label = label_set_has(set, index) ?
					    in_force_label(in_force, index) : NULL;

		found = label ? json_object_get(policy, "defaults") : NULL;
		json_array_foreach(json_object_get(policy, "rules"), i, rule)
			if (label && is_about(rule, label) &&
			    json_is_object(json_object_get(rule, key)))
				found = rule;
		if (json_is_object(json_object_get(found, key)))
			return rule_place(found);
	}
	return json_null();
}

const char *in_force_text(const struct in_force *in_force, const char *key)
{
	const char *text = json_string_value(json_object_get(in_force->root, key));

	return text ? text : "";
}

json_t *in_force_applied_by(const struct in_force *in_force)
{
	return json_object_get(in_force->root, "applied_by");
}

static const char *policy_label_at(const struct in_force *in_force, __u32 index)
{
	json_t *label = label_at(in_force, index);

	return json_is_true(json_object_get(label, "in_policy")) ?
		       json_string_value(json_object_get(label, "name")) : NULL;
}

int in_force_index(const struct in_force *in_force, const char *name)
{
	for (__u32 i = 0; label_at(in_force, i); i++) {
		const char *known = policy_label_at(in_force, i);

		if (known && !strcmp(known, name))
			return i;
	}
	return -ENOENT;
}

const char *in_force_nearest(const struct in_force *in_force, const char *name)
{
	struct suggestion suggestion;

	suggest_start(&suggestion, name);
	for (__u32 i = 0; label_at(in_force, i); i++) {
		const char *known = policy_label_at(in_force, i);

		if (known)
			suggest_offer(&suggestion, known);
	}
	return suggestion.nearest;
}

int in_force_sources(const struct in_force *in_force,
		     int (*visit)(const char *path, const char *label, void *context),
		     void *context)
{
	json_t *array = json_object_get(in_force->root, "sources"), *source;
	size_t i;
	int stop;

	json_array_foreach(array, i, source) {
		stop = visit(json_string_value(json_object_get(source, "path")),
			     json_string_value(json_object_get(source, "label")), context);
		if (stop)
			return stop;
	}
	return 0;
}

static bool is_beneath(const char *cgroup, const char *path)
{
	size_t size = strlen(path);

	return !strncmp(cgroup, path, size) && (!cgroup[size] || cgroup[size] == '/');
}

json_t *in_force_carriers(const struct in_force *in_force)
{
	return json_object_get(json_object_get(in_force->root, "policy"), "carriers");
}

json_t *in_force_carrier(const struct in_force *in_force, const char *cgroup)
{
	json_t *carrier, *found = NULL;
	size_t i, longest = 0;

	json_array_foreach(in_force_carriers(in_force), i, carrier) {
		const char *path = json_string_value(json_object_get(carrier, "cgroup"));

		if (path && strlen(path) > longest && is_beneath(cgroup, path)) {
			found = carrier;
			longest = strlen(path);
		}
	}
	return found;
}

json_t *in_force_set_json(const struct in_force *in_force, const struct domicile_label_set *set)
{
	json_t *names = json_array();
	bool nameless = false;

	for (__u32 i = 0; i < DOMICILE_LABELS_MAX; i++) {
		const char *name;

		if (!label_set_has(set, i))
			continue;
		name = in_force_label(in_force, i);
		if (name)
			json_array_append_new(names, json_string(name));
		nameless |= !name;
	}
	if (nameless)
		json_array_append_new(names, json_string(IN_FORCE_NAMELESS));
	return names;
}

const char *in_force_names_text(json_t *names, char *text, size_t size)
{
	size_t used = 0, i;
	json_t *name;

	text[0] = '\0';
	json_array_foreach(names, i, name) {
		const char *known = json_string_value(name);

		if (used < size)
			used += snprintf(text + used, size - used, "%s%s", i ? ", " : "",
					 strcmp(known, IN_FORCE_NAMELESS) ? known :
					 "an unreadable label");
	}
	return text;
}

const char *in_force_id_text(const struct in_force *in_force, __u32 id, char *text, size_t size)
{
	const char *name = in_force_label_by_id(in_force, id);

	if (name)
		snprintf(text, size, "%s", name);
	else
		snprintf(text, size, "unknown(0x%08x)", id);
	return text;
}
