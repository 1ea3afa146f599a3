/* SPDX-License-Identifier: GPL-2.0-only */
/* Work on bytes that cannot be trusted, in a child process without any privilege. */
#ifndef DOMICILE_CONFINED_H
#define DOMICILE_CONFINED_H

#include <stddef.h>

#include "policy.h"

struct confined {
	const char *what; /* for errors: "policy parser" */
	/* In the child: 0 with bytes that the child's end frees, or a negative errno. */
	int (*work)(const void *input, void **ret, size_t *ret_size);
	const void *input;
	size_t size_max; /* of what it may hand back, in bytes */
};

/*
 * What the child handed back, which is to be trusted no more than @input; the caller
 * frees it. A negative errno when there was no child, or it died or gave up, most of
 * them with an error added.
 */
int confined_run(const struct confined *confined, char **ret, size_t *ret_size,
		 struct policy_errors *errors);

#endif /* DOMICILE_CONFINED_H */
