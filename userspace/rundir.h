/* SPDX-License-Identifier: GPL-2.0-only */
/* What this boot knows: /run/domicile and the lock in it. */
#ifndef DOMICILE_RUNDIR_H
#define DOMICILE_RUNDIR_H

#include "answer.h"

#define DOMICILE_RUN_DIR "/run/domicile"
#define DOMICILE_LOG_DIR "/var/log/domicile"
#define DOMICILE_SEQUENCE_FILE DOMICILE_RUN_DIR "/sequence"
#define DOMICILE_TLOG_DIR DOMICILE_LOG_DIR "/tlog"
#define DOMICILE_TLOG_KEY "/etc/domicile/audit.key"
#define DOMICILE_POLICY_DIR "/etc/domicile"

/*
 * up, down and policy apply exclude each other with it, for as long as @lock is
 * open. Waits ten seconds for another; complains about @what if it cannot.
 */
enum answer rundir_lock(const char *what, int *lock);

/* Everything but the lock. */
void rundir_clear(void);

#endif /* DOMICILE_RUNDIR_H */
