/* SPDX-License-Identifier: GPL-2.0-only */
/* The steps between documents and a policy that is ready to use. */
#ifndef DOMICILE_POLICY_IMPL_H
#define DOMICILE_POLICY_IMPL_H

#include "policy_document.h"

/*
 * Parses and compiles. Returns 0 or a negative errno, -EINVAL with errors
 * added. Needs no privilege and touches nothing outside the process. What it
 * makes lacks what policy_finish() adds.
 */
int policy_build(const struct documents *documents, struct policy **ret,
		 struct policy_errors *errors);

/*
 * Adds what follows from the rest of a valid policy: deny and audit sets,
 * class texts, address counts, digest, and names of files of its own.
 */
int policy_finish(struct policy *policy, const struct documents *documents);

/*
 * Warns of what a policy says in vain: rules that others cover, networks and labels
 * that lead nowhere. Part of policy_build(). 0, or -ENOMEM.
 */
int policy_warn(const struct policy *policy, struct policy_errors *errors);

/* As policy_compile_confined(), of documents that were read already. */
int policy_compile_documents(const struct documents *documents, struct policy **ret,
			     struct policy_errors *errors);

#endif /* DOMICILE_POLICY_IMPL_H */
