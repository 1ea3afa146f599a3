// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "country.h"
#include "policy_data.h"
#include "policy_draft_network.h"
#include "prefix.h"

static int refuse_prefix(struct reader *reader, const struct node *node,
			 enum prefix_error error, const struct prefix *meant)
{
	char text[PREFIX_TEXT_MAX];

	if (prefix_error_guesses(error))
		prefix_text(meant, text);
	return reader_expected_near(reader, node, prefix_expected(error),
				    prefix_error_guesses(error) ? text : NULL);
}

static int read_prefix(struct reader *reader, const struct node *node, void *into)
{
	struct draft_set *set = into;
	struct prefix prefix;
	enum prefix_error error;

	error = node->type == NODE_TEXT ? prefix_parse(node->text, &prefix) : PREFIX_NO_ADDRESS;
	if (error != PREFIX_OK)
		return refuse_prefix(reader, node, error, &prefix);
	if (reader->draft->prefix_count++ == POLICY_PREFIXES_MAX) {
		reader_refuse(reader, node, "found more than %u prefixes, expected fewer",
			      POLICY_PREFIXES_MAX);
		return -EINVAL;
	}
	return ranges_add(&set->ranges[prefix.ipv6],
			  (struct range){ prefix.first, prefix_last(&prefix) });
}

static int read_cidr(struct reader *reader, const struct node *node, void *into)
{
	return reader_words(reader, node, read_prefix, into);
}

/* @into is a struct draft_names. */
static int read_file_name(struct reader *reader, const struct node *node, void *into)
{
	struct draft_names *names = into;
	struct draft_name *new;

	if (node->type != NODE_TEXT || node_empty(node) || !*node->text ||
	    strlen(node->text) >= PATH_MAX)
		return reader_expected(reader, node, "the path of a file, which starts at the "
				       "directory of this one or with '/'");
	if (++reader->draft->file_count == DATA_WANTS_MAX) {
		reader_refuse(reader, node, "found %d files or more, expected fewer",
			      DATA_WANTS_MAX);
		return -EINVAL;
	}
	new = ARRAY_ADD(names->list, names->count);
	return new ? draft_read_name(reader, node, new, "a file") : -ENOMEM;
}

static int read_files(struct reader *reader, const struct node *node, void *into)
{
	struct draft_set *set = into;

	return reader_words(reader, node, read_file_name, &set->files);
}

static int read_country_code(struct reader *reader, const struct node *node, void *into)
{
	struct draft_set *set = into;
	bool is_text = node->type == NODE_TEXT;
	__u16 country = is_text ? country_number(node->text, strlen(node->text)) : COUNTRY_NONE;
	__u16 meant = is_text ? country_meant(node->text) : COUNTRY_NONE;
	char text[COUNTRY_TEXT_SIZE];

	if (!country_assigned(country))
		return reader_expected_near(reader, node, "a country code of ISO 3166-1 such as CN",
					    meant == COUNTRY_NONE ? NULL : country_text(meant, text));
	if (!set->countries)
		set->countries = calloc(COUNTRIES_MAX, sizeof(*set->countries));
	if (!set->countries)
		return -ENOMEM;
	set->countries[country] = reader_place(reader, node);
	if (!set->first_country.line)
		set->first_country = set->countries[country];
	return 0;
}

static int read_country(struct reader *reader, const struct node *node, void *into)
{
	return reader_words(reader, node, read_country_code, into);
}

static int read_include(struct reader *reader, const struct node *node, void *into)
{
	static const struct draft_kind kind = {
		"a network", "networks in a network", POLICY_NETWORKS_MAX
	};
	struct draft_set *set = into;

	return draft_read_names(reader, node, &set->networks, &kind);
}

#define SET_KEY_COUNT 4 /* the first of network_keys */

static const struct key set_keys[] = {
	KEY("cidr", read_cidr),
	KEY("file", read_files),
	KEY("country", read_country),
	KEY("include", read_include),
};

/* @into is the set that the network has, its first member. A list is of networks. */
static int read_exclude(struct reader *reader, const struct node *node, void *into)
{
	struct draft_network *network = into;
	int err;

	if (node->type == NODE_SEQUENCE)
		return read_include(reader, node, &network->without);
	err = reader_keys(reader, node, KEYS(set_keys), &network->without);
	return err ? err : reader_needs_one(reader, node, KEYS(set_keys), SET_KEY_COUNT);
}

static const struct key network_keys[] = {
	KEY("cidr", read_cidr),
	KEY("file", read_files),
	KEY("country", read_country),
	KEY("include", read_include),
	KEY("exclude", read_exclude),
};

_Static_assert(!offsetof(struct draft_network, with), "what is read into a set is one");

static int read_network(struct reader *reader, const struct node *key, void *into)
{
	struct draft *draft = into;
	struct draft_network *new;
	int err;

	if (draft->network_count == POLICY_NETWORKS_MAX) {
		reader_refuse(reader, key, "found more than %d networks, expected fewer",
			      POLICY_NETWORKS_MAX);
		return -EINVAL;
	}
	new = ARRAY_ADD(draft->networks, draft->network_count);
	if (!new)
		return -ENOMEM;
	new->number = draft->network_count - 1;
	new->network.place = reader_place(reader, key);
	if (draft_text_set(&new->network.name, key->text))
		return -ENOMEM;
	err = reader_keys(reader, key->next, KEYS(network_keys), new);
	return err ? err : reader_needs_one(reader, key->next, KEYS(network_keys), SET_KEY_COUNT);
}

int read_networks(struct reader *reader, const struct node *node, void *into)
{
	return node_empty(node) ? 0 : reader_names(reader, node, read_network, into);
}

static int read_country_files(struct reader *reader, const struct node *node, void *into)
{
	struct draft *draft = into;

	if (node->type == NODE_SEQUENCE && !node->child)
		return reader_expected(reader, node, "a list of at least one file");
	return reader_words(reader, node, read_file_name, &draft->country_files);
}

static const struct key countries_keys[] = {
	REQUIRED("file", read_country_files),
};

int read_countries(struct reader *reader, const struct node *node, void *into)
{
	struct draft *draft = into;

	if (draft->countries.line)
		return reader_refuse(reader, node, "found a second 'countries', expected one; the "
				     "first is at %s:%u:%u", draft->countries.file,
				     draft->countries.line, draft->countries.column);
	draft->countries = reader_place(reader, node);
	return reader_keys(reader, node, KEYS(countries_keys), into);
}

static void set_free(struct draft_set *set)
{
	ranges_free(&set->ranges[0]);
	ranges_free(&set->ranges[1]);
	draft_names_free(&set->files);
	draft_names_free(&set->networks);
	free(set->countries);
}

void draft_network_free(struct draft_network *network)
{
	free(network->network.name);
	set_free(&network->with);
	set_free(&network->without);
}
