/* SPDX-License-Identifier: GPL-2.0-only */
/* What is written differently in two policies. */
#ifndef DOMICILE_POLICY_CHANGE_H
#define DOMICILE_POLICY_CHANGE_H

#include <stdio.h>

#include <jansson.h>

struct policy;

/*
 * From the policy in force, the root of struct in_force, to @after: {before, after,
 * removed, added}, the first two digests, the others arrays of {in, entry}. A new
 * reference, or NULL when out of memory.
 */
json_t *policy_change(json_t *in_force, const struct policy *after);
void policy_change_print(json_t *change, FILE *file);

#endif /* DOMICILE_POLICY_CHANGE_H */
