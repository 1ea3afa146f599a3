/* SPDX-License-Identifier: GPL-2.0-only */
/* The lines of a file that may be anything, one after the other. */
#ifndef DOMICILE_LINES_H
#define DOMICILE_LINES_H

#include "policy_document.h"

#define LINE_MAX_SIZE 1024

/* Start with { .document = ..., .errors = ..., .place.file = ... }. */
struct lines {
	const struct document *document;
	struct policy_errors *errors;
	struct policy_place place; /* of the line */
	size_t next; /* offset of what is after it */
	int err; /* other than 0: there are too many errors to go on */
	char text[LINE_MAX_SIZE]; /* without the line break; printable UTF-8, tabs are spaces */
};

/* Is there another line? Those that are no text are reported and passed over. */
bool lines_next(struct lines *lines);

/*
 * Cuts off what follows a '#', and blanks at both ends. Returns what is left,
 * "" for nothing, and sets the column to where it starts.
 */
char *lines_word(struct lines *lines);

/* An error about @found in this line; @meant may be NULL. */
void lines_expected(struct lines *lines, const char *found, const char *expected,
		    const char *meant);

#endif /* DOMICILE_LINES_H */
