// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy_actor.h"
#include "policy_carrier.h"
#include "policy_valid.h"

const char *policy_actor_text(const struct policy_actor *actor,
			      char text[POLICY_ACTOR_TEXT_MAX])
{
	size_t used = 0;

	text[0] = 0;
	if (actor->program)
		used += snprintf(text, POLICY_ACTOR_TEXT_MAX, "program %s", actor->program);
	if (actor->has_uid)
		used += snprintf(text + used, POLICY_ACTOR_TEXT_MAX - used, "%suid %u",
				 used ? ", " : "", actor->uid);
	if (actor->cgroup)
		snprintf(text + used, POLICY_ACTOR_TEXT_MAX - used, "%scgroup %s",
			 used ? ", " : "", actor->cgroup);
	return text;
}

int uid_parse(const char *text, __u32 *ret)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long long uid = digits && digits < 11 ? strtoull(text, NULL, 10) : ~0ull;

	if (text[digits] || uid >= ~0u)
		return -EINVAL;
	*ret = uid;
	return 0;
}

bool policy_actor_valid(const struct policy_actor *actor)
{
	return (actor->program || actor->has_uid || actor->cgroup) &&
	       (!actor->program || !policy_path_wrong(actor->program)) &&
	       (!actor->cgroup || !policy_cgroup_wrong(actor->cgroup));
}

void policy_actor_free(struct policy_actor *actor)
{
	free(actor->program);
	free(actor->cgroup);
}
