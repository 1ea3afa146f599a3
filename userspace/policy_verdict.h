/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel will say of data on its way out, by the tables it gets, and why.
 * In the order of egress_check() of bpf/egress.bpf.c: resolvers, networks, this host.
 */
#ifndef DOMICILE_POLICY_VERDICT_H
#define DOMICILE_POLICY_VERDICT_H

#include <domicile/record.h>

#include "endpoint.h"
#include "policy_span.h"

/* As records call it; NULL for those that no rule gives. */
const char *policy_verdict_name(unsigned int verdict);

/* Of allow, audit and deny, from the most lenient. */
bool policy_verdict_is_stricter(enum domicile_verdict verdict, enum domicile_verdict than);

struct policy_ruling {
	enum domicile_verdict verdict; /* deny, audit or allow */
	__u32 label; /* that decided; of several the first */
	/*
	 * That lets the label go there, or denies it; or one about the label that does
	 * not let it; NULL if there is none, or another thing decided.
	 */
	const struct policy_rule *rule;
	bool denies; /* @rule names the network as one it denies */
	const struct policy_resolver *resolver; /* the destination, or NULL */
	bool local; /* stays on this host */
	__u32 network; /* of the destination and the rule; POLICY_ANYWHERE: none */
	struct policy_span span; /* that holds the destination */
};

/* @labels: indices of the policy's labels, at least one. */
void policy_judge(const struct policy *policy, const struct domicile_label_set *labels,
		  const struct endpoint *to, struct policy_ruling *ret);

/* Lower case, for people and JSON: "no rule lets it go there". */
const char *policy_ruling_reason(const struct policy_ruling *ruling);

#endif /* DOMICILE_POLICY_VERDICT_H */
