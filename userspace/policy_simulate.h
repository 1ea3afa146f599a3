/* SPDX-License-Identifier: GPL-2.0-only */
/* What another policy would have said of what was recorded. */
#ifndef DOMICILE_POLICY_SIMULATE_H
#define DOMICILE_POLICY_SIMULATE_H

#include <stdio.h>

#include <jansson.h>

#include "policy.h"

#define SIMULATION_CHANGES_MAX 10000

struct simulation {
	const struct policy *policy; /* borrowed */
	json_t *changes; /* what would be different, by what it is about; up to the maximum */
	unsigned long long same;
	unsigned long long different;
	unsigned long long unlisted; /* of the different, those without room in @changes */
	unsigned long long aside; /* not decided by rules on where data may go */
	unsigned long long lost; /* records that the log says are missing */
	unsigned long long foreign; /* lines that are no record */
};

/* -ENOMEM. */
int simulation_start(struct simulation *simulation, const struct policy *policy);
void simulation_free(struct simulation *simulation);

/* One entry of the audit log, as domicile audit tail --json prints it. 0 or -ENOMEM. */
int simulation_add(struct simulation *simulation, const char *line);

void simulation_print(const struct simulation *simulation, FILE *file);
/* A new reference, or NULL when out of memory. */
json_t *simulation_json(const struct simulation *simulation);

#endif /* DOMICILE_POLICY_SIMULATE_H */
