// SPDX-License-Identifier: GPL-2.0-only
/*
 * Country data in lines of text:
 *
 * - the statistics exchange format of the regional Internet registries
 *   (delegated-apnic-extended-latest and its like), version 2:
 *   registry|country|type|start|value|date|status[|...]
 *   (APNIC, "RIR statistics exchange format")
 * - what Tor ships and Debian has in tor-geoipdb: FIRST,LAST,COUNTRY, of numbers
 *   for IPv4 and of addresses for IPv6
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "country.h"
#include "country_data.h"
#include "lines.h"
#include "moment.h"
#include "policy_error.h"
#include "prefix.h"

#define FIELDS_MAX 7
#define ADDRESSES4 (1ull << 32)
#define TOR_LINE "a range such as 16777216,16777471,AU or 2001:200::,2001:200:ffff::,JP"
#define RIR_LINE "a line such as apnic|JP|ipv4|1.0.16.0|4096|20110412|allocated"

struct text {
	struct lines lines;
	struct country_data *data;
	bool registry; /* the format of the registries, else Tor's */
};

/* Splits at @separator; returns how many fields there are, of which FIELDS_MAX are kept. */
static size_t split(char *text, char separator, char *fields[FIELDS_MAX])
{
	size_t count = 0;

	for (; text; count++) {
		char *end = strchr(text, separator);

		if (end)
			*end = 0;
		if (count < FIELDS_MAX)
			fields[count] = text;
		text = end ? end + 1 : NULL;
	}
	return count;
}

/* Decimal, of up to @max; -EINVAL. */
static int number_parse(const char *text, __u64 max, __u64 *ret)
{
	__u64 number = 0;

	if (!*text || strlen(text) > 12)
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		number = number * 10 + *text - '0';
	}
	*ret = number;
	return number <= max ? 0 : -EINVAL;
}

static int text_add(struct text *text, bool ipv6, unsigned __int128 first, unsigned __int128 last,
		    const char *code)
{
	struct country_range range = { .range = { first, last } };

	range.line = text->lines.place.line;
	range.country = country_number(code, strlen(code));
	if (range.country == COUNTRY_NONE || !strcmp(code, "ZZ"))
		return 0; /* nobody's, or not known: "??", "" and ZZ */
	return country_data_add(text->data, ipv6, &range, text->lines.document,
				text->lines.errors);
}

/* Two numbers are IPv4, two addresses IPv6. */
static int tor_range(const char *first, const char *last, struct country_range *range, bool *ipv6)
{
	struct prefix from, to;
	__u64 low, high;

	if (!number_parse(first, ADDRESSES4 - 1, &low) &&
	    !number_parse(last, ADDRESSES4 - 1, &high)) {
		range->range = (struct range){ low, high };
		*ipv6 = false;
		return low <= high ? 0 : -EINVAL;
	}
	if (!prefix_parse_address(first, &from) || !prefix_parse_address(last, &to) ||
	    !from.ipv6 || !to.ipv6 || from.first > to.first)
		return -EINVAL;
	range->range = (struct range){ from.first, to.first };
	*ipv6 = true;
	return 0;
}

static int tor_line(struct text *text, const char *found, char *fields[FIELDS_MAX], size_t count)
{
	struct country_range range;
	bool ipv6;

	if (count != 3 || strlen(fields[2]) != 2 ||
	    tor_range(fields[0], fields[1], &range, &ipv6)) {
		lines_expected(&text->lines, found, TOR_LINE, NULL);
		return 0;
	}
	return text_add(text, ipv6, range.range.first, range.range.last, fields[2]);
}

/* yyyymmdd */
static __u64 date_digits(const char *text)
{
	__u64 date;

	if (strlen(text) != 8 || number_parse(text, 99991231, &date))
		return 0;
	return moment_date(date / 10000, date / 100 % 100, date % 100);
}

/* An IPv4 line has a count of addresses, which need not be a power of two. */
static int registry_range4(const struct prefix *start, __u64 value, struct range *range)
{
	if (!value || start->first + value > ADDRESSES4)
		return -EINVAL;
	*range = (struct range){ start->first, start->first + value - 1 };
	return 0;
}

static int registry_range6(struct prefix start, __u64 value, struct range *range)
{
	if (value > 128)
		return -EINVAL;
	start.length = value;
	if (prefix_widened(&start) != start.first)
		return -EINVAL;
	*range = (struct range){ start.first, prefix_last(&start) };
	return 0;
}

static int registry_addresses(struct text *text, const char *found, char *fields[FIELDS_MAX])
{
	bool ipv6 = !strcmp(fields[2], "ipv6");
	struct prefix start;
	struct range range;
	__u64 value;

	if (!prefix_parse_address(fields[3], &start) || start.ipv6 != ipv6 ||
	    number_parse(fields[4], ADDRESSES4, &value) ||
	    (ipv6 ? registry_range6(start, value, &range) :
		    registry_range4(&start, value, &range))) {
		lines_expected(&text->lines, found, RIR_LINE, NULL);
		return 0;
	}
	if (strcmp(fields[6], "allocated") && strcmp(fields[6], "assigned"))
		return 0; /* available or reserved */
	return text_add(text, ipv6, range.first, range.last, fields[1]);
}

/* The first line is version|registry|serial|records|startdate|enddate|UTCoffset. */
static int registry_line(struct text *text, const char *found, char *fields[FIELDS_MAX],
			 size_t count)
{
	if (count >= 6 && !strcmp(fields[5], "summary"))
		return 0;
	if (count < FIELDS_MAX) {
		lines_expected(&text->lines, found, RIR_LINE, NULL);
		return 0;
	}
	if (*fields[0] >= '0' && *fields[0] <= '9') {
		text->data->date = date_digits(fields[5]);
		return 0;
	}
	if (!strcmp(fields[2], "ipv4") || !strcmp(fields[2], "ipv6"))
		return registry_addresses(text, found, fields);
	if (strcmp(fields[2], "asn"))
		lines_expected(&text->lines, found, RIR_LINE, NULL);
	return 0;
}

/* "# Generated: Thu, 25 Jun 2026 04:33:59 GMT" */
static void tor_comment(struct text *text)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	unsigned int day, year;
	const char *at;
	char month[4];

	if (sscanf(text->lines.text, "# Generated: %*3s, %2u %3s %4u", &day, month, &year) != 3)
		return;
	at = strlen(month) == 3 ? strstr(months, month) : NULL;
	if (at && (at - months) % 3 == 0)
		text->data->date = moment_date(year, (at - months) / 3 + 1, day);
}

static int text_line(struct text *text)
{
	char found[LINE_MAX_SIZE], *fields[FIELDS_MAX], *word;

	if (*text->lines.text == '#') {
		tor_comment(text);
		return 0;
	}
	word = lines_word(&text->lines);
	if (!*word)
		return 0;
	strcpy(found, word);
	if (text->registry)
		return registry_line(text, found, fields, split(word, '|', fields));
	return tor_line(text, found, fields, split(word, ',', fields));
}

/* By the first line that is no comment. */
static bool is_registry(const struct document *document)
{
	struct policy_errors errors = {};
	struct lines lines = { .document = document, .errors = &errors };

	while (lines_next(&lines))
		if (*lines_word(&lines))
			return strchr(lines.text, '|');
	return false;
}

int country_text_read(const struct document *document, struct country_data *data,
		      struct policy_errors *errors)
{
	struct text text = { .data = data, .registry = is_registry(document) };
	int err = 0;

	text.lines = (struct lines){ .document = document, .errors = errors };
	text.lines.place.file = document->file;
	data->format = text.registry ? POLICY_DATA_REGISTRY : POLICY_DATA_TOR;
	while (!err && lines_next(&text.lines))
		err = text_line(&text);
	return err ? err : text.lines.err;
}
