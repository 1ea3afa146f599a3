/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which record numbers of a CPU were seen. An interrupt can put its record
 * before the one it interrupted, so a gap counts as a loss only when 64 later
 * numbers were seen, or the ring has been empty for a while.
 */
#ifndef DOMICILE_SEQUENCE_H
#define DOMICILE_SEQUENCE_H

#include <linux/types.h>
#include <stdbool.h>

struct sequence {
	__u64 high; /* highest number seen */
	__u64 missing; /* bit i: high - i was not seen, nor counted as lost */
};

struct sequence_loss {
	__u64 first;
	__u64 count;
};

/* Is @number new? Numbers given up by it are added to @loss. */
bool sequence_see(struct sequence *sequence, __u64 number, struct sequence_loss *loss);

/* Give up all that is missing up to @last, which the kernel has counted to. */
void sequence_settle(struct sequence *sequence, __u64 last, struct sequence_loss *loss);

#endif /* DOMICILE_SEQUENCE_H */
