/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DOMICILE_POLICY_APPLY_LISTEN_H
#define DOMICILE_POLICY_APPLY_LISTEN_H

#include "enforce.h"
#include "policy.h"

/* Fills the kernel's table of ports. @indices: the host's numbers of the policy's labels. */
int policy_apply_listens(const struct policy *policy, const __u32 *indices,
			 const struct enforcement *enforcement, __u32 slot);

#endif /* DOMICILE_POLICY_APPLY_LISTEN_H */
