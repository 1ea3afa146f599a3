// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "policy_error.h"
#include "policy_impl.h"
#include "policy_signed.h"
#include "policy_trusted.h"
#include "rundir.h"

static int signer_find(const struct documents *documents, const struct trust *trust,
		       struct policy_signer *signer, struct policy_errors *errors)
{
	struct serial newest;
	int err = serial_read(SERIAL_FILE, &newest);

	if (!err)
		return policy_signed(documents, trust, &newest, signer, errors);
	policy_error_add(errors, NULL, SERIAL_FILE " does not say which policies are older: %s (if "
			 "this one is not, remove the file)", strerror(-err));
	return -EINVAL;
}

int policy_compile_trusted(char *const files[], size_t count, struct policy **ret,
			   struct policy_errors *errors)
{
	cleanup(documents_free) struct documents documents = {};
	cleanup(trust_free) struct trust trust = {};
	struct policy *policy = NULL;
	int err = trust_read(DOMICILE_POLICY_DIR, &trust, errors);

	if (!err)
		err = documents_read(files, count, &documents, errors);
	if (err)
		return policy_error_work(errors, err);
	/* Before the signatures: the digest covers the files that the policy names. */
	err = policy_compile_documents(&documents, &policy, errors);
	if (!err && trust.count)
		err = signer_find(&documents, &trust, &policy->signer, errors);
	if (err)
		policy_free(policy);
	else
		*ret = policy;
	return err;
}
