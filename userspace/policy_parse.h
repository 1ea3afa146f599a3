/* SPDX-License-Identifier: GPL-2.0-only */
/* One YAML document as a tree whose nodes know where they stand. */
#ifndef DOMICILE_POLICY_PARSE_H
#define DOMICILE_POLICY_PARSE_H

#include "policy_document.h"

enum node_type {
	NODE_TEXT,
	NODE_SEQUENCE,
	NODE_MAPPING,
	NODE_TYPES,
};

struct node {
	enum node_type type;
	bool plain; /* text without quotes */
	unsigned int line;
	unsigned int column;
	struct node *next; /* sibling; in a mapping, keys and values take turns */
	struct node *child; /* first */
	char text[]; /* of NODE_TEXT; no control characters in it */
};

/* Owns the nodes. */
struct policy_tree {
	const char *file;
	struct node *root;
	struct tree_block *blocks;
	size_t node_count;
};

/*
 * Returns 0, -EINVAL with one error added, or -ENOMEM. Free the tree in any case.
 */
int policy_tree_parse(struct policy_tree *tree, const struct document *document,
		      struct policy_errors *errors);
void policy_tree_free(struct policy_tree *tree);

const char *node_type_name(const struct node *node);

/* Is it what YAML writes for nothing: empty, ~ or null? */
bool node_empty(const struct node *node);

#endif /* DOMICILE_POLICY_PARSE_H */
