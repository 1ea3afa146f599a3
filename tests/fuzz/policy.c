// SPDX-License-Identifier: GPL-2.0-only
/* A policy as somebody wrote it: compiled, packed, unpacked, looked at. */
#include <errno.h>

#include "use.h"
#include "policy_wire.h"

/* What the process that parses says arrives as it was said. */
static void round_trip(const struct policy_result *result, const struct policy_errors *errors,
		       const struct documents *documents)
{
	struct policy_result got = {};
	struct policy_errors got_errors = {};
	size_t size;
	void *data;

	FUZZ_HOLDS(!policy_pack(result, errors, documents, &data, &size));
	FUZZ_HOLDS(!policy_unpack(data, size, documents, &got, &got_errors));
	FUZZ_HOLDS(got.err == result->err && got_errors.count == errors->count &&
		   got.wants.count == result->wants.count);
	policy_result_free(&got);
	free(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct document document = { "fuzz.yaml", (char *)data, size };
	struct documents documents = { .list = &document, .count = 1, .size = size };
	struct policy_errors errors = {};
	struct policy_result result = {};

	policy_build(&documents, &result, &errors);
	FUZZ_HOLDS(!result.err == !!result.policy);
	FUZZ_HOLDS(result.err != -EINVAL || policy_errors_found(&errors));
	if (!result.err || result.err == -ENODATA || policy_errors_found(&errors))
		round_trip(&result, &errors, &documents);
	use_errors(&errors, &documents);
	if (result.policy)
		use_policy(result.policy, &documents);
	policy_result_free(&result);
	return 0;
}
