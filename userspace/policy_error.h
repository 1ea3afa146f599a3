/* SPDX-License-Identifier: GPL-2.0-only */
/* How the policy compiler collects what is wrong, or odd. */
#ifndef DOMICILE_POLICY_ERROR_H
#define DOMICILE_POLICY_ERROR_H

#include <stdarg.h>

#include "policy.h"

/*
 * Adds an error. Returns 0, or -E2BIG when the list is full and there is no
 * point in going on.
 */
int policy_error_add(struct policy_errors *errors, const struct policy_place *place,
		     const char *format, ...) __attribute__((format(printf, 3, 4)));
int policy_error_addv(struct policy_errors *errors, const struct policy_place *place,
		      const char *format, va_list args);

/* Adds a warning, for which there may be no room. */
void policy_warning_add(struct policy_errors *errors, const struct policy_place *place,
			const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Is there an error, and not only warnings? */
bool policy_errors_found(const struct policy_errors *errors);

/* "found ..., expected ..."; and "did you mean ...?" unless @meant is NULL. */
int policy_error_expected(struct policy_errors *errors, const struct policy_place *place,
			  const char *found, const char *expected, const char *meant);

/* Makes sure that failure @err has a reason in the list. Returns @err. */
int policy_error_work(struct policy_errors *errors, int err);

#define POLICY_QUOTE_MAX 80

struct documents;
/* Sorts as a reader meets them, and adds the lines that they are about. */
void policy_errors_place(struct policy_errors *errors, const struct documents *documents);

/* @text as it can be put into a message: cut to fit, nothing unprintable in it. */
const char *policy_quote(const char *text, char quoted[POLICY_QUOTE_MAX]);

/* The offset of the first control character in UTF-8 @text, or -1. */
ptrdiff_t policy_control_find(const char *text, size_t size);

#endif /* DOMICILE_POLICY_ERROR_H */
