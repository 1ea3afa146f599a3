/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the rules let a label be stored, as storage_judge() of bpf/place.bpf.h will say. */
#ifndef DOMICILE_POLICY_STORE_RULE_H
#define DOMICILE_POLICY_STORE_RULE_H

#include <domicile/record.h>

#include "mount.h"
#include "policy.h"

/* All rules about one label together. */
struct store_ruling {
	const struct policy_rule *rule; /* the strictest; NULL: it may be stored anywhere */
	enum policy_mode mode;
	const struct policy_rule *allowing[POLICY_STORAGES_MAX]; /* NULL: none does */
};

void store_ruling_make(const struct policy *policy, __u32 label, struct store_ruling *ruling);

/* A file system: of this host, or one of which no more is known than one medium. */
struct store_target {
	const struct mount *mount; /* or NULL */
	const char *medium; /* see policy_medium_kind() */
};

/* The first place that lets the label be stored on that file system, or -ENOENT. */
int store_ruling_find(const struct policy *policy, const struct store_ruling *ruling,
		      const struct store_target *on);

struct store_verdict {
	enum domicile_verdict verdict; /* deny, audit or allow */
	__u32 label; /* that decided; of several the first */
	const struct policy_rule *rule; /* that decided, or NULL */
	int storage; /* the place, or -ENOENT */
	const char *reason; /* lower case, for people and JSON */
};

/* @labels: indices of the policy's labels, at least one. */
void policy_store_judge(const struct policy *policy, const struct domicile_label_set *labels,
			const struct store_target *on, struct store_verdict *ret);

#endif /* DOMICILE_POLICY_STORE_RULE_H */
