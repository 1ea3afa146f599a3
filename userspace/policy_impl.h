/* SPDX-License-Identifier: GPL-2.0-only */
/* The steps between documents and a policy that is ready to use. */
#ifndef DOMICILE_POLICY_IMPL_H
#define DOMICILE_POLICY_IMPL_H

#include "policy_data.h"

/* What policy_build() made. */
struct policy_result {
	struct policy *policy; /* NULL if it failed with @err */
	int err; /* -ENODATA: it needs @wants */
	struct data_wants wants;
};

static inline void policy_result_free(struct policy_result *result)
{
	policy_free(result->policy);
	data_wants_free(&result->wants);
}

/*
 * Parses and compiles. Returns 0, -EINVAL with errors added, -ENODATA when the
 * documents need files that are not there yet, or another errno; @result says the
 * same. Needs no privilege and touches nothing outside the process. The policy
 * lacks what policy_finish() adds.
 */
int policy_build(const struct documents *documents, struct policy_result *result,
		 struct policy_errors *errors);

/* Who runs policy_build() and brings the result; 0, or an errno if that failed. */
typedef int (*policy_builder)(const struct documents *documents, struct policy_result *result,
			      struct policy_errors *errors);

/* Builds, reads the files that are needed, builds again, and finishes. */
int policy_compile_by(policy_builder build, struct documents *documents, struct policy **ret,
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

/* As policy_compile_confined(), of documents that were read already; adds the data they name. */
int policy_compile_documents(struct documents *documents, struct policy **ret,
			     struct policy_errors *errors);

/* Warns of country data that was old when the documents were read; before policy_finish(). */
void policy_warn_data(const struct policy *policy, const struct documents *documents,
		      struct policy_errors *errors);

#endif /* DOMICILE_POLICY_IMPL_H */
