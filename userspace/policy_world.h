/* SPDX-License-Identifier: GPL-2.0-only */
/* Countries as networks, made of the country data that a policy uses. */
#ifndef DOMICILE_POLICY_WORLD_H
#define DOMICILE_POLICY_WORLD_H

#include "country.h"
#include "policy.h"

/*
 * A policy whose networks are countries, each named by its code in small letters:
 * all of them, or @country alone unless that is COUNTRY_NONE. The data is that of
 * @policy, or where that has none or is NULL, the data that is there by default.
 * Returns as policy_compile_confined().
 */
int policy_world(const struct policy *policy, __u16 country, struct policy **ret,
		 struct policy_errors *errors);

#endif /* DOMICILE_POLICY_WORLD_H */
