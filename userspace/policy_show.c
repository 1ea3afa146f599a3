// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "moment.h"
#include "policy.h"
#include "policy_actor.h"

static int wider(int width, const char *text)
{
	int size = strlen(text);

	return size > width ? size : width;
}

static const char *or_dash(const char *text)
{
	return *text ? text : "-";
}

static int labels_width(const struct policy *policy)
{
	int width = strlen("LABEL");

	for (size_t i = 0; i < policy->label_count; i++)
		width = wider(width, policy->labels[i].name);
	return width;
}

static int networks_width(const struct policy *policy)
{
	int width = strlen("NETWORK");

	for (size_t i = 0; i < policy->network_count; i++)
		width = wider(width, policy->networks[i].name);
	return width;
}

static void show_labels(const struct policy *policy, FILE *file)
{
	int name = labels_width(policy), category = strlen("CATEGORY");

	for (size_t i = 0; i < policy->label_count; i++)
		category = wider(category, policy->labels[i].category);
	fprintf(file, "\n%-*s  ID          JURISDICTION  %-*s  TITLE\n", name, "LABEL", category,
		"CATEGORY");
	for (size_t i = 0; i < policy->label_count; i++) {
		const struct policy_label *label = &policy->labels[i];

		fprintf(file, "%-*s  0x%08x  %-12s  %-*s  %s\n", name, label->name, label->id,
			or_dash(label->jurisdiction), category, or_dash(label->category),
			or_dash(label->title));
	}
}

void policy_show_networks(const struct policy *policy, FILE *file)
{
	int name = networks_width(policy);

	fprintf(file, "%-*s  IPV4 PREFIXES  IPV4 ADDRESSES  IPV6 PREFIXES\n", name, "NETWORK");
	for (size_t i = 0; i < policy->network_count; i++) {
		const struct policy_network *network = &policy->networks[i];

		fprintf(file, "%-*s  %13u  %14" PRIu64 "  %13u\n", name, network->name,
			network->prefixes4, (uint64_t)network->addresses4, network->prefixes6);
	}
}

void policy_show_data(const struct policy *policy, FILE *file)
{
	char date[MOMENT_TEXT_MAX];
	int name = strlen("DATA");

	for (size_t i = 0; i < policy->data_count; i++)
		name = wider(name, policy->data[i].file);
	fprintf(file, "%-*s  FORMAT    DATE        IPV4 RANGES  IPV6 RANGES\n", name, "DATA");
	for (size_t i = 0; i < policy->data_count; i++) {
		const struct policy_data *data = &policy->data[i];

		fprintf(file, "%-*s  %-8s  %-10s  %11u  %11u\n", name, data->file,
			policy_data_format_name(data->format),
			data->date ? moment_date_text(date, data->date) : "-", data->ranges4,
			data->ranges6);
	}
}

static void show_listen(const struct policy *policy, const struct policy_listen *listen, int name,
			FILE *file)
{
	bool anywhere = listen->network == POLICY_ANYWHERE;
	char text[POLICY_LISTEN_TEXT_MAX];

	fprintf(file, "%-*s  %s from %s\n", name, policy->labels[listen->label].name,
		policy_listen_text(listen, text),
		anywhere ? "anywhere" : policy->networks[listen->network].name);
}

static void show_sources(const struct policy *policy, FILE *file)
{
	int name = labels_width(policy);

	fprintf(file, "\n%-*s  SOURCE\n", name, "LABEL");
	for (size_t i = 0; i < policy->source_count; i++)
		fprintf(file, "%-*s  %s\n", name, policy->labels[policy->sources[i].label].name,
			policy->sources[i].path);
	for (size_t i = 0; i < policy->listen_count; i++)
		show_listen(policy, &policy->listens[i], name, file);
}

static void show_networks_named(const struct policy *policy, const __u32 *networks, size_t count,
				FILE *file)
{
	for (size_t i = 0; i < count; i++)
		fprintf(file, "%s%s", i ? ", " : "", policy->networks[networks[i]].name);
}

/* "sg-dc, eu-dc, not to eu-lab" */
static void show_rule(const struct policy *policy, const struct policy_rule *rule,
		      const char *label, int name, FILE *file)
{
	fprintf(file, "%-*s  %-7s  ", name, label, policy_mode_name(rule->mode));
	show_networks_named(policy, rule->networks, rule->network_count, file);
	if (rule->limits && !rule->network_count)
		fputs("nowhere", file);
	if (rule->denied_count)
		fputs(rule->limits ? ", not to " : "not to ", file);
	show_networks_named(policy, rule->denied, rule->denied_count, file);
	fprintf(file, "  (%s:%u)\n", rule->place.file, rule->place.line);
}

static void show_rules(const struct policy *policy, FILE *file)
{
	int name = labels_width(policy);

	fprintf(file, "\n%-*s  MODE     MAY GO TO\n", name, "LABEL");
	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct policy_rule *rule = &policy->rules[i];

		if (rule->limits || rule->denied_count)
			show_rule(policy, rule, policy->labels[rule->label].name, name, file);
	}
}

/* Labels of which no rule says where they may go. */
static void show_unruled(const struct policy *policy, FILE *file)
{
	int name = labels_width(policy);

	for (size_t i = 0; i < policy->label_count; i++) {
		const struct policy_rule *rule = policy_rule_of(policy, i);

		if (rule && rule == policy->defaults && rule->limits)
			show_rule(policy, rule, policy->labels[i].name, name, file);
		else if (!rule || !rule->limits)
			fprintf(file, "%-*s  %-7s  nowhere  (no rule)\n", name,
				policy->labels[i].name, policy_mode_name(POLICY_ENFORCE));
	}
}

static void show_store_rule(const struct policy *policy, const char *label,
			    const struct policy_rule *rule, int name, FILE *file)
{
	fprintf(file, "%-*s  %-7s  ", name, label, policy_mode_name(rule->store_mode));
	for (size_t i = 0; i < rule->storage_count; i++)
		fprintf(file, "%s%s", i ? ", " : "", policy->storages[rule->storages[i]].name);
	fprintf(file, "%s  (%s:%u)\n", rule->storage_count ? "" : "nowhere", rule->place.file,
		rule->place.line);
}

static bool is_stored(const struct policy *policy)
{
	bool stored = policy->defaults && policy->defaults->stores;

	for (size_t i = 0; i < policy->rule_count; i++)
		stored |= policy->rules[i].stores;
	return stored;
}

static void show_store_rules(const struct policy *policy, FILE *file)
{
	int name = wider(labels_width(policy), "(others)");

	fprintf(file, "\n%-*s  MODE     MAY BE STORED IN\n", name, "LABEL");
	for (size_t i = 0; i < policy->rule_count; i++)
		if (policy->rules[i].stores)
			show_store_rule(policy, policy->labels[policy->rules[i].label].name,
					&policy->rules[i], name, file);
	if (policy->defaults && policy->defaults->stores)
		show_store_rule(policy, "(others)", policy->defaults, name, file);
}

static void show_access(const struct policy *policy, const struct policy_rule *rule,
			enum domicile_use use, int name, FILE *file)
{
	const struct policy_access *access = &rule->access[use];
	char text[POLICY_ACTOR_TEXT_MAX];

	if (!access->ruled)
		return;
	fprintf(file, "%-*s  %-7s  %-5s  ", name, policy->labels[rule->label].name,
		policy_mode_name(access->mode), use == DOMICILE_USE_READ ? "read" : "write");
	for (size_t i = 0; i < access->actor_count; i++)
		fprintf(file, "%s%s", i ? "; " : "", policy_actor_text(&access->actors[i], text));
	fprintf(file, "%s  (%s:%u)\n", access->actor_count ? "" : "nobody", rule->place.file,
		rule->place.line);
}

static void show_accesses(const struct policy *policy, FILE *file)
{
	int name = labels_width(policy);
	bool any = false;

	for (size_t i = 0; i < policy->rule_count; i++)
		for (int use = 0; use < DOMICILE_USES; use++)
			any |= policy->rules[i].access[use].ruled;
	if (!any)
		return;
	fprintf(file, "\n%-*s  MODE     USE    BY\n", name, "LABEL");
	for (size_t i = 0; i < policy->rule_count; i++)
		for (int use = 0; use < DOMICILE_USES; use++)
			show_access(policy, &policy->rules[i], use, name, file);
}

static void show_places(const struct policy *policy, FILE *file)
{
	int name = strlen("PLACE");

	for (size_t i = 0; i < policy->storage_count; i++)
		name = wider(name, policy->storages[i].name);
	fprintf(file, "\n%-*s  FILE SYSTEMS\n", name, "PLACE");
	for (size_t i = 0; i < policy->storage_count; i++) {
		const struct policy_storage *storage = &policy->storages[i];

		fprintf(file, "%-*s  ", name, storage->name);
		for (size_t j = 0; j < storage->medium_count; j++)
			fprintf(file, "%s%s", j ? ", " : "", storage->media[j].text);
		fputs(storage->medium_count ? "\n" : "none\n", file);
	}
}

static void show_resolvers(const struct policy *policy, FILE *file)
{
	char text[POLICY_RESOLVER_TEXT_MAX];

	fputs("\nRATE    LENGTH  RESOLVER\n", file);
	for (size_t i = 0; i < policy->resolver_count; i++) {
		const struct domicile_resolver *resolver = &policy->resolvers[i].resolver;

		fprintf(file, "%4u/s  %6u  %s\n", resolver->rate, resolver->length,
			policy_resolver_text(resolver, text));
	}
}

static void show_carriers(const struct policy *policy, FILE *file)
{
	int name = strlen("CARRIER");

	for (size_t i = 0; i < policy->carrier_count; i++)
		name = wider(name, policy->carriers[i].cgroup);
	fprintf(file, "\n%-*s  LABELLED   REASON\n", name, "CARRIER");
	for (size_t i = 0; i < policy->carrier_count; i++) {
		const struct policy_carrier *carrier = &policy->carriers[i];

		fprintf(file, "%-*s  %-9s  %s\n", name, carrier->cgroup,
			policy_carriage_name(carrier->carriage), or_dash(carrier->reason));
	}
}

void policy_show(const struct policy *policy, FILE *file)
{
	char digest[POLICY_DIGEST_TEXT_SIZE];

	policy_digest_text(policy, digest);
	fprintf(file, "digest  %s\n", digest);
	for (size_t i = 0; i < policy->file_count; i++)
		fprintf(file, "%-6s  %s\n", i ? "" : "files", policy->files[i]);
	fprintf(file, "ranges  %zu IPv4, %zu IPv6, of %zu network classes\n",
		policy->range4_count, policy->range6_count, policy->class_count);
	if (policy->label_count)
		show_labels(policy, file);
	if (policy->network_count) {
		fputc('\n', file);
		policy_show_networks(policy, file);
	}
	if (policy->data_count) {
		fputc('\n', file);
		policy_show_data(policy, file);
	}
	if (policy->source_count || policy->listen_count)
		show_sources(policy, file);
	if (policy->label_count) {
		show_rules(policy, file);
		show_unruled(policy, file);
	}
	if (is_stored(policy))
		show_store_rules(policy, file);
	show_accesses(policy, file);
	if (policy->storage_count)
		show_places(policy, file);
	if (policy->resolver_count)
		show_resolvers(policy, file);
	if (policy->carrier_count)
		show_carriers(policy, file);
}
