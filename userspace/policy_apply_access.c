// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <bpf/bpf.h>

#include "cleanup.h"
#include "mount.h"
#include "policy_apply_access.h"

/* --- programs ---------------------------------------------------------------- */

/*
 * What the kernel knows a program by. Where a file system gives the number of a file
 * that is gone to another, it counts how often: then the count has to be the same.
 */
static int program_find(const char *path, struct domicile_actor *actor)
{
	cleanup(close_fd) int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct mount mount;
	int generation, err;
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EACCES;
	err = mount_of(path, &mount);
	if (err)
		return err;
	actor->has |= DOMICILE_ACTOR_PROGRAM;
	actor->ino = st.st_ino;
	actor->dev = mount.dev;
	if (!ioctl(fd, FS_IOC_GETVERSION, &generation)) {
		actor->has |= DOMICILE_ACTOR_GENERATION;
		actor->generation = generation;
	}
	return 0;
}

static enum answer check_actors(const struct policy_access *access)
{
	for (size_t i = 0; i < access->actor_count; i++) {
		const struct policy_actor *actor = &access->actors[i];
		struct domicile_actor found = { 0 };
		int err = actor->program ? program_find(actor->program, &found) : 0;

		if (err)
			return refuse(ANSWER_HOST, "policy: %s:%u:%u: program %s: %s (install it, "
				      "or take it out of the rule)", actor->place.file,
				      actor->place.line, actor->place.column, actor->program,
				      strerror(-err));
	}
	return ANSWER_DONE;
}

enum answer policy_apply_check_access(const struct policy *policy)
{
	enum answer answer = ANSWER_DONE;

	for (size_t i = 0; i < policy->rule_count; i++)
		for (int use = 0; use < DOMICILE_USES && answer == ANSWER_DONE; use++)
			answer = check_actors(&policy->rules[i].access[use]);
	return answer;
}

/* --- for the kernel -------------------------------------------------------- */

static int actor_put(struct domicile_actor *to, const struct policy_actor *actor)
{
	int err = actor->program ? program_find(actor->program, to) : 0;

	if (actor->has_uid) {
		to->has |= DOMICILE_ACTOR_UID;
		to->uid = actor->uid;
	}
	if (actor->cgroup) {
		to->has |= DOMICILE_ACTOR_CGROUP;
		strcpy(to->cgroup.path, actor->cgroup);
	}
	return err;
}

static int rule_put(const struct policy_rule *rule, __u32 index, struct domicile_actors *actors,
		    size_t *count)
{
	int err = 0;

	for (int use = 0; use < DOMICILE_USES; use++) {
		const struct policy_access *access = &rule->access[use];

		for (size_t i = 0; i < access->actor_count && !err; i++) {
			struct domicile_actor *actor = &actors->list[(*count)++];

			err = actor_put(actor, &access->actors[i]);
			label_set_add(&actor->allowed[use], index);
		}
	}
	return err;
}

/* A label is guarded if one of its rules is enforced, or audited if all are. */
static void guard(const struct policy_rule *rule, __u32 index, struct domicile_slot *in)
{
	for (int use = 0; use < DOMICILE_USES; use++) {
		struct domicile_access *access = &in->access[use];

		if (!rule->access[use].ruled)
			continue;
		access->ruled = 1;
		label_set_add(rule->access[use].mode == POLICY_ENFORCE ? &access->guarded :
									 &access->audited, index);
		label_set_remove(&access->audited, &access->guarded);
	}
}

int policy_apply_access(const struct policy *policy, const __u32 *indices,
			const struct enforcement *enforcement, __u32 slot,
			struct domicile_slot *in)
{
	cleanup(free_memory) struct domicile_actors *actors = calloc(1, sizeof(*actors));
	size_t count = 0;
	int err = 0;

	if (!actors)
		return -ENOMEM;
	for (size_t i = 0; i < policy->rule_count && !err; i++) {
		const struct policy_rule *rule = &policy->rules[i];

		guard(rule, indices[rule->label], in);
		err = rule_put(rule, indices[rule->label], actors, &count);
	}
	if (err)
		return err;
	return bpf_map_update_elem(enforcement->actors, &slot, actors, 0) ? -errno : 0;
}
