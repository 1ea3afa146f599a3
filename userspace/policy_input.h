/* SPDX-License-Identifier: GPL-2.0-only */
/* Takes a compiled policy apart that another process has packed, and trusts none of it. */
#ifndef DOMICILE_POLICY_INPUT_H
#define DOMICILE_POLICY_INPUT_H

#include "policy_impl.h"

/* The first error stays; what is read after it is empty. */
struct input {
	const char *data;
	size_t left;
	const struct documents *documents; /* borrowed */
	int err; /* 0 or a negative errno */
};

void input_fail(struct input *input, int err);
/* Fails with -EBADMSG unless @right. */
void input_check(struct input *input, bool right);

void input_get(struct input *input, void *data, size_t size);
__u32 input_u32(struct input *input);
bool input_bool(struct input *input);
/* A count of members that take up @size bytes or more each. */
size_t input_count(struct input *input, size_t min, size_t max, size_t size);

/* For @count members of @size bytes and one more, zeroed; the caller frees it. NULL: failed. */
void *input_memory(struct input *input, size_t count, size_t size);
/* Texts are the caller's to free, also after a failure. */
char *input_text(struct input *input);
char *input_name(struct input *input);
struct policy_place input_place(struct input *input);
/* Ascending numbers below @limit, which the caller frees. */
__u32 *input_numbers(struct input *input, size_t limit, size_t *ret_count);

#endif /* DOMICILE_POLICY_INPUT_H */
