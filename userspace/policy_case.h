/* SPDX-License-Identifier: GPL-2.0-only */
/* Cases: a policy's tables against what their author expects of them. */
#ifndef DOMICILE_POLICY_CASE_H
#define DOMICILE_POLICY_CASE_H

#include "policy.h"

/* "22" or "example.yaml:22". */
bool policy_case_rule_valid(const char *text);

/* Sound in itself; its labels and network are for the caller to check. */
bool policy_case_valid(const struct policy_case *one);

/* Texts for people, owned by the caller, who frees them. */
struct policy_case_result {
	bool passed;
	char *about; /* "cn.pii to 198.51.100.7" */
	char *expected;
	char *got;
};

/* 0, or -ENOMEM. */
int policy_case_run(const struct policy *policy, const struct policy_case *one,
		    struct policy_case_result *ret);
void policy_case_result_free(struct policy_case_result *result);

#endif /* DOMICILE_POLICY_CASE_H */
