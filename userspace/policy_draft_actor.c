// SPDX-License-Identifier: GPL-2.0-only
/* Who may read or write: [{program: /usr/bin/postgres, unit: db.service}, {uid: 110}] */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "policy_actor.h"
#include "policy_carrier.h"
#include "policy_draft_actor.h"
#include "policy_valid.h"

static int read_program(struct reader *reader, const struct node *node, void *into)
{
	struct policy_actor *actor = into;
	char near[PATH_MAX];
	const char *wrong;

	if (node->type != NODE_TEXT || node_empty(node))
		return reader_expected(reader, node, "the absolute path of a program");
	wrong = policy_path_wrong(node->text);
	if (wrong)
		return reader_expected_near(reader, node, wrong,
					    policy_path_near(node->text, near));
	return draft_text_set(&actor->program, node->text);
}

static int read_uid(struct reader *reader, const struct node *node, void *into)
{
	struct policy_actor *actor = into;

	if (node->type != NODE_TEXT || uid_parse(node->text, &actor->uid))
		return reader_expected(reader, node, "the number of a user, such as 110");
	actor->has_uid = true;
	return 0;
}

static int read_actor_unit(struct reader *reader, const struct node *node, void *into)
{
	struct policy_actor *actor = into;

	return policy_unit_read(reader, node, &actor->cgroup);
}

static int read_actor_cgroup(struct reader *reader, const struct node *node, void *into)
{
	struct policy_actor *actor = into;

	return policy_cgroup_read(reader, node, &actor->cgroup);
}

static const struct key actor_keys[] = {
	KEY("program", read_program),
	KEY("uid", read_uid),
	KEY("unit", read_actor_unit),
	KEY("cgroup", read_actor_cgroup),
};

int read_actor(struct reader *reader, const struct node *node, void *into)
{
	int err = reader_keys(reader, node, KEYS(actor_keys), into);

	return err ? err : reader_needs_one(reader, node, KEYS(actor_keys), COUNT(actor_keys));
}

static int read_member(struct reader *reader, const struct node *node, void *into)
{
	struct policy_access *access = into;
	struct policy_actor *new;

	if (access->actor_count == DOMICILE_ACTORS_MAX) {
		reader_refuse(reader, node, "found more than %d members in a list, expected fewer",
			      DOMICILE_ACTORS_MAX);
		return -EINVAL;
	}
	new = ARRAY_ADD(access->actors, access->actor_count);
	if (!new)
		return -ENOMEM;
	new->place = reader_place(reader, node);
	return read_actor(reader, node, new);
}

int read_actors(struct reader *reader, const struct node *node, void *into)
{
	return reader_list(reader, node, read_member, into);
}
