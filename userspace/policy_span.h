/* SPDX-License-Identifier: GPL-2.0-only */
/* The address space as a policy divides it: neighbouring addresses of one class. */
#ifndef DOMICILE_POLICY_SPAN_H
#define DOMICILE_POLICY_SPAN_H

#include "policy.h"
#include "prefix.h"

/* @first and @last are addresses as numbers, an IPv4 one in the low 32 bits. */
struct policy_span {
	unsigned __int128 first;
	unsigned __int128 last;
	__u32 class;
};

size_t policy_span_count(const struct policy *policy, bool ipv6);
/* @index is below the count. Spans ascend and leave nothing out. */
struct policy_span policy_span_at(const struct policy *policy, bool ipv6, size_t index);

/* The span that holds @address, whose length is not looked at. */
struct policy_span policy_span_of(const struct policy *policy, const struct prefix *address);

/* The largest prefix that holds @address and lies in @span. */
struct prefix policy_span_prefix(const struct policy_span *span, const struct prefix *address);

#endif /* DOMICILE_POLICY_SPAN_H */
