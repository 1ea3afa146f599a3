/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the writer share. */
#ifndef DOMICILE_TLOG_IMPL_H
#define DOMICILE_TLOG_IMPL_H

#include "tlog.h"

#define TLOG_PENDING "pending"
/* What was pending when the log was not closed, until all of it is signed again. */
#define TLOG_PENDING_BEFORE "pending.before"
#define TLOG_TEMPORARY "checkpoint.new"

int tlog_pending_create(struct tlog *log);
/* Of what is in memory, which is on disk. */
int tlog_checkpoint_write(struct tlog *log);
/* What was written and not signed, after the checkpoint was loaded. */
int tlog_recover(struct tlog *log, struct tlog_found *found);

#endif /* DOMICILE_TLOG_IMPL_H */
