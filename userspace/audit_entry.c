// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "audit_entry.h"
#include "cleanup.h"
#include "moment.h"
#include "plain.h"

#define OVERTAKES_NS 2000000000ull

static const char *const events[AUDIT_ENTRIES] = {
	[AUDIT_ENTRY_OPENED] = "opened",     [AUDIT_ENTRY_CLOSED] = "closed",
	[AUDIT_ENTRY_RECOVERED] = "recovered", [AUDIT_ENTRY_PRUNED] = "pruned",
	[AUDIT_ENTRY_CLOCK] = "clock",	     [AUDIT_ENTRY_TOO_LONG] = "too_long",
};

const char *audit_event_name(enum audit_entry_kind kind)
{
	return events[kind];
}

static bool begins(const unsigned char **data, size_t *size, const char *text)
{
	size_t length = strlen(text);

	if (*size < length || memcmp(*data, text, length))
		return false;
	*data += length;
	*size -= length;
	return true;
}

static uint64_t number(json_t *object, const char *key)
{
	json_int_t value = json_integer_value(json_object_get(object, key));

	return value > 0 ? value : 0;
}

/* Those that are few. */
static void event_read(struct audit_entry *entry, const unsigned char *data, size_t size)
{
	cleanup(free_json) json_t *object = json_loadb((const char *)data, size, 0, NULL);
	const char *event = json_string_value(json_object_get(object, "event"));

	if (entry->kind == AUDIT_ENTRY_LOSS)
		entry->count = number(object, "count");
	for (int i = 0; event && entry->kind == AUDIT_ENTRY_OTHER && i < AUDIT_ENTRIES; i++)
		if (events[i] && !strcmp(events[i], event))
			entry->kind = i;
	if (entry->kind == AUDIT_ENTRY_PRUNED)
		entry->count = number(object, "first");
}

bool audit_entry_is_event(const void *data, size_t size)
{
	const unsigned char *rest = data;

	return begins(&rest, &size, "{\"type\":\"log\"");
}

void audit_entry_read(struct audit_entry *entry, const unsigned char *data, size_t size)
{
	const unsigned char *rest = data;
	size_t left = size;
	bool is_log = false;

	entry->kind = AUDIT_ENTRY_OTHER;
	entry->time[0] = '\0';
	entry->count = 0;
	if (!begins(&rest, &left, "{\"type\":\""))
		return;
	if (begins(&rest, &left, "decision\",\"time\":\""))
		entry->kind = AUDIT_ENTRY_DECISION;
	else if (begins(&rest, &left, "loss\",\"time\":\""))
		entry->kind = AUDIT_ENTRY_LOSS;
	else
		is_log = begins(&rest, &left, "log\",\"time\":\"");
	if ((entry->kind != AUDIT_ENTRY_OTHER || is_log) && left > AUDIT_TIME_SIZE &&
	    rest[AUDIT_TIME_SIZE] == '"') {
		memcpy(entry->time, rest, AUDIT_TIME_SIZE);
		entry->time[AUDIT_TIME_SIZE] = '\0';
	}
	if (is_log || entry->kind == AUDIT_ENTRY_LOSS)
		event_read(entry, data, size);
}

/* The event, and what comes behind it. */
void audit_event_print(json_t *object, FILE *file)
{
	json_t *event = json_object_get(object, "event"), *value;
	bool is_detail = false;
	const char *key;

	fputs(" LOG ", file);
	plain_print(json_is_string(event) ? json_string_value(event) : "?", file);
	json_object_foreach(object, key, value) {
		cleanup(free_memory) char *text = NULL;

		if (is_detail) {
			text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
			fputc(' ', file);
			plain_print(key, file);
			fputc(' ', file);
			plain_print(text ? text : "?", file);
		}
		is_detail |= value == event;
	}
	fputc('\n', file);
}

/* The text orders as the time does. */
bool audit_time_follows(const char *previous, const char *next)
{
	__u64 before, after;

	if (strcmp(previous, next) <= 0)
		return true;
	return !moment_parse(previous, &before) && !moment_parse(next, &after) &&
	       before - after <= OVERTAKES_NS;
}
