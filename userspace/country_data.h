/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which addresses are in which country, as one file says: a MaxMind DB, the
 * statistics of a regional Internet registry, or a list of ranges as Tor has it.
 */
#ifndef DOMICILE_COUNTRY_DATA_H
#define DOMICILE_COUNTRY_DATA_H

#include "country.h"
#include "policy_document.h"
#include "range.h"

#define COUNTRY_RANGES_MAX (4u << 20) /* of one file */

struct country_range {
	struct range range;
	__u32 line; /* where it is in the file; 0: not by lines */
	__u16 country;
};

struct country_ranges {
	struct country_range *list;
	size_t count;
};

/* Start with = {}. */
struct country_data {
	enum policy_data_format format;
	__u64 date; /* as the file says, seconds since 1970; 0: it does not */
	struct country_ranges family[2]; /* IPv4, IPv6; ascending and disjoint */
};

/* Returns 0, also when errors were added, or a negative errno to stop. */
int country_data_read(const struct document *document, struct country_data *ret,
		      struct policy_errors *errors);
void country_data_free(struct country_data *data);

/* What several files say together. Start with = {}. */
struct country_table {
	struct ranges of[2][COUNTRIES_MAX]; /* by family and country; normal */
	struct ranges known[2]; /* all of them together; normal */
};

/* Adds what @data has of addresses that no file before it had. 0 or -ENOMEM. */
int country_table_add(struct country_table *table, const struct country_data *data);
void country_table_free(struct country_table *table);

/* For the readers of each format: -EINVAL with an error added when there are too many. */
int country_data_add(struct country_data *data, bool ipv6, const struct country_range *range,
		     const struct document *document, struct policy_errors *errors);

int country_text_read(const struct document *document, struct country_data *data,
		      struct policy_errors *errors);
int country_mmdb_read(const struct document *document, struct country_data *data,
		      struct policy_errors *errors);
/* Where the metadata of a MaxMind DB starts, or NULL if @document is none. */
const char *country_mmdb_metadata(const struct document *document);

#endif /* DOMICILE_COUNTRY_DATA_H */
