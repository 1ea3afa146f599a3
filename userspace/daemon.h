/* SPDX-License-Identifier: GPL-2.0-only */
/* The running domiciled, if there is one. */
#ifndef DOMICILE_DAEMON_H
#define DOMICILE_DAEMON_H

#include <stddef.h>
#include <sys/types.h>

/* -ESRCH when there is none. */
int daemon_find(pid_t *pid);

/* Lets it finish with the records that are in the ring. -ESRCH. */
int daemon_stop(pid_t *pid);

/*
 * Returns when it is ready, or has given up and said why: its exit status,
 * enum answer. A negative errno when it could not be started at all.
 */
int daemon_spawn(char *const policies[], size_t count);

/*
 * For the daemon itself, which has seen that there is no other, under the lock
 * of rundir_lock(). Returns a descriptor to be kept open for as long as it lives.
 */
int daemon_announce(void);

#endif /* DOMICILE_DAEMON_H */
