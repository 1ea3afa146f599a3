/* SPDX-License-Identifier: GPL-2.0-only */
/* What must be undone when it is interrupted holds signals back, and looks. */
#ifndef DOMICILE_INTERRUPT_H
#define DOMICILE_INTERRUPT_H

#include <signal.h>
#include <stdbool.h>

/* SIGINT, SIGTERM, SIGHUP wait from now on. @before may be NULL. */
void interrupt_hold(sigset_t *before);

/* Does SIGINT or SIGTERM wait? Never, unless they are held. */
bool interrupt_waits(void);

#endif /* DOMICILE_INTERRUPT_H */
