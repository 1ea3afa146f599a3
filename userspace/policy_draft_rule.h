/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DOMICILE_POLICY_DRAFT_RULE_H
#define DOMICILE_POLICY_DRAFT_RULE_H

#include "policy_draft.h"

/* The values of 'rules' and 'defaults', into the draft. */
int read_rules(struct reader *reader, const struct node *node, void *into);
int read_defaults(struct reader *reader, const struct node *node, void *into);

/* What is in it, and not the rule itself. */
void draft_rule_free(struct draft_rule *rule);

#endif /* DOMICILE_POLICY_DRAFT_RULE_H */
