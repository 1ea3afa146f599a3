/* SPDX-License-Identifier: GPL-2.0-only */
/* What `domicile top` shows: the last records of the log, summed up, and the status. */
#ifndef DOMICILE_TOP_H
#define DOMICILE_TOP_H

#include <stdbool.h>

#include "cursor.h"
#include "export_record.h"

#define TOP_FLOWS 128
#define TOP_DENIALS 64

/* Records of one program, with the same labels, verdict and destination. */
struct top_flow {
	enum export_kind kind;
	char *process, *labels, *to; /* owned */
	uint64_t count, bytes;
	uint64_t last; /* entry */
};

struct top {
	struct top_flow flows[TOP_FLOWS]; /* the latest first */
	size_t flow_count;
	char *denials[TOP_DENIALS]; /* lines for people, the latest first; owned */
	size_t denial_count;
	struct position position; /* of what was read */
	json_t *status; /* of status_object(); owned */
	struct fault fault; /* of the log; "": none */
};

/* 0 or -ENOMEM. What is no decision is passed over. */
int top_add(struct top *top, const struct export_record *record);

/* Reads what is new in the log at @path; at first, the last records alone. */
void top_read(struct top *top, const char *path);

void top_free(struct top *top);

/* Which of it is drawn. */
struct top_view {
	bool denied_only;
	bool paused;
};

/* On the screen of ncurses, whatever its size. */
void top_draw(const struct top *top, const struct top_view *view);

#endif /* DOMICILE_TOP_H */
