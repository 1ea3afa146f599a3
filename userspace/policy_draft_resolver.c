// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "array.h"
#include "policy_draft.h"
#include "policy_draft_resolver.h"
#include "policy_resolver.h"

typedef int (*parse_fn)(const char *text, struct domicile_resolver *resolver);

static int read_value(struct reader *reader, const struct node *node,
		      struct domicile_resolver *resolver, parse_fn parse, const char *expected)
{
	if (node->type != NODE_TEXT || parse(node->text, resolver))
		return reader_expected(reader, node, expected);
	return 0;
}

static int read_address(struct reader *reader, const struct node *node, void *into)
{
	return read_value(reader, node, into, policy_resolver_address,
			  "an address such as 127.0.0.53 or ::1");
}

static int read_port(struct reader *reader, const struct node *node, void *into)
{
	return read_value(reader, node, into, policy_resolver_port, "a port from 1 to 65535");
}

static int read_rate(struct reader *reader, const struct node *node, void *into)
{
	return read_value(reader, node, into, policy_resolver_rate,
			  "queries of one process in a second, from 1/s to 1000/s");
}

static int read_length(struct reader *reader, const struct node *node, void *into)
{
	return read_value(reader, node, into, policy_resolver_length,
			  "the longest name in characters, from 1 to 253");
}

static const struct key resolver_keys[] = {
	REQUIRED("address", read_address),
	KEY("port", read_port),
	REQUIRED("rate", read_rate),
	REQUIRED("length", read_length),
};

static int read_resolver(struct reader *reader, const struct node *node, void *into)
{
	struct draft *draft = into;
	struct policy_resolver *new;

	if (draft->resolver_count == DOMICILE_RESOLVERS_MAX) {
		reader_refuse(reader, node, "found more than %d resolvers, expected fewer",
			      DOMICILE_RESOLVERS_MAX);
		return -EINVAL;
	}
	new = ARRAY_ADD(draft->resolvers, draft->resolver_count);
	if (!new)
		return -ENOMEM;
	new->place = reader_place(reader, node);
	new->resolver.port = htons(53);
	return reader_keys(reader, node, KEYS(resolver_keys), &new->resolver);
}

int read_resolvers(struct reader *reader, const struct node *node, void *into)
{
	return node_empty(node) ? 0 : reader_list(reader, node, read_resolver, into);
}
