/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DOMICILE_POLICY_DRAFT_ACTOR_H
#define DOMICILE_POLICY_DRAFT_ACTOR_H

#include "policy_draft.h"

/* As a read_fn into a struct policy_actor. */
int read_actor(struct reader *reader, const struct node *node, void *into);

/* As a read_fn into a struct policy_access: the list of who may use files so. */
int read_actors(struct reader *reader, const struct node *node, void *into);

#endif /* DOMICILE_POLICY_DRAFT_ACTOR_H */
