/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The entries of a log as they come, also those that are not signed yet, while another
 * process writes it. Nothing is checked: tlog_verify.h.
 */
#ifndef DOMICILE_TLOG_TAIL_H
#define DOMICILE_TLOG_TAIL_H

#include <stdbool.h>

#include "tile.h"

struct tlog_tail {
	int directory;
	uint64_t first; /* not pruned when it was opened */
	uint64_t next; /* entry that tlog_tail_next() gives */
	struct bundle bundle;
	uint64_t loaded; /* number of the bundle; UINT64_MAX: none */
	bool closed; /* it is full */
	uint64_t at; /* entry at @offset */
	size_t offset;
};

/* Negative errno, with @fault; tlog_tail_close() in any case. Begins at @tail->first. */
int tlog_tail_open(struct tlog_tail *tail, const char *path, struct fault *fault);
void tlog_tail_close(struct tlog_tail *tail);

/* Entries there are by now. Negative errno, with @fault. */
int tlog_tail_size(struct tlog_tail *tail, uint64_t *size, struct fault *fault);

/*
 * The next entry, valid until the next call: its length; -EAGAIN: it is not there yet;
 * -ENODATA: it was pruned; another negative errno, with @fault.
 */
int tlog_tail_next(struct tlog_tail *tail, const unsigned char **entry, struct fault *fault);

/* Go on, or back, to entry @index. */
void tlog_tail_seek(struct tlog_tail *tail, uint64_t index);

/* Does @path name another log by now? */
bool tlog_tail_was_moved(const struct tlog_tail *tail, const char *path);

#endif /* DOMICILE_TLOG_TAIL_H */
