// SPDX-License-Identifier: GPL-2.0-only
/*
 * The keys of a policy. Each mapping of the documents has a table of its keys;
 * a key without a function is known, but nothing enforces it yet. It is
 * refused, because a policy must never promise more than is done.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "policy_carrier.h"
#include "policy_draft.h"
#include "policy_draft_case.h"
#include "policy_draft_network.h"
#include "policy_draft_resolver.h"
#include "policy_draft_rule.h"
#include "policy_listen.h"
#include "policy_reader.h"
#include "policy_storage.h"
#include "policy_valid.h"

/* labels: */

static int read_title(struct reader *reader, const struct node *node, void *into)
{
	struct policy_label *label = into;

	if (node->type != NODE_TEXT || node_empty(node))
		return reader_expected(reader, node, "a text");
	return draft_text_set(&label->title, node->text);
}

static int read_jurisdiction(struct reader *reader, const struct node *node, void *into)
{
	struct policy_label *label = into;
	char meant[3] = "";

	if (node->type == NODE_TEXT && strlen(node->text) == 2)
		for (size_t i = 0; i < 2; i++)
			meant[i] = node->text[i] & ~0x20;
	if (!policy_jurisdiction_valid(meant) || strcmp(meant, node->text))
		return reader_expected_near(reader, node, "a country code of two capital letters",
					    policy_jurisdiction_valid(meant) ? meant : NULL);
	memcpy(label->jurisdiction, meant, sizeof(meant));
	return 0;
}

static int read_category(struct reader *reader, const struct node *node, void *into)
{
	struct policy_label *label = into;

	int err = reader_check_name(reader, node, "a category of " POLICY_NAME_SYNTAX);

	if (err || node->type != NODE_TEXT)
		return err;
	return draft_text_set(&label->category, node->text);
}

static const struct key label_keys[] = {
	KEY("title", read_title),
	KEY("jurisdiction", read_jurisdiction),
	KEY("category", read_category),
};

static int read_label(struct reader *reader, const struct node *key, void *into)
{
	struct draft *draft = into;
	struct draft_label *new;

	if (draft->label_count == DOMICILE_LABELS_MAX) {
		reader_refuse(reader, key, "found more than %d labels, expected fewer",
			      DOMICILE_LABELS_MAX);
		return -EINVAL;
	}
	new = ARRAY_ADD(draft->labels, draft->label_count);
	if (!new)
		return -ENOMEM;
	new->number = draft->label_count - 1;
	new->label.id = label_id(key->text);
	new->label.place = reader_place(reader, key);
	if (draft_text_set(&new->label.name, key->text) || draft_text_set(&new->label.title, "") ||
	    draft_text_set(&new->label.category, ""))
		return -ENOMEM;
	return node_empty(key->next) ? 0 :
	       reader_keys(reader, key->next, KEYS(label_keys), &new->label);
}

static int read_labels(struct reader *reader, const struct node *node, void *into)
{
	return node_empty(node) ? 0 : reader_names(reader, node, read_label, into);
}

/* sources: */

static int read_path(struct reader *reader, const struct node *node, void *into)
{
	struct draft_source *source = into;
	char near[PATH_MAX];
	const char *wrong;

	if (node->type != NODE_TEXT || node_empty(node))
		return reader_expected(reader, node, "an absolute path");
	wrong = policy_path_wrong(node->text);
	if (wrong)
		return reader_expected_near(reader, node, wrong,
					    policy_path_near(node->text, near));
	return draft_text_set(&source->path, node->text);
}

static int read_source_label(struct reader *reader, const struct node *node, void *into)
{
	struct draft_source *source = into;

	return draft_read_name(reader, node, &source->label, "a label");
}

static int read_listen(struct reader *reader, const struct node *node, void *into)
{
	struct draft_source *source = into;

	if (node->type != NODE_TEXT || policy_listen_parse(node->text, &source->listen))
		return reader_expected(reader, node, "a port such as tcp/8443 or udp/514");
	return 0;
}

static int read_from(struct reader *reader, const struct node *node, void *into)
{
	struct draft_source *source = into;

	return draft_read_name(reader, node, &source->from, "a network");
}

static const struct key source_keys[] = {
	KEY("path", read_path),
	REQUIRED("label", read_source_label),
	KEY("listen", read_listen),
	KEY("from", read_from),
};

static const struct node *key_find(const struct node *mapping, const char *name)
{
	for (const struct node *key = mapping->child; key; key = key->next->next)
		if (!strcmp(key->text, name))
			return key;
	return NULL;
}

/* A source is one path or one port. */
static int check_source(struct reader *reader, const struct node *node)
{
	const struct node *path = key_find(node, "path"), *listen = key_find(node, "listen");
	const struct node *from = key_find(node, "from");

	if (path && listen)
		return reader_refuse(reader, listen, "found 'listen' beside 'path', expected one "
				     "of them; write two sources");
	if (from && path)
		return reader_refuse(reader, from, "found 'from' beside 'path', expected it "
				     "beside 'listen'");
	for (const struct node *key = node->child; key; key = key->next->next)
		if (!reader_key_find(KEYS(source_keys), key->text))
			return 0; /* perhaps the one that is missing */
	if (!path && !listen)
		return reader_refuse(reader, node, "found no key 'path' or 'listen', expected one "
				     "of them");
	return 0;
}

static int read_source(struct reader *reader, const struct node *node, void *into)
{
	struct draft *draft = into;
	struct draft_source *new;
	int err;

	if (draft->source_count == POLICY_SOURCES_MAX) {
		reader_refuse(reader, node, "found more than %d sources, expected fewer",
			      POLICY_SOURCES_MAX);
		return -EINVAL;
	}
	new = ARRAY_ADD(draft->sources, draft->source_count);
	if (!new)
		return -ENOMEM;
	new->place = reader_place(reader, node);
	err = reader_keys(reader, node, KEYS(source_keys), new);
	return err || node->type != NODE_MAPPING ? err : check_source(reader, node);
}

static int read_sources(struct reader *reader, const struct node *node, void *into)
{
	return node_empty(node) ? 0 : reader_list(reader, node, read_source, into);
}

/* The document. */

/* Was read before everything else, see version_check(). */
static int read_version(struct reader *reader, const struct node *node, void *into)
{
	(void)reader;
	(void)node;
	(void)into;
	return 0;
}

static const struct key document_keys[] = {
	REQUIRED("version", read_version),
	KEY("labels", read_labels),
	KEY("networks", read_networks),
	KEY("countries", read_countries),
	KEY("places", read_places),
	KEY("sources", read_sources),
	KEY("rules", read_rules),
	KEY("defaults", read_defaults),
	KEY("resolvers", read_resolvers),
	KEY("carriers", read_carriers),
	KEY("cases", read_cases),
	LATER("declassifiers"),
	LATER("terminals"),
};

/* -EINVAL: another version, whose keys may mean something else. */
static int version_check(struct reader *reader, const struct node *node)
{
	size_t digits = node->type == NODE_TEXT ? strspn(node->text, "0123456789") : 0;
	char quoted[POLICY_QUOTE_MAX];

	if (node->type == NODE_TEXT && !strcmp(node->text, "1"))
		return 0;
	if (digits && !node->text[digits] && *node->text != '0')
		reader_refuse(reader, node, "version %s is newer than this domicile understands "
			      "(%d); upgrade domicile", policy_quote(node->text, quoted),
			      POLICY_VERSION);
	else
		reader_expected(reader, node, "version 1");
	return -EINVAL;
}

static const struct node *version_find(const struct node *root)
{
	if (root->type != NODE_MAPPING)
		return NULL;
	for (const struct node *key = root->child; key; key = key->next->next)
		if (!strcmp(key->text, "version"))
			return key->next;
	return NULL;
}

/* Is there something that was perhaps meant to define names? */
static bool document_incomplete(const struct node *root)
{
	if (root->type != NODE_MAPPING)
		return true;
	for (const struct node *key = root->child; key; key = key->next->next) {
		const struct key *known = reader_key_find(KEYS(document_keys), key->text);

		if (!known || ((known->read == read_labels || known->read == read_networks) &&
			       key->next->type == NODE_SEQUENCE))
			return true;
	}
	return false;
}

int draft_read(struct draft *draft, const struct policy_tree *tree, struct policy_errors *errors)
{
	struct reader reader = { draft, errors, tree->file };
	const struct node *version = version_find(tree->root);

	if (version && version_check(&reader, version)) {
		draft->incomplete = true;
		return 0;
	}
	if (document_incomplete(tree->root))
		draft->incomplete = true;
	return reader_keys(&reader, tree->root, KEYS(document_keys), draft);
}

void draft_free(struct draft *draft)
{
	for (size_t i = 0; i < draft->label_count; i++) {
		free(draft->labels[i].label.name);
		free(draft->labels[i].label.title);
		free(draft->labels[i].label.category);
	}
	for (size_t i = 0; i < draft->network_count; i++)
		draft_network_free(&draft->networks[i]);
	for (size_t i = 0; i < draft->source_count; i++) {
		free(draft->sources[i].path);
		free(draft->sources[i].label.text);
		free(draft->sources[i].from.text);
	}
	for (size_t i = 0; i < draft->rule_count; i++)
		draft_rule_free(&draft->rules[i]);
	for (size_t i = 0; i < draft->carrier_count; i++) {
		free(draft->carriers[i].cgroup);
		free(draft->carriers[i].reason);
	}
	draft_cases_free(draft);
	free(draft->labels);
	free(draft->networks);
	draft_names_free(&draft->country_files);
	free(draft->sources);
	if (draft->defaults)
		draft_rule_free(draft->defaults);
	free(draft->defaults);
	free(draft->rules);
	for (size_t i = 0; i < draft->storage_count; i++)
		policy_storage_free(&draft->storages[i]);
	free(draft->storages);
	free(draft->resolvers);
	free(draft->carriers);
	*draft = (struct draft){};
}
