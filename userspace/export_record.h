/* SPDX-License-Identifier: GPL-2.0-only */
/* An entry of the audit log, as the formats that it is exported in take it. */
#ifndef DOMICILE_EXPORT_RECORD_H
#define DOMICILE_EXPORT_RECORD_H

#include <linux/types.h>
#include <stdio.h>

#include <jansson.h>

#include "note.h"

enum export_kind {
	EXPORT_OTHER, /* of a version that this one does not know */
	EXPORT_DENY,
	EXPORT_AUDIT,
	EXPORT_KILL,
	EXPORT_ALLOW,
	EXPORT_LOSS,
	EXPORT_LOG, /* of the log about itself */
	EXPORT_KINDS,
};

/* The severities of RFC 5424, table 2, that are used. */
enum export_severity {
	EXPORT_ERROR = 3,
	EXPORT_WARNING = 4,
	EXPORT_NOTICE = 5,
	EXPORT_INFO = 6,
};

/* The name of a log, "#", and the number of an entry; with the NUL. */
#define EXPORT_UID_SIZE (NOTE_NAME_MAX + 32)

struct export_record {
	const char *log; /* the name of the log */
	__u64 index; /* in the log */
	const char *text; /* as it is in the log: a JSON object without line breaks */
	size_t size; /* of it */
	json_t *object; /* of it; owned */
	enum export_kind kind;
	__u64 time; /* ns since 1970, 0 if it has none */
};

/*
 * Reads an entry, which must outlive the record, as must the name of the log. -EILSEQ:
 * it is no JSON object.
 */
int export_record_read(struct export_record *record, const char *log, __u64 index,
		       const char *text, size_t size);
void export_record_free(struct export_record *record);

enum export_severity export_severity(const struct export_record *record);

/* "deny", ..., "loss", "log", "other": for an identifier of what kind it is. */
const char *export_kind_name(enum export_kind kind);

/* The line for people, without its time and its end. NULL: no memory. The caller frees it. */
char *export_text(const struct export_record *record);

/* LOG#INDEX: the same entry has the same one, however often it is delivered. */
const char *export_uid(const struct export_record *record, char uid[EXPORT_UID_SIZE]);

#endif /* DOMICILE_EXPORT_RECORD_H */
