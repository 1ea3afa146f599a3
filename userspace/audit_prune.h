/* SPDX-License-Identifier: GPL-2.0-only */
/* Which entries are too old, or too many, to be kept. */
#ifndef DOMICILE_AUDIT_PRUNE_H
#define DOMICILE_AUDIT_PRUNE_H

#include "tlog.h"

/*
 * The first entry that is to be kept: of those that are there now, without the
 * bundles whose last entry is older than @max_age ns, and without as many as make
 * the log larger than @max_size bytes; 0 sets no limit. The bundle that is not full
 * is always kept.
 */
uint64_t audit_prune_first(struct tlog *log, uint64_t max_age, uint64_t max_size);

#endif /* DOMICILE_AUDIT_PRUNE_H */
