/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DOMICILE_POLICY_APPLY_STORAGE_H
#define DOMICILE_POLICY_APPLY_STORAGE_H

#include "answer.h"
#include "enforce.h"
#include "policy.h"

/* Are the places there, and the sources where their labels may be? Says so if not. */
enum answer policy_apply_check_storages(const struct policy *policy);

/*
 * Fills the slot's map of file systems, and what @in says of storage. @indices: the
 * host's of the policy's labels. Returns 0 or a negative errno.
 */
int policy_apply_storages(const struct policy *policy, const __u32 *indices,
			  const struct enforcement *enforcement, __u32 slot,
			  struct domicile_slot *in);

#endif /* DOMICILE_POLICY_APPLY_STORAGE_H */
