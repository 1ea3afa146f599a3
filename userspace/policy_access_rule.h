/* SPDX-License-Identifier: GPL-2.0-only */
/* Who the rules let use labelled files, as access_judge() of bpf/access.bpf.h will say. */
#ifndef DOMICILE_POLICY_ACCESS_RULE_H
#define DOMICILE_POLICY_ACCESS_RULE_H

#include <domicile/record.h>

#include "policy.h"

struct access_verdict {
	enum domicile_verdict verdict; /* deny, audit or allow */
	__u32 label; /* that decided; of several the first */
	const struct policy_rule *rule; /* that decided; NULL: anybody may */
	const char *reason; /* lower case, for people and JSON */
};

/*
 * @labels: indices of the policy's labels, at least one. @who: all that is known of a
 * process; its program is a path, as its cgroup.
 */
void policy_access_judge(const struct policy *policy, const struct domicile_label_set *labels,
			 enum domicile_use use, const struct policy_actor *who,
			 struct access_verdict *ret);

#endif /* DOMICILE_POLICY_ACCESS_RULE_H */
