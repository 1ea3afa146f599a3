/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How far a log was delivered, in a file that outlives the power: one JSON object, with the
 * name of the log, the next entry, and the hash of the one before as leaf of the tree, which
 * tells whether the log is still the same.
 */
#ifndef DOMICILE_CURSOR_H
#define DOMICILE_CURSOR_H

#include <limits.h>

#include "fault.h"
#include "merkle.h"
#include "note.h"
#include "tlog_reader.h"

struct position {
	uint64_t next; /* entry */
	struct merkle_hash leaf; /* of the one before, if there is one */
};

/*
 * Is the entry before it, if it is there, what it was? 0, -ESTALE if not, or another negative
 * errno, with @fault.
 */
int position_check(const struct position *position, struct tlog_reader *reader,
		   struct fault *fault);

struct cursor {
	const char *path; /* NULL: it is not kept */
	int lock;
	char log[NOTE_NAME_MAX]; /* "": it has none yet */
	struct position position;
};

/*
 * Reads the file, if there is one. -EBUSY: another process has it. -EBADMSG: it is no
 * cursor. With @fault. cursor_close() in any case.
 */
int cursor_open(struct cursor *cursor, const char *path, struct fault *fault);
void cursor_close(struct cursor *cursor);

/* Nothing is written if it is there already. */
int cursor_set(struct cursor *cursor, const struct position *position);

#endif /* DOMICILE_CURSOR_H */
