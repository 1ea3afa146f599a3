// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "array.h"
#include "country.h"
#include "country_data.h"
#include "policy_error.h"

int country_data_add(struct country_data *data, bool ipv6, const struct country_range *range,
		     const struct document *document, struct policy_errors *errors)
{
	struct country_ranges *ranges = &data->family[ipv6];
	struct policy_place place = { document->file, range->line, range->line ? 1 : 0 };
	struct country_range *new;

	if (ranges->count == COUNTRY_RANGES_MAX) {
		policy_error_add(errors, &place, "found more than %u ranges, expected fewer",
				 COUNTRY_RANGES_MAX);
		return -EINVAL;
	}
	new = ARRAY_ADD(ranges->list, ranges->count);
	if (!new)
		return -ENOMEM;
	*new = *range;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct country_range *left = a, *right = b;

	if (left->range.first != right->range.first)
		return left->range.first < right->range.first ? -1 : 1;
	return left->line < right->line ? -1 : left->line > right->line;
}

static bool ascends(const struct country_ranges *ranges)
{
	for (size_t i = 1; i < ranges->count; i++)
		if (compare(&ranges->list[i - 1], &ranges->list[i]) > 0)
			return false;
	return true;
}

static int refuse_overlap(const struct country_range *a, const struct country_range *b,
			  const struct document *document, struct policy_errors *errors)
{
	const struct country_range *first = a->line < b->line ? a : b, *second = first == a ? b : a;
	struct policy_place place = { document->file, second->line, 1 };
	char text[COUNTRY_TEXT_SIZE];

	return policy_error_add(errors, &place, "found addresses that line %u gives to %s, "
				"expected each of them in one country", first->line,
				country_text(first->country, text));
}

/* Neighbours and repeats of one country become one range; others may not overlap. */
static int normalise(struct country_ranges *ranges, const struct document *document,
		     struct policy_errors *errors)
{
	struct country_range *list = ranges->list;
	size_t kept = 0;
	int err = 0;

	if (!ascends(ranges))
		qsort(list, ranges->count, sizeof(*list), compare);
	for (size_t i = 1; i < ranges->count && !err; i++) {
		struct range *last = &list[kept].range;
		bool overlap = list[i].range.first <= last->last;

		if (list[i].country != list[kept].country) {
			if (overlap)
				err = refuse_overlap(&list[kept], &list[i], document, errors);
			list[++kept] = list[i];
		} else if (!overlap && list[i].range.first - 1 != last->last) {
			list[++kept] = list[i];
		} else if (list[i].range.last > last->last) {
			last->last = list[i].range.last;
		}
	}
	ranges->count = ranges->count ? kept + 1 : 0;
	return err;
}

static int check(struct country_data *data, const struct document *document,
		 struct policy_errors *errors)
{
	struct policy_place place = { .file = document->file };
	int err = 0;

	if (data->date > POLICY_DATE_MAX)
		data->date = 0;
	for (int ipv6 = 0; ipv6 < 2 && !err; ipv6++)
		err = normalise(&data->family[ipv6], document, errors);
	if (!err && !policy_errors_found(errors) && !data->family[0].count &&
	    !data->family[1].count)
		err = policy_error_add(errors, &place, "found no country, expected country data: "
				       "a MaxMind DB, statistics of a registry, or ranges like "
				       "Tor's");
	return err;
}

int country_data_read(const struct document *document, struct country_data *ret,
		      struct policy_errors *errors)
{
	struct country_data data = {};
	int err;

	if (country_mmdb_metadata(document))
		err = country_mmdb_read(document, &data, errors);
	else
		err = country_text_read(document, &data, errors);
	if (!err)
		err = check(&data, document, errors);
	if (err)
		country_data_free(&data);
	else
		*ret = data;
	return err;
}

void country_data_free(struct country_data *data)
{
	free(data->family[0].list);
	free(data->family[1].list);
	*data = (struct country_data){};
}

static int add_outside(struct country_table *table, const struct country_ranges *ranges, bool ipv6)
{
	struct range part;
	size_t at = 0;
	int err = 0;

	for (size_t i = 0; i < ranges->count && !err; i++) {
		const struct country_range *range = &ranges->list[i];
		struct range rest = range->range;

		while (!err && range_take_outside(&rest, &table->known[ipv6], &at, &part))
			err = ranges_add(&table->of[ipv6][range->country], part);
	}
	return err;
}

int country_table_add(struct country_table *table, const struct country_data *data)
{
	int err = 0;

	for (int ipv6 = 0; ipv6 < 2 && !err; ipv6++) {
		const struct country_ranges *ranges = &data->family[ipv6];

		err = add_outside(table, ranges, ipv6);
		for (size_t i = 0; i < ranges->count && !err; i++)
			err = ranges_add(&table->known[ipv6], ranges->list[i].range);
		ranges_normalise(&table->known[ipv6]);
		for (int country = 0; country < COUNTRIES_MAX; country++)
			ranges_normalise(&table->of[ipv6][country]);
	}
	return err;
}

void country_table_free(struct country_table *table)
{
	for (int ipv6 = 0; ipv6 < 2; ipv6++) {
		for (int country = 0; country < COUNTRIES_MAX; country++)
			ranges_free(&table->of[ipv6][country]);
		ranges_free(&table->known[ipv6]);
	}
}
