/* SPDX-License-Identifier: GPL-2.0-only */
/* How long to wait before what has failed is tried again: 1 s, 2 s, ... to a minute. */
#ifndef DOMICILE_BACKOFF_H
#define DOMICILE_BACKOFF_H

#include <linux/types.h>

/* Begins as { 0 }, and is that again when it has worked. */
struct backoff {
	unsigned int failures;
};

/*
 * Another failure: ns to wait. @chance, any number, takes up to a fifth off, so that many
 * hosts do not come back at once.
 */
__u64 backoff_next(struct backoff *backoff, __u32 chance);

#endif /* DOMICILE_BACKOFF_H */
