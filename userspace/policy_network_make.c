// SPDX-License-Identifier: GPL-2.0-only
/* What is in each network, as ranges, and the tables of classes that follow. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cidr_file.h"
#include "country_data.h"
#include "policy_compiler.h"
#include "policy_data.h"
#include "policy_network.h"

#define RANGES_MAX (8u << 20) /* of all networks together, and both families */

struct maker {
	struct compiler *compiler;
	struct country_table *countries;
	struct ranges (*files)[2]; /* of each data file that has prefixes */
	struct ranges *networks[2]; /* by family and network; normal once made */
	bool *made;
	size_t range_count;
};

/* Data. Who meets errors in one file looks at no other. */

static int read_cidr_data(struct maker *maker, size_t index)
{
	const struct data_file *file = &maker->compiler->documents->data[index];
	struct policy_data *data = &maker->compiler->policy->data[index];
	struct draft *draft = &maker->compiler->draft;
	struct ranges *ranges = maker->files[index];
	int err = cidr_file_read(&file->document, &draft->prefix_count, ranges,
				 maker->compiler->errors);

	data->format = POLICY_DATA_CIDR;
	for (int ipv6 = 0; ipv6 < 2; ipv6++)
		ranges_normalise(&ranges[ipv6]);
	data->ranges4 = ranges[0].count;
	data->ranges6 = ranges[1].count;
	return err;
}

static int read_country_data(struct maker *maker, size_t index)
{
	const struct data_file *file = &maker->compiler->documents->data[index];
	struct policy_data *data = &maker->compiler->policy->data[index];
	struct country_data countries = {};
	int err = country_data_read(&file->document, &countries, maker->compiler->errors);

	if (!err)
		err = country_table_add(maker->countries, &countries);
	data->format = countries.format;
	data->date = countries.date;
	data->ranges4 = countries.family[0].count;
	data->ranges6 = countries.family[1].count;
	country_data_free(&countries);
	return err;
}

static int read_data(struct maker *maker)
{
	const struct documents *documents = maker->compiler->documents;
	struct policy *policy = maker->compiler->policy;
	int err = 0;

	policy->data = calloc(documents->data_count + 1, sizeof(*policy->data));
	maker->files = calloc(documents->data_count + 1, sizeof(*maker->files));
	maker->countries = calloc(1, sizeof(*maker->countries));
	if (!policy->data || !maker->files || !maker->countries)
		return -ENOMEM;
	policy->data_count = documents->data_count;
	for (size_t i = 0; i < documents->data_count && !err; i++) {
		err = documents->data[i].kind == DATA_CIDR ? read_cidr_data(maker, i) :
							     read_country_data(maker, i);
		if (!err && policy_errors_found(maker->compiler->errors))
			err = -EINVAL;
	}
	return err;
}

/* Networks. */

static int make(struct maker *maker, size_t network);

static int add_files(struct maker *maker, const struct draft_set *set, struct ranges into[2])
{
	const struct documents *documents = maker->compiler->documents;
	int err = 0;

	for (size_t i = 0; i < set->files.count && !err; i++) {
		struct data_want want = { DATA_CIDR, set->files.list[i].text,
					  set->files.list[i].place };
		size_t file = data_find(documents, &want, 0);

		for (int ipv6 = 0; ipv6 < 2 && !err; ipv6++)
			err = ranges_append(&into[ipv6], &maker->files[file][ipv6]);
	}
	return err;
}

static int add_country(struct maker *maker, const struct policy_place *place, __u16 country,
		       struct ranges into[2])
{
	const struct ranges *ranges4 = &maker->countries->of[0][country];
	const struct ranges *ranges6 = &maker->countries->of[1][country];
	char text[COUNTRY_TEXT_SIZE];
	int err = ranges_append(&into[0], ranges4);

	if (!ranges4->count && !ranges6->count)
		policy_warning_add(maker->compiler->errors, place, "found no address of country "
				   "'%s' in the country data", country_text(country, text));
	return err ? err : ranges_append(&into[1], ranges6);
}

static int add_countries(struct maker *maker, const struct draft_set *set, struct ranges into[2])
{
	int err = 0;

	for (__u16 i = 0; set->countries && i < COUNTRIES_MAX && !err; i++)
		if (set->countries[i].line)
			err = add_country(maker, &set->countries[i], i, into);
	return err;
}

static int add_networks(struct maker *maker, const struct draft_set *set, struct ranges into[2])
{
	int err = 0;

	for (size_t i = 0; i < maker->compiler->policy->network_count && !err; i++) {
		if (!netset_has(set->members, i))
			continue;
		err = make(maker, i);
		for (int ipv6 = 0; ipv6 < 2 && !err; ipv6++)
			err = ranges_append(&into[ipv6], &maker->networks[ipv6][i]);
	}
	return err;
}

/* Moves what the set has of its own, and adds the rest. */
static int make_set(struct maker *maker, struct draft_set *set, struct ranges into[2])
{
	int err;

	memcpy(into, set->ranges, sizeof(set->ranges));
	memset(set->ranges, 0, sizeof(set->ranges));
	err = add_files(maker, set, into);
	if (!err)
		err = add_countries(maker, set, into);
	if (!err)
		err = add_networks(maker, set, into);
	for (int ipv6 = 0; ipv6 < 2; ipv6++)
		ranges_normalise(&into[ipv6]);
	return err;
}

static int check_range_count(struct maker *maker, size_t network)
{
	const struct policy_network *made = &maker->compiler->policy->networks[network];

	maker->range_count += maker->networks[0][network].count +
			      maker->networks[1][network].count;
	if (maker->range_count <= RANGES_MAX)
		return 0;
	policy_error_add(maker->compiler->errors, &made->place, "found networks of more than %u "
			 "address ranges together, expected fewer", RANGES_MAX);
	return -EINVAL;
}

static int make(struct maker *maker, size_t network)
{
	struct draft_network *draft = &maker->compiler->draft.networks[network];
	struct ranges with[2], without[2] = {};
	int err;

	if (maker->made[network])
		return 0;
	maker->made[network] = true;
	err = make_set(maker, &draft->with, with);
	if (!err)
		err = make_set(maker, &draft->without, without);
	for (int ipv6 = 0; ipv6 < 2; ipv6++) {
		if (!err)
			err = ranges_subtract(&with[ipv6], &without[ipv6]);
		maker->networks[ipv6][network] = with[ipv6];
		ranges_free(&without[ipv6]);
	}
	return err ? err : check_range_count(maker, network);
}

static int make_all(struct maker *maker)
{
	struct policy *policy = maker->compiler->policy;
	size_t count = policy->network_count;
	int err = 0;

	maker->networks[0] = calloc(count + 1, sizeof(*maker->networks[0]));
	maker->networks[1] = calloc(count + 1, sizeof(*maker->networks[1]));
	maker->made = calloc(count + 1, sizeof(*maker->made));
	if (!maker->networks[0] || !maker->networks[1] || !maker->made)
		return -ENOMEM;
	for (size_t i = 0; i < count && !err; i++) {
		err = make(maker, i);
		policy->networks[i].prefixes4 = ranges_prefix_count(&maker->networks[0][i], false);
		policy->networks[i].prefixes6 = ranges_prefix_count(&maker->networks[1][i], true);
	}
	return err;
}

static void maker_free(struct maker *maker)
{
	for (size_t i = 0; maker->files && i < maker->compiler->documents->data_count; i++)
		for (int ipv6 = 0; ipv6 < 2; ipv6++)
			ranges_free(&maker->files[i][ipv6]);
	for (size_t i = 0; maker->made && i < maker->compiler->policy->network_count; i++)
		for (int ipv6 = 0; ipv6 < 2; ipv6++)
			ranges_free(&maker->networks[ipv6][i]);
	if (maker->countries)
		country_table_free(maker->countries);
	free(maker->files);
	free(maker->countries);
	free(maker->networks[0]);
	free(maker->networks[1]);
	free(maker->made);
}

/* Tables. */

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

static int make_ranges4(struct policy *policy, const struct range_span *spans, size_t count)
{
	policy->ranges4 = calloc(count, sizeof(*policy->ranges4));
	if (!policy->ranges4)
		return -ENOMEM;
	policy->range4_count = count;
	for (size_t i = 0; i < count; i++)
		policy->ranges4[i] = (struct domicile_range4){ spans[i].start, spans[i].number };
	return 0;
}

static int make_ranges6(struct policy *policy, const struct range_span *spans, size_t count)
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

static int make_ranges(struct maker *maker, bool ipv6)
{
	struct compiler *compiler = maker->compiler;
	struct range_span *spans;
	size_t count;
	int err;

	err = ranges_flatten(maker->networks[ipv6], compiler->policy->network_count, ipv6,
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

int networks_make(struct compiler *compiler)
{
	struct maker maker = { .compiler = compiler };
	int err = netset_table_init(&compiler->sets, compiler->policy->network_count,
				    DOMICILE_CLASSES_MAX);

	if (!err)
		err = read_data(&maker);
	if (!err)
		err = make_all(&maker);
	if (!err)
		err = make_ranges(&maker, false);
	if (!err)
		err = make_ranges(&maker, true);
	maker_free(&maker);
	return err ? err : make_classes(compiler);
}
