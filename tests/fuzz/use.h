/* SPDX-License-Identifier: GPL-2.0-only */
/* Looks at everything that a policy has, so that the sanitizers see it. */
#ifndef DOMICILE_FUZZ_USE_H
#define DOMICILE_FUZZ_USE_H

#include <jansson.h>

#include "fuzz.h"
#include "policy_case.h"
#include "policy_error.h"
#include "policy_impl.h"

static inline void use_cases(const struct policy *policy)
{
	for (size_t i = 0; i < policy->case_count; i++) {
		struct policy_case_result result = {};

		FUZZ_HOLDS(!policy_case_run(policy, &policy->cases[i], &result));
		FUZZ_HOLDS(result.about && result.expected && result.got);
		policy_case_result_free(&result);
	}
}

static inline void use_policy(struct policy *policy, const struct documents *documents)
{
	FILE *nowhere = fopen("/dev/null", "we");
	struct in6_addr address = {};

	FUZZ_HOLDS(!policy_finish(policy, documents));
	policy_show(policy, nowhere);
	fclose(nowhere);
	json_decref(policy_json(policy));
	use_cases(policy);
	for (int i = 0; i < 256; i++) {
		address.s6_addr[0] = i;
		FUZZ_HOLDS(policy_lookup6(policy, &address) < policy->class_count);
		FUZZ_HOLDS(policy_lookup4(policy, (struct in_addr){ i }) < policy->class_count);
	}
}

static inline bool is_printable(const char *text)
{
	return policy_control_find(text, strlen(text)) < 0;
}

/* There is a reason, and printing it does nothing to a terminal. */
static inline void use_errors(struct policy_errors *errors, const struct documents *documents)
{
	json_decref(policy_errors_json(errors, POLICY_ERROR));
	policy_errors_place(errors, documents);
	for (size_t i = 0; i < errors->count; i++)
		FUZZ_HOLDS(is_printable(errors->list[i].text) &&
			   is_printable(errors->list[i].excerpt));
}

#endif /* DOMICILE_FUZZ_USE_H */
