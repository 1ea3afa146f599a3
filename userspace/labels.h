/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of labels: those of the policy in force, else those of policy files. */
#ifndef DOMICILE_LABELS_H
#define DOMICILE_LABELS_H

#include "answer.h"
#include "in_force.h"

struct option_list;

struct labels {
	struct in_force in_force; /* root is NULL when enforcement is off */
	struct policy *policy; /* NULL when there are no files */
};

/* @files: what -p named. Complains when these do not compile. */
enum answer labels_open(struct labels *labels, const struct option_list *files);
void labels_close(struct labels *labels);

/* Is anything known at all? */
bool labels_known(const struct labels *labels);

/* -ENOENT for a name that no policy has. */
int labels_id(const struct labels *labels, const char *name, __u32 *id);
/* The nearest spelling, or NULL. */
const char *labels_nearest(const struct labels *labels, const char *name);
/* Or unknown(0x...). */
const char *labels_text(const struct labels *labels, __u32 id, char *text, size_t size);

#endif /* DOMICILE_LABELS_H */
