/* SPDX-License-Identifier: GPL-2.0-only */
/* Who put a policy in force: this process, and the person who logged in to start it. */
#ifndef DOMICILE_PROVENANCE_H
#define DOMICILE_PROVENANCE_H

#include <stdio.h>

#include <jansson.h>

/*
 * Of this process: {user, uid, login_uid, pid, program}. @user is the name, or number,
 * of who logged in, or of the process where nobody did; login_uid is null then. A new
 * reference.
 */
json_t *provenance_json(void);

/* "alice (uid 0, login uid 1000), /usr/sbin/domicile[4711]" */
void provenance_print(json_t *provenance, FILE *file);

#endif /* DOMICILE_PROVENANCE_H */
