/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DOMICILE_POLICY_DRAFT_RESOLVER_H
#define DOMICILE_POLICY_DRAFT_RESOLVER_H

#include "policy_reader.h"

/* The value of "resolvers". */
int read_resolvers(struct reader *reader, const struct node *node, void *into);

#endif /* DOMICILE_POLICY_DRAFT_RESOLVER_H */
