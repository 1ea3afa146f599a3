// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "number.h"
#include "policy_diff.h"

#define ALL4 "4294967296"
#define ALL6 "18446744073709551616"

static const char *text_of(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* How each change of a verdict is told; what follows is how many addresses. */
static const struct {
	const char *from;
	const char *to;
	const char *text;
	const char *more;
} tellings[] = {
	{ "deny", "allow", "may now reach", " more" },
	{ "allow", "deny", "may no longer reach", "" },
	{ "deny", "audit", "is recorded, no longer refused, on its way to", "" },
	{ "audit", "deny", "is refused, no longer only recorded, on its way to", "" },
	{ "allow", "audit", "is recorded as what no rule allows on its way to", "" },
	{ "audit", "allow", "is allowed, no longer against the rules, on its way to", "" },
};

static void print_number(const char *number, const char *more, const char *what,
			 const char *plural, FILE *file)
{
	char text[NUMBER_TEXT_MAX];

	fprintf(file, " %s%s %s%s", number_text(text, strtoull(number, NULL, 10)), more, what,
		strcmp(number, "1") ? plural : "");
}

static void print_amount(json_t *change, const char *more, FILE *file)
{
	bool six = !strcmp(text_of(change, "family"), "ipv6");
	const char *addresses = text_of(change, "addresses");
	const char *networks = six ? text_of(change, "networks64") : "0";
	const char *what = six ? "IPv6 address" : "IPv4 address";

	if (!strcmp(networks, ALL6) || !strcmp(addresses, ALL4)) {
		fprintf(file, " every %s", what);
		return;
	}
	if (strcmp(networks, "0"))
		print_number(networks, more, "IPv6 network", "s of /64", file);
	if (!strcmp(networks, "1"))
		fputs(" of /64", file);
	if (strcmp(networks, "0") && strcmp(addresses, "0"))
		fputs(" and", file);
	if (!strcmp(networks, "0") || strcmp(addresses, "0"))
		print_number(addresses, more, what, "es", file);
}

static void print_change(json_t *change, FILE *file)
{
	json_t *networks = json_object_get(change, "networks"), *network;
	size_t i = 0;

	while (strcmp(tellings[i].from, text_of(change, "from")) ||
	       strcmp(tellings[i].to, text_of(change, "to")))
		i++;
	fprintf(file, "%s %s", text_of(change, "label"), tellings[i].text);
	print_amount(change, tellings[i].more, file);
	json_array_foreach(networks, i, network)
		fprintf(file, "%s %s", i ? "," : ":", json_string_value(network));
	fputs(json_array_size(networks) ? "\n" : ": in no named network\n", file);
}

/* "cn.pii is taken at tcp/8443 from 256 more IPv4 addresses: partner" */
static void print_arrival(json_t *arrival, FILE *file)
{
	bool more = json_is_true(json_object_get(arrival, "more"));

	fprintf(file, "%s is %s at %s from", text_of(arrival, "label"),
		more ? "taken" : "no longer taken", text_of(arrival, "listen"));
	print_amount(arrival, more ? " more" : "", file);
	fprintf(file, ": %s\n", text_of(arrival, "from"));
}

static void print_list(const char *before, json_t *list, FILE *file)
{
	json_t *item;
	size_t i;

	fputs(before, file);
	json_array_foreach(list, i, item)
		fprintf(file, "%s%s", i ? ", " : "", json_string_value(item));
	fputc('\n', file);
}

/* How rules of storage, read and write are told. */
static const struct telling {
	const char *rule;
	const char *verb;
	const char *by;
	const char *anyone;
	const char *free;
	const char *unnamed;
} kinds[] = {
	{ "storage", "stored", "on", "anywhere", "wherever labels are kept", "where no rule says" },
	{ "read", "read", "by", "by anybody", "by anybody", "by whom no rule names" },
	{ "write", "changed", "by", "by anybody", "by anybody", "by whom no rule names" },
};

/* What no rule names becomes another verdict. */
static void print_elsewhere(const struct telling *telling, json_t *change, FILE *file)
{
	json_t *elsewhere = json_object_get(change, "elsewhere");
	json_t *allowed = json_object_get(change, "allowed");
	const char *to = text_of(elsewhere, "to");
	bool denied = !strcmp(to, "deny");

	fprintf(file, "%s ", text_of(change, "label"));
	if (!strcmp(to, "allow")) {
		fprintf(file, "may now be %s %s\n", telling->verb, telling->free);
	} else if (strcmp(text_of(elsewhere, "from"), "allow")) {
		fprintf(file, "is %s when it is %s %s\n",
			denied ? "refused, no longer only recorded," :
				 "recorded, no longer refused,", telling->verb, telling->unnamed);
	} else {
		fprintf(file, "%s %s ", denied ? "may no longer be" : "is recorded when it is",
			telling->verb);
		if (json_array_size(allowed))
			fprintf(file, "but %s ", telling->by);
		print_list(json_array_size(allowed) ? "" : telling->anyone, allowed, file);
	}
}

static void print_named(const struct telling *telling, json_t *change, const char *key,
			const char *may, FILE *file)
{
	json_t *list = json_object_get(change, key);

	if (!json_array_size(list))
		return;
	fprintf(file, "%s %s be %s %s ", text_of(change, "label"), may, telling->verb, telling->by);
	print_list("", list, file);
}

/* "cn.pii may now be stored on tmpfs" */
static void print_rule(json_t *change, FILE *file)
{
	json_t *elsewhere = json_object_get(change, "elsewhere");
	const char *from = text_of(elsewhere, "from"), *to = text_of(elsewhere, "to");
	const struct telling *telling = kinds;

	while (strcmp(telling->rule, text_of(change, "rule")))
		telling++;
	if (strcmp(from, to))
		print_elsewhere(telling, change, file);
	if (strcmp(from, "allow"))
		print_named(telling, change, "allowed", "may now", file);
	print_named(telling, change, "removed", "may no longer", file);
}

/* "added to sources: label cn.pii, path /srv/cn" */
static void print_entries(json_t *entries, const char *what, FILE *file)
{
	json_t *item, *value;
	const char *key;
	size_t i;

	json_array_foreach(entries, i, item) {
		const char *between = "";

		fprintf(file, "%s %s:", what, text_of(item, "in"));
		json_object_foreach(json_object_get(item, "entry"), key, value) {
			if (json_is_string(value) && *json_string_value(value))
				fprintf(file, "%s %s %s", between, key, json_string_value(value));
			else if (json_is_integer(value))
				fprintf(file, "%s %s %" JSON_INTEGER_FORMAT, between, key,
					json_integer_value(value));
			else
				continue;
			between = ",";
		}
		fputc('\n', file);
	}
}

void policy_diff_print(json_t *diff, FILE *file)
{
	json_t *change;
	size_t i;

	json_array_foreach(json_object_get(diff, "verdicts"), i, change)
		print_change(change, file);
	json_array_foreach(json_object_get(diff, "rules"), i, change)
		print_rule(change, file);
	json_array_foreach(json_object_get(diff, "arrivals"), i, change)
		print_arrival(change, file);
	print_entries(json_object_get(diff, "added"), "added to", file);
	print_entries(json_object_get(diff, "removed"), "removed from", file);
}
