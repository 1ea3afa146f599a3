// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <string.h>

#include "cleanup.h"
#include "plain.h"
#include "policy.h"
#include "policy_change.h"

/* Without its place, which changes when another line does. */
static json_t *entry_plain(json_t *entry)
{
	json_t *plain = json_copy(entry);

	json_object_del(plain, "place");
	return plain;
}

static bool has(json_t *entries, json_t *plain)
{
	json_t *entry;
	size_t i;

	json_array_foreach(entries, i, entry) {
		cleanup(free_json) json_t *other = entry_plain(entry);

		if (json_equal(other, plain))
			return true;
	}
	return false;
}

/* Adds to @found those of @entries that are not among @others. */
static int section_compare(json_t *found, const char *section, json_t *entries, json_t *others)
{
	json_t *entry;
	size_t i;

	json_array_foreach(entries, i, entry) {
		cleanup(free_json) json_t *plain = entry_plain(entry);

		if (!plain)
			return -1;
		if (!has(others, plain) &&
		    json_array_append_new(found, json_pack("{s:s, s:O}", "in", section, "entry",
							   plain)))
			return -1;
	}
	return 0;
}

/* The entries of a section; one that is no list is one entry. A new reference. */
static json_t *section_of(json_t *policy, const char *section)
{
	json_t *entries = json_object_get(policy, section);

	return json_is_object(entries) ? json_pack("[O]", entries) : json_incref(entries);
}

static bool is_section(const char *key, json_t *value)
{
	return (json_is_array(value) || json_is_object(value)) && strcmp(key, "files") &&
	       strcmp(key, "counts");
}

/* What @policy has that @other has not. */
static json_t *missing(json_t *policy, json_t *other)
{
	json_t *found = json_array(), *value;
	const char *key;

	json_object_foreach(policy, key, value) {
		cleanup(free_json) json_t *entries = NULL, *others = NULL;

		if (!is_section(key, value))
			continue;
		entries = section_of(policy, key);
		others = section_of(other, key);
		if (section_compare(found, key, entries, others)) {
			json_decref(found);
			return NULL;
		}
	}
	return found;
}

json_t *policy_change(json_t *in_force, const struct policy *after)
{
	cleanup(free_json) json_t *new = policy_json(after);
	json_t *old = json_object_get(in_force, "policy");

	return json_pack("{s:O, s:O, s:o, s:o}", "before", json_object_get(old, "digest"), "after",
			 json_object_get(new, "digest"), "removed", missing(old, new), "added",
			 missing(new, old));
}

static void print_entries(json_t *entries, char sign, FILE *file)
{
	json_t *each;
	size_t i;

	json_array_foreach(entries, i, each) {
		cleanup(free_memory) char *text = json_dumps(json_object_get(each, "entry"),
							     JSON_SORT_KEYS);

		fprintf(file, "%c %-9s  ", sign, json_string_value(json_object_get(each, "in")));
		plain_print(text ? text : "?", file);
		fputc('\n', file);
	}
}

void policy_change_print(json_t *change, FILE *file)
{
	json_t *removed = json_object_get(change, "removed");
	json_t *added = json_object_get(change, "added");

	fprintf(file, "in force  %s\nwould be  %s\n",
		json_string_value(json_object_get(change, "before")),
		json_string_value(json_object_get(change, "after")));
	print_entries(removed, '-', file);
	print_entries(added, '+', file);
	if (!json_array_size(removed) && !json_array_size(added))
		fputs("no difference, but perhaps in comments or in which prefixes networks have\n",
		      file);
}
