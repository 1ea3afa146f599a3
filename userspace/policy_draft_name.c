// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "policy_draft_name.h"

int draft_text_set(char **field, const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		return -ENOMEM;
	free(*field);
	*field = copy;
	return 0;
}

int draft_read_name(struct reader *reader, const struct node *node, struct draft_name *name,
		    const char *expected)
{
	if (node->type != NODE_TEXT || node_empty(node))
		return reader_expected(reader, node, expected);
	name->place = reader_place(reader, node);
	return draft_text_set(&name->text, node->text);
}

struct names_reading {
	struct draft_names *names;
	const struct draft_kind *kind;
};

static int read_member(struct reader *reader, const struct node *node, void *into)
{
	struct names_reading *reading = into;
	struct draft_name *new;

	if (reading->names->count == reading->kind->max) {
		reader_refuse(reader, node, "found more than %zu %s in a rule, expected fewer",
			      reading->kind->max, reading->kind->many);
		return -EINVAL;
	}
	new = ARRAY_ADD(reading->names->list, reading->names->count);
	if (!new)
		return -ENOMEM;
	return draft_read_name(reader, node, new, reading->kind->one);
}

int draft_read_names(struct reader *reader, const struct node *list, struct draft_names *names,
		     const struct draft_kind *kind)
{
	struct names_reading reading = { names, kind };

	return reader_words(reader, list, read_member, &reading);
}

void draft_names_free(struct draft_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->list[i].text);
	free(names->list);
}
