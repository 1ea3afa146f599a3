/* SPDX-License-Identifier: GPL-2.0-only */
/* The audit log: one JSON object a line, only ever appended to. */
#ifndef DOMICILE_LOG_H
#define DOMICILE_LOG_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct log {
	const char *path;
	int fd;
	char *pending; /* what could not be written yet; owned */
	size_t pending_size;
};

/* Creates the file and its directory. */
int log_open(struct log *log, const char *path);
void log_close(struct log *log);

/* Follow a file that was renamed away. */
int log_reopen(struct log *log);
bool log_was_moved(const struct log *log);

/*
 * Appends @object. When it cannot be written now it is kept, and a negative
 * errno returned: log_retry() writes it.
 */
int log_append(struct log *log, const json_t *object);
int log_retry(struct log *log);

#endif /* DOMICILE_LOG_H */
