/* SPDX-License-Identifier: GPL-2.0-only */
/* Mentions, in a draft, of what is defined elsewhere. */
#ifndef DOMICILE_POLICY_DRAFT_NAME_H
#define DOMICILE_POLICY_DRAFT_NAME_H

#include "policy_reader.h"

struct draft_name {
	char *text; /* NULL: it could not be read, which was reported */
	struct policy_place place;
};

struct draft_names {
	struct draft_name *list;
	size_t count;
};

/* Replaces *@field, which is freed, by a copy of @text. Returns 0 or -ENOMEM. */
int draft_text_set(char **field, const char *text);

/* As a read_fn into @name; @expected: "a label". */
int draft_read_name(struct reader *reader, const struct node *node, struct draft_name *name,
		    const char *expected);

/* What a list of names is of: "a network", "networks", and how many there can be. */
struct draft_kind {
	const char *one;
	const char *many;
	size_t max;
};

int draft_read_names(struct reader *reader, const struct node *list, struct draft_names *names,
		     const struct draft_kind *kind);
void draft_names_free(struct draft_names *names);

#endif /* DOMICILE_POLICY_DRAFT_NAME_H */
