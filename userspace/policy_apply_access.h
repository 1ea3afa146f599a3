/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DOMICILE_POLICY_APPLY_ACCESS_H
#define DOMICILE_POLICY_APPLY_ACCESS_H

#include "answer.h"
#include "enforce.h"
#include "policy.h"

/* Are the programs there, and few enough in all? Says so if not. */
enum answer policy_apply_check_access(const struct policy *policy);

/*
 * Fills the slot's list of who may use labelled files, and what @in says of that.
 * @indices: the host's of the policy's labels. Returns 0 or a negative errno.
 */
int policy_apply_access(const struct policy *policy, const __u32 *indices,
			const struct enforcement *enforcement, __u32 slot,
			struct domicile_slot *in);

#endif /* DOMICILE_POLICY_APPLY_ACCESS_H */
