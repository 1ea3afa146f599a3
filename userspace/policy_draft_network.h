/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DOMICILE_POLICY_DRAFT_NETWORK_H
#define DOMICILE_POLICY_DRAFT_NETWORK_H

#include "policy_draft.h"

/* The values of 'networks' and 'countries', into the draft. */
int read_networks(struct reader *reader, const struct node *node, void *into);
int read_countries(struct reader *reader, const struct node *node, void *into);

/* What is in it, and not the network itself. */
void draft_network_free(struct draft_network *network);

#endif /* DOMICILE_POLICY_DRAFT_NETWORK_H */
