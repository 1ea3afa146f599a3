// SPDX-License-Identifier: GPL-2.0-only
/*
 * One datagram: FIELD=VALUE and a newline, or, for a value with newlines, FIELD and a newline, 64
 * bits of length, little endian, the value and a newline. sd_journal_sendv() speaks the same, but
 * says that all is well where there is no journal.
 */
#include <ctype.h>
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "export_field.h"
#include "export_format.h"

#define FIELD_MAX 64 /* bytes of a name */

/* That of all records: journalctl MESSAGE_ID=... */
#define MESSAGE_ID "3c6a1c5e8d0b4f5f9a7e2b94d1f06c83"

static void put_field(const char *name, const char *value, FILE *file)
{
	uint64_t length = htole64(strlen(value));

	if (!strchr(value, '\n')) {
		fprintf(file, "%s=%s\n", name, value);
		return;
	}
	fprintf(file, "%s\n", name);
	fwrite(&length, sizeof(length), 1, file);
	fprintf(file, "%s\n", value);
}

/* "process.cgroup.path" is DOMICILE_PROCESS_CGROUP_PATH. */
static int put_value(void *context, const char *path, const json_t *value)
{
	char name[FIELD_MAX + 1] = "DOMICILE_", room[EXPORT_VALUE_SIZE];
	size_t used = strlen(name);

	for (; *path && used < FIELD_MAX; path++)
		name[used++] = isalnum((unsigned char)*path) ? toupper((unsigned char)*path) : '_';
	put_field(name, export_value_text(value, room), context);
	return 0;
}

int export_journal(const struct export_record *record, FILE *file)
{
	cleanup(free_memory) char *text = export_text(record);

	if (!text)
		return -ENOMEM;
	put_field("MESSAGE", text, file);
	fprintf(file, "MESSAGE_ID=" MESSAGE_ID "\nSYSLOG_IDENTIFIER=domicile\nPRIORITY=%d\n",
		export_severity(record));
	put_field("DOMICILE_LOG", record->log, file);
	fprintf(file, "DOMICILE_INDEX=%llu\n", (unsigned long long)record->index);
	return export_flatten(record->object, '.', false, put_value, file);
}
