/* SPDX-License-Identifier: GPL-2.0-only */
/* The compiler at work: what its parts share. */
#ifndef DOMICILE_POLICY_COMPILER_H
#define DOMICILE_POLICY_COMPILER_H

#include "netset.h"
#include "policy_data.h"
#include "policy_draft.h"
#include "policy_error.h"

struct compiler {
	const struct documents *documents;
	struct policy_errors *errors;
	struct draft draft;
	struct netset_table sets;
	struct policy *policy;
	struct data_wants wants;
};

/* Adds an error: @name was defined at @first already. */
int refuse_second(struct compiler *compiler, const char *what, const struct policy_place *place,
		  const char *name, const struct policy_place *first);

/*
 * What a name stands for. Returns 0, also when an error was added because nothing
 * has the name, or a negative errno.
 */
int resolve_label(struct compiler *compiler, const struct draft_name *name, __u32 *ret);
int resolve_network(struct compiler *compiler, const struct draft_name *name, __u64 *set);
int resolve_storage(struct compiler *compiler, const struct draft_name *name, __u64 *set);

/* The members of a set, ascending. Returns 0 or -ENOMEM. */
int list_members(const __u64 *set, size_t limit, __u32 **ret, size_t *ret_count);

/* Moves the rules from draft to policy, sorted; labels and networks are there. */
int take_rules(struct compiler *compiler);
/* Moves the cases. */
int take_cases(struct compiler *compiler);

#endif /* DOMICILE_POLICY_COMPILER_H */
