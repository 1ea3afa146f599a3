/* SPDX-License-Identifier: GPL-2.0-only */
/* Policies that may be put in force: where the host has trusted keys, only signed ones. */
#ifndef DOMICILE_POLICY_TRUSTED_H
#define DOMICILE_POLICY_TRUSTED_H

#include "policy.h"

/*
 * As policy_compile_confined(), of files that are signed as this host asks for. The
 * policy's signer says by whom.
 */
int policy_compile_trusted(char *const files[], size_t count, struct policy **ret,
			   struct policy_errors *errors);

#endif /* DOMICILE_POLICY_TRUSTED_H */
