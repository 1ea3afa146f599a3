/* SPDX-License-Identifier: GPL-2.0-only */
/* Who may use labelled files. */
#ifndef DOMICILE_POLICY_ACTOR_H
#define DOMICILE_POLICY_ACTOR_H

#include <limits.h>

#include "policy.h"

#define POLICY_ACTOR_TEXT_MAX (PATH_MAX + 512)

/* Returns @text: "program /usr/bin/postgres, uid 110, cgroup /system.slice/db.service". */
const char *policy_actor_text(const struct policy_actor *actor,
			      char text[POLICY_ACTOR_TEXT_MAX]);

/* 0, or -EINVAL: @text is no number of a user. */
int uid_parse(const char *text, __u32 *ret);

/* Of what is read from outside: does it name anything, and that well? */
bool policy_actor_valid(const struct policy_actor *actor);

void policy_actor_free(struct policy_actor *actor);

#endif /* DOMICILE_POLICY_ACTOR_H */
