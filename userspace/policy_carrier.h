/* SPDX-License-Identifier: GPL-2.0-only */
/* The services that a policy calls carriers, and how their cgroups are named. */
#ifndef DOMICILE_POLICY_CARRIER_H
#define DOMICILE_POLICY_CARRIER_H

#include "policy_draft.h"
#include "policy_reader.h"

/* Of the key carriers, into a struct draft. */
int read_carriers(struct reader *reader, const struct node *node, void *into);

/* The values of "unit" and "cgroup". @cgroup is NULL, or the first is there; to be freed. */
int policy_unit_read(struct reader *reader, const struct node *node, char **cgroup);
int policy_cgroup_read(struct reader *reader, const struct node *node, char **cgroup);

/* What is expected of a cgroup that @path is not, or NULL if it is all right. */
const char *policy_cgroup_wrong(const char *path);

/*
 * The value of a key "unit" or "cgroup": *@field, which is NULL, becomes the path of the
 * cgroup. As a read_fn.
 */
int policy_unit_read(struct reader *reader, const struct node *node, char **field);
int policy_cgroup_read(struct reader *reader, const struct node *node, char **field);

#endif /* DOMICILE_POLICY_CARRIER_H */
