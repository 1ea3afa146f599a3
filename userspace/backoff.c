// SPDX-License-Identifier: GPL-2.0-only
#include "backoff.h"
#include "moment.h"

#define DOUBLINGS 6
#define MOST (60 * MOMENT_NS_PER_S)

__u64 backoff_next(struct backoff *backoff, __u32 chance)
{
	__u64 wait = MOMENT_NS_PER_S << (backoff->failures < DOUBLINGS ? backoff->failures :
									DOUBLINGS);

	backoff->failures++;
	if (wait > MOST)
		wait = MOST;
	return wait - wait / 5 * (chance % 1024) / 1024;
}
