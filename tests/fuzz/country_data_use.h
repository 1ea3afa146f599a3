/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DOMICILE_FUZZ_COUNTRY_DATA_USE_H
#define DOMICILE_FUZZ_COUNTRY_DATA_USE_H

#include "country_data.h"
#include "use.h"

/* What was read is sorted, disjoint and of countries. */
static inline void use_country_ranges(const struct country_ranges *ranges, bool ipv6)
{
	for (size_t i = 0; i < ranges->count; i++) {
		const struct country_range *range = &ranges->list[i];

		FUZZ_HOLDS(range->range.first <= range->range.last);
		FUZZ_HOLDS(ipv6 || range->range.last <= 0xffffffff);
		FUZZ_HOLDS(range->country < COUNTRIES_MAX);
		FUZZ_HOLDS(!i || ranges->list[i - 1].range.last < range->range.first);
	}
}

static inline int fuzz_country_data(const uint8_t *data, size_t size)
{
	static struct country_table table;
	struct document policy = { "fuzz.yaml", "", 0 };
	struct data_file file = { .document = { "world", (char *)data, size } };
	struct documents documents = { .list = &policy, .count = 1, .data = &file,
				       .data_count = 1 };
	struct policy_errors errors = {};
	struct country_data countries = {};
	int err = country_data_read(&file.document, &countries, &errors);

	FUZZ_HOLDS(!err || policy_errors_found(&errors));
	if (!policy_errors_found(&errors)) {
		use_country_ranges(&countries.family[0], false);
		use_country_ranges(&countries.family[1], true);
		FUZZ_HOLDS(!country_table_add(&table, &countries));
		country_table_free(&table);
	}
	country_data_free(&countries);
	use_errors(&errors, &documents);
	return 0;
}

#endif /* DOMICILE_FUZZ_COUNTRY_DATA_USE_H */
