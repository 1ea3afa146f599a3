/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DOMICILE_TRIAL_KEEPER_H
#define DOMICILE_TRIAL_KEEPER_H

/*
 * Leaves a process behind that calls trial_watch() until there is no trial. It outlives
 * the caller, the terminal, and the cgroup of the login.
 */
int trial_keeper_start(void);

#endif /* DOMICILE_TRIAL_KEEPER_H */
