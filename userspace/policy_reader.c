// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "policy_reader.h"
#include "policy_valid.h"
#include "suggest.h"

#define KEYS_TEXT_MAX 160
#define FOUND_MAX (POLICY_QUOTE_MAX + 2)

struct policy_place reader_place(const struct reader *reader, const struct node *node)
{
	return (struct policy_place){ reader->file, node->line, node->column };
}

int reader_refuse(struct reader *reader, const struct node *node, const char *format, ...)
{
	struct policy_place place = reader_place(reader, node);
	va_list args;
	int err;

	va_start(args, format);
	err = policy_error_addv(reader->errors, &place, format, args);
	va_end(args);
	return err;
}

static const char *found(const struct node *node, char text[FOUND_MAX])
{
	char quoted[POLICY_QUOTE_MAX];

	if (node_empty(node))
		return "nothing";
	if (node->type != NODE_TEXT)
		return node_type_name(node);
	snprintf(text, FOUND_MAX, "'%s'", policy_quote(node->text, quoted));
	return text;
}

int reader_expected(struct reader *reader, const struct node *node, const char *expected)
{
	char text[FOUND_MAX];

	return reader_refuse(reader, node, "found %s, expected %s", found(node, text), expected);
}

int reader_expected_near(struct reader *reader, const struct node *node, const char *expected,
			 const char *meant)
{
	char text[FOUND_MAX], quoted[POLICY_QUOTE_MAX];

	if (!meant)
		return reader_expected(reader, node, expected);
	return reader_refuse(reader, node, "found %s, expected %s; did you mean '%s'?",
		      found(node, text), expected, policy_quote(meant, quoted));
}

static const char *keys_text(struct keys keys, char text[KEYS_TEXT_MAX])
{
	size_t used = 0;

	text[0] = 0;
	for (size_t i = 0; i < keys.count && used < KEYS_TEXT_MAX; i++)
		if (keys.list[i].read)
			used += snprintf(text + used, KEYS_TEXT_MAX - used, "%s'%s'",
					 used ? ", " : "", keys.list[i].name);
	return text;
}

static int refuse_key(struct reader *reader, const struct node *key, struct keys keys)
{
	char text[KEYS_TEXT_MAX], quoted[POLICY_QUOTE_MAX];
	struct suggestion suggestion;
	bool near;

	suggest_start(&suggestion, key->text);
	for (size_t i = 0; i < keys.count; i++)
		if (keys.list[i].read)
			suggest_offer(&suggestion, keys.list[i].name);
	near = suggestion.nearest;
	return reader_refuse(reader, key, "found unknown key '%s', expected %s%s%s%s%s",
		      policy_quote(key->text, quoted), strchr(keys_text(keys, text), ',') ?
		      "one of " : "", text, near ? "; did you mean '" : "",
		      near ? suggestion.nearest : "", near ? "'?" : "");
}

const struct key *reader_key_find(struct keys keys, const char *name)
{
	for (size_t i = 0; i < keys.count; i++)
		if (!strcmp(keys.list[i].name, name))
			return &keys.list[i];
	return NULL;
}

static int read_key(struct reader *reader, const struct node *node, struct keys keys,
		    const struct node **seen, void *into)
{
	const struct key *key = reader_key_find(keys, node->text);
	const struct node **first;

	if (!key)
		return refuse_key(reader, node, keys);
	first = &seen[key - keys.list];
	if (*first)
		return reader_refuse(reader, node, "found key '%s' again, expected it once; "
			      "the first is at %u:%u", key->name, (*first)->line, (*first)->column);
	*first = node;
	if (!key->read)
		return reader_refuse(reader, node, "'%s' is not enforced by this version; "
			      "remove it or wait for one that does", key->name);
	return key->read(reader, node->next, into);
}

static int check_required(struct reader *reader, const struct node *mapping, struct keys keys,
			  const struct node **seen)
{
	int err = 0;

	for (size_t i = 0; i < keys.count && !err; i++)
		if (keys.list[i].required && !seen[i])
			err = reader_refuse(reader, mapping, "found no key '%s', expected one",
					    keys.list[i].name);
	return err;
}

/* A mistaken key may be the one that is missing: do not report both. */
int reader_keys(struct reader *reader, const struct node *mapping, struct keys keys, void *into)
{
	const struct node *seen[KEYS_MAX] = {};
	bool all_known = true;
	int err = 0;

	if (mapping->type != NODE_MAPPING)
		return reader_expected(reader, mapping, "a mapping");
	for (const struct node *node = mapping->child; node && !err; node = node->next->next) {
		const struct key *key = reader_key_find(keys, node->text);

		all_known &= key && key->read;
		err = read_key(reader, node, keys, seen, into);
	}
	if (!err && all_known)
		err = check_required(reader, mapping, keys, seen);
	return err;
}

/* As in reader_keys(), a mistaken key may be the one that is missing. */
int reader_needs_one(struct reader *reader, const struct node *mapping, struct keys keys,
		     size_t count)
{
	char text[KEYS_TEXT_MAX];

	if (mapping->type != NODE_MAPPING)
		return 0;
	for (const struct node *node = mapping->child; node; node = node->next->next) {
		const struct key *key = reader_key_find(keys, node->text);

		if (!key || !key->read || key < keys.list + count)
			return 0;
	}
	keys.count = count;
	return reader_refuse(reader, mapping, "found none of %s, expected one",
			     keys_text(keys, text));
}

int reader_list(struct reader *reader, const struct node *list, read_fn read, void *into)
{
	int err = 0;

	if (list->type != NODE_SEQUENCE)
		return reader_expected(reader, list, "a list");
	for (const struct node *node = list->child; node && !err; node = node->next)
		err = read(reader, node, into);
	return err;
}

int reader_words(struct reader *reader, const struct node *list, read_fn read, void *into)
{
	char quoted[POLICY_QUOTE_MAX], meant[FOUND_MAX];

	if (list->type != NODE_TEXT || node_empty(list))
		return reader_list(reader, list, read, into);
	snprintf(meant, sizeof(meant), "[%s]", policy_quote(list->text, quoted));
	return reader_expected_near(reader, list, "a list", meant);
}

int reader_check_name(struct reader *reader, const struct node *node, const char *expected)
{
	char near[DOMICILE_LABEL_NAME_MAX];

	if (node->type != NODE_TEXT)
		return reader_expected(reader, node, expected);
	if (policy_name_valid(node->text))
		return 0;
	return reader_expected_near(reader, node, expected, policy_name_near(node->text, near));
}

int reader_choice(struct reader *reader, const struct node *node, name_fn name,
		  unsigned int first, unsigned int end, const char *expected, __u32 *ret)
{
	struct suggestion suggestion;

	if (node->type != NODE_TEXT)
		return reader_expected(reader, node, expected);
	suggest_start(&suggestion, node->text);
	for (unsigned int i = first; i < end; i++) {
		const char *candidate = name(i);

		if (!candidate)
			continue;
		if (!strcmp(node->text, candidate)) {
			*ret = i;
			return 0;
		}
		suggest_offer(&suggestion, candidate);
	}
	return reader_expected_near(reader, node, expected, suggestion.nearest);
}

int reader_names(struct reader *reader, const struct node *mapping, read_fn read, void *into)
{
	int err = 0;

	if (mapping->type != NODE_MAPPING)
		return reader_expected(reader, mapping, "a mapping");
	for (const struct node *key = mapping->child; key && !err; key = key->next->next) {
		err = reader_check_name(reader, key, "a name of " POLICY_NAME_SYNTAX);
		if (!err)
			err = read(reader, key, into);
	}
	return err;
}
