/* SPDX-License-Identifier: GPL-2.0-only */
/* Cases: what a policy is expected to say, as the documents write it. */
#ifndef DOMICILE_POLICY_DRAFT_CASE_H
#define DOMICILE_POLICY_DRAFT_CASE_H

#include "policy_draft.h"
#include "policy_reader.h"

/* The value of "cases", into a struct draft. */
int read_cases(struct reader *reader, const struct node *node, void *into);

void draft_cases_free(struct draft *draft);

#endif /* DOMICILE_POLICY_DRAFT_CASE_H */
