/* SPDX-License-Identifier: GPL-2.0-only */
/* What changes from one policy to another, in terms of verdicts. */
#ifndef DOMICILE_POLICY_DIFF_H
#define DOMICILE_POLICY_DIFF_H

#include "policy_span.h"

struct json_t;

/*
 * What changes in rules of storage, read and write: a new reference to a list of {"rule",
 * "label", "elsewhere": {"from", "to"}, "allowed": [...], "removed": [...]}, or NULL when
 * out of memory. "elsewhere" are the verdicts on file systems or processes that no rule
 * names, "allowed" those that rules name after and not before, "removed" the opposite.
 */
struct json_t *policy_diff_rules(const struct policy *before, const struct policy *after);

/*
 * Compares the verdicts on every label of either policy for every address, and the
 * rest entry by entry. A label that a policy does not have may go nowhere by it.
 * Returns a new reference to {"verdicts": [...], "rules": [...], "arrivals": [...],
 * "added": [...], "removed": [...]}, or NULL when out of memory; arrivals are
 * sources that both have with a network whose addresses changed. Linear in the ranges of both.
 */
struct json_t *policy_diff(const struct policy *before, const struct policy *after);

bool policy_diff_empty(struct json_t *diff);
void policy_diff_print(struct json_t *diff, FILE *file);

#endif /* DOMICILE_POLICY_DIFF_H */
