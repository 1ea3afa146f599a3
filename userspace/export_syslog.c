// SPDX-License-Identifier: GPL-2.0-only
/*
 * RFC 5424. The identifier of the structured data has the enterprise number that RFC 5612 keeps
 * for examples: Domicile has none of its own.
 */
#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "export_field.h"
#include "export_format.h"
#include "plain.h"

#define FACILITY_LOG_AUDIT 13
#define HOST_MAX 255
#define PARAM_NAME_MAX 32
#define TIME_DIGITS 26 /* 2026-11-22T10:31:07.123456: no more than microseconds */
#define STRUCTURED_DATA_ID "domicile@32473"

/* TIMESTAMP has six digits of a second at most; the field "time" has all nine. */
static void put_time(const struct export_record *record, FILE *file)
{
	const char *time = record->time ? export_get_text(record->object, "time") : NULL;

	if (time)
		fprintf(file, " %.*sZ", TIME_DIGITS, time);
	else
		fputs(" -", file);
}

static void put_host(const struct export_record *record, FILE *file)
{
	const char *host = export_get_text(record->object, "host");

	fputc(' ', file);
	if (!host || !*host)
		host = "-";
	for (int i = 0; host[i] && i < HOST_MAX; i++)
		fputc(host[i] > ' ' && host[i] < 0x7f ? host[i] : '?', file);
}

void export_syslog_header(const struct export_record *record, FILE *file)
{
	fprintf(file, "<%d>1", FACILITY_LOG_AUDIT * 8 + export_severity(record));
	put_time(record, file);
	put_host(record, file);
	fprintf(file, " domicile - %s", export_kind_name(record->kind));
}

/* The end of it, if it is too long: that tells more. */
static void put_param_name(const char *path, FILE *file)
{
	size_t length = strlen(path);

	path += length > PARAM_NAME_MAX ? length - PARAM_NAME_MAX : 0;
	for (; *path; path++)
		fputc(*path > ' ' && *path < 0x7f && !strchr("=]\"", *path) ? *path : '_', file);
}

static int put_param(void *context, const char *path, const json_t *value)
{
	char room[EXPORT_VALUE_SIZE], byte[2] = "";
	const char *text = export_value_text(value, room);
	FILE *file = context;
	cleanup(free_memory) char *plain = NULL;
	size_t size;
	FILE *memory = open_memstream(&plain, &size);

	if (!memory)
		return -ENOMEM;
	plain_print(text, memory);
	if (fclose(memory))
		return -ENOMEM;
	fputc(' ', file);
	put_param_name(*path ? path : "value", file);
	fputs("=\"", file);
	for (size_t i = 0; i < size; i++) {
		byte[0] = plain[i];
		fprintf(file, "%s%c", strpbrk(byte, "\"\\]") ? "\\" : "", plain[i]);
	}
	fputc('"', file);
	return 0;
}

int export_syslog(const struct export_record *record, FILE *file)
{
	cleanup(free_memory) char *text = export_text(record);
	cleanup(free_json) json_t *where = json_pack("{s:s, s:I}", "log", record->log, "index",
						     (json_int_t)record->index);
	int err;

	if (!text || !where)
		return -ENOMEM;
	export_syslog_header(record, file);
	fputs(" [" STRUCTURED_DATA_ID, file);
	err = export_flatten(where, '.', false, put_param, file);
	if (!err)
		err = export_flatten(record->object, '.', false, put_param, file);
	fprintf(file, "] %s", text);
	return err;
}
