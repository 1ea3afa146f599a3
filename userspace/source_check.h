/* SPDX-License-Identifier: GPL-2.0-only */
/* Can this host label the path sources of a policy? */
#ifndef DOMICILE_SOURCE_CHECK_H
#define DOMICILE_SOURCE_CHECK_H

#include <limits.h>

#include "policy.h"

#define SOURCE_WHY_MAX (2 * PATH_MAX)

/* Returns 0, or -1 with the reason and its remedy in @why. Changes nothing, needs no root. */
int source_check(const struct policy_source *source, char why[SOURCE_WHY_MAX]);

#endif /* DOMICILE_SOURCE_CHECK_H */
