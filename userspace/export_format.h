/* SPDX-License-Identifier: GPL-2.0-only */
/* The formats in which records are exported: a table, and a file for each. */
#ifndef DOMICILE_EXPORT_FORMAT_H
#define DOMICILE_EXPORT_FORMAT_H

#include <stdio.h>

#include "export_record.h"

/* How it goes to others; what is on standard output is a message a line in any case. */
enum export_carriage {
	EXPORT_BY_SYSLOG, /* as the text of a syslog message, or one itself */
	EXPORT_BY_HTTP, /* many in one request */
	EXPORT_BY_JOURNAL, /* a datagram */
};

struct export_format {
	const char *name;
	/* Without an end of line. 0 or a negative errno. */
	int (*write)(const struct export_record *record, FILE *file);
	enum export_carriage carriage;
	const char *head, *tail; /* around the messages of a request, which commas part; or NULL */
};

/* NULL: there is none. */
const struct export_format *export_format_find(const char *name);

/* "json, ocsf, ..." in @text, at most @size bytes. */
const char *export_format_names(char *text, size_t size);

/* The line in the log, with its number: {"index":N,"entry":{...}}. */
int export_json(const struct export_record *record, FILE *file);
/* OCSF 1.4.0, https://schema.ocsf.io/1.4.0 */
int export_ocsf(const struct export_record *record, FILE *file);
/* Elastic Common Schema 8.17, https://www.elastic.co/docs/reference/ecs */
int export_ecs(const struct export_record *record, FILE *file);
/* ArcSight Common Event Format, revision 25 */
int export_cef(const struct export_record *record, FILE *file);
/* RFC 5424, with all fields as structured data. */
int export_syslog(const struct export_record *record, FILE *file);
/* A ResourceLogs of OTLP 1.x, as JSON. */
int export_otlp(const struct export_record *record, FILE *file);
/* Fields as in systemd.io/JOURNAL_NATIVE_PROTOCOL. */
int export_journal(const struct export_record *record, FILE *file);

/*
 * Writes a JSON object that @put makes. What it leaves of @rest, a copy of the record, goes
 * below @name.
 */
int export_object(const struct export_record *record, FILE *file, const char *name,
		  int (*put)(json_t *object, const struct export_record *record, json_t *rest));

/* What a message of RFC 5424 begins with, up to the blank before its structured data. */
void export_syslog_header(const struct export_record *record, FILE *file);

#endif /* DOMICILE_EXPORT_FORMAT_H */
