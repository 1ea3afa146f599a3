/* SPDX-License-Identifier: GPL-2.0-only */
/* From a compiled policy to the kernel's slot that is not in force, and the switch. */
#ifndef DOMICILE_POLICY_APPLY_H
#define DOMICILE_POLICY_APPLY_H

#include "answer.h"
#include "policy.h"

struct enforcement;

/* Can this host keep what @policy says? Changes nothing, complains if not. */
enum answer policy_apply_check(const struct policy *policy);

/*
 * Labels the sources, and then puts @policy in force; the caller has checked it
 * and holds the lock. On failure the policy that was in force stays.
 *
 * @trial_ns: 0, or how long it waits for trial_confirm() before it gives way again. Then
 * the sources of the policy before stay sources until it is confirmed.
 */
enum answer policy_apply(const struct policy *policy, const struct enforcement *enforcement,
			 __u64 trial_ns);

/* Compiles @files without privilege; complains on standard error. */
enum answer policy_read(char *const files[], size_t count, struct policy **policy);

/* Those that are to be in force: signed, where this host asks for it. */
enum answer policy_read_trusted(char *const files[], size_t count, struct policy **policy);

#endif /* DOMICILE_POLICY_APPLY_H */
