/* SPDX-License-Identifier: GPL-2.0-only */
/* Resolvers that labelled processes may ask, as a policy writes them. */
#ifndef DOMICILE_POLICY_RESOLVER_H
#define DOMICILE_POLICY_RESOLVER_H

#include "policy.h"

#define POLICY_RESOLVER_RATE_MAX 1000
#define POLICY_RESOLVER_LENGTH_MAX 253 /* RFC 1035, without the last dot */

/* All return 0, or -EINVAL with the resolver as it was. */
int policy_resolver_address(const char *text, struct domicile_resolver *resolver);
int policy_resolver_port(const char *text, struct domicile_resolver *resolver);
/* "10/s" */
int policy_resolver_rate(const char *text, struct domicile_resolver *resolver);
int policy_resolver_length(const char *text, struct domicile_resolver *resolver);

bool policy_resolver_valid(const struct domicile_resolver *resolver);
/* By address and port. */
int policy_resolver_compare(const void *a, const void *b);

#endif /* DOMICILE_POLICY_RESOLVER_H */
