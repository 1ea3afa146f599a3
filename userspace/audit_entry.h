/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The entries of the audit log: each a JSON object without blanks, that begins with
 * its type and its time.
 */
#ifndef DOMICILE_AUDIT_ENTRY_H
#define DOMICILE_AUDIT_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#define AUDIT_TIME_SIZE 30 /* 2026-11-22T10:31:07.123456789Z */

enum audit_entry_kind {
	AUDIT_ENTRY_OTHER, /* another program's */
	AUDIT_ENTRY_DECISION,
	AUDIT_ENTRY_LOSS, /* the kernel had no room for records: "count" */
	/* "type":"log", with "event": */
	AUDIT_ENTRY_OPENED, /* waiting records, older than it, may follow */
	AUDIT_ENTRY_CLOSED,
	AUDIT_ENTRY_RECOVERED, /* it was not closed: "signed", "recovered", "torn" */
	AUDIT_ENTRY_PRUNED, /* entries below "first" were removed */
	AUDIT_ENTRY_CLOCK, /* the clock was set, "by" seconds */
	AUDIT_ENTRY_TOO_LONG, /* a record of "bytes", more than an entry can have */
	AUDIT_ENTRIES,
};

struct audit_entry {
	enum audit_entry_kind kind;
	char time[AUDIT_TIME_SIZE + 1]; /* "": none that can be read */
	uint64_t count; /* "count" of a loss, "first" of what was pruned */
};

/* Never fails: what it does not know is of another kind. */
void audit_entry_read(struct audit_entry *entry, const unsigned char *data, size_t size);

/* Does it begin as entries of the log about itself do? Records of others may not. */
bool audit_entry_is_event(const void *data, size_t size);

/* By the name of "event"; NULL for what is no event. */
const char *audit_event_name(enum audit_entry_kind kind);

/* The end of a line for people, about an entry of the type "log". */
void audit_event_print(json_t *object, FILE *file);

/*
 * Whether an entry of time @next may come after one of @previous: records of one CPU
 * can overtake those of another by a little.
 */
bool audit_time_follows(const char *previous, const char *next);

#endif /* DOMICILE_AUDIT_ENTRY_H */
