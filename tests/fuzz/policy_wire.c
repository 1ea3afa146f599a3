// SPDX-License-Identifier: GPL-2.0-only
/* What the process that parses policies may say if it has been taken over. */
#include <errno.h>

#include "use.h"
#include "policy_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct document document = { "fuzz.yaml", "", 0 };
	struct documents documents = { .list = &document, .count = 1 };
	struct policy_result result = {};
	struct policy_errors errors = {};
	int err = policy_unpack(data, size, &documents, &result, &errors);

	FUZZ_HOLDS(!err || err == -EBADMSG || err == -ENOMEM);
	FUZZ_HOLDS(!err || !result.policy);
	use_errors(&errors, &documents);
	if (result.policy)
		use_policy(result.policy, &documents);
	policy_result_free(&result);
	return 0;
}
