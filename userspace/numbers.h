/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which records of each CPU are in the log. In a file, so that a daemon that is killed
 * leaves the next one the numbers.
 */
#ifndef DOMICILE_NUMBERS_H
#define DOMICILE_NUMBERS_H

#include "sequence.h"

struct numbers {
	struct sequence *seen; /* one for each CPU; mapped from the file */
	__u64 *counted; /* what the kernel had counted to at the last look; owned */
	int cpus;
};

/* Negative errno; numbers_close() in any case. Begins as { 0 }. */
int numbers_open(struct numbers *numbers);
void numbers_close(struct numbers *numbers);

#endif /* DOMICILE_NUMBERS_H */
