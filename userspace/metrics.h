/* SPDX-License-Identifier: GPL-2.0-only */
/* Metrics in the text format of Prometheus, version 0.0.4. */
#ifndef DOMICILE_METRICS_H
#define DOMICILE_METRICS_H

#include <linux/types.h>
#include <stdio.h>

#include "tally.h"

struct metrics {
	json_t *status; /* of status_object(), with "maps" of map_fill() if it enforces */
	const struct tally *tally; /* NULL: there is no log */
	__u64 entries; /* in the log */
	__u64 checkpoint; /* when it was signed last, s since 1970 */
};

/* 0, or -EIO. */
int metrics_write(const struct metrics *metrics, FILE *file);

#endif /* DOMICILE_METRICS_H */
