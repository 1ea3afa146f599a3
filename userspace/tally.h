/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a log has recorded, counted up from its first entry on, also of entries that were pruned
 * since. It is kept in a file between two looks, so that each counts only what is new.
 */
#ifndef DOMICILE_TALLY_H
#define DOMICILE_TALLY_H

#include <jansson.h>

#include "cursor.h"
#include "tlog_reader.h"

/* More different ones than this count as one, with "other" in the place of all names. */
#define TALLY_VERDICTS_MAX 2000

struct tally {
	char log[NOTE_NAME_MAX]; /* "": none yet */
	struct position position;
	json_t *verdicts; /* by tally_key(); owned */
	json_t *events; /* by name, of the log about itself; owned */
	uint64_t records, lost; /* decisions, and those that losses count */
};

/* Parts of a key in json_t *verdicts. */
enum tally_part { TALLY_VERDICT, TALLY_LABEL, TALLY_RULE, TALLY_NETWORK, TALLY_PARTS };

/* Begins with nothing if there is no file, or none that can be read. tally_free(). -ENOMEM. */
int tally_read(struct tally *tally, const char *path);
int tally_write(const struct tally *tally, const char *path);
void tally_free(struct tally *tally);

/* Counts what is new in the log; all of it, from nothing, if it is another log. */
int tally_update(struct tally *tally, struct tlog_reader *reader, struct fault *fault);

/* The parts of a key; @room holds them. */
void tally_split(const char *key, char *room, const char *parts[TALLY_PARTS]);

#endif /* DOMICILE_TALLY_H */
