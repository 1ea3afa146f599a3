/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A policy and the warnings about it, or the errors found in its place, as bytes:
 * how the process that parses hands its result to the one that asked. Host byte order; both are the
 * same program.
 */
#ifndef DOMICILE_POLICY_WIRE_H
#define DOMICILE_POLICY_WIRE_H

#include "policy_impl.h"

#define POLICY_WIRE_SIZE_MAX (256u << 20)

/* 0, or -ENOMEM. The caller frees @ret. */
int policy_pack(const struct policy_result *result, const struct policy_errors *errors,
		const struct documents *documents, void **ret, size_t *ret_size);

/*
 * Trusts nothing in @data. Returns 0, -EBADMSG or -ENOMEM; when 0, @result is
 * a policy for policy_finish(), with warnings added, or an errno with @errors or wants.
 */
int policy_unpack(const void *data, size_t size, const struct documents *documents,
		  struct policy_result *result, struct policy_errors *errors);

#endif /* DOMICILE_POLICY_WIRE_H */
