// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base64.h"
#include "cleanup.h"
#include "export_field.h"
#include "export_record.h"
#include "replace.h"
#include "tally.h"

#define SEPARATOR '\n' /* in no name: they have no control characters */
#define OTHER "other\nother\nother\nother"

void tally_free(struct tally *tally)
{
	json_decref(tally->verdicts);
	json_decref(tally->events);
	*tally = (struct tally){ 0 };
}

static int clear(struct tally *tally)
{
	tally_free(tally);
	tally->verdicts = json_object();
	tally->events = json_object();
	return tally->verdicts && tally->events ? 0 : -ENOMEM;
}

static bool are_numbers(const json_t *object)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)object, key, value)
		if (json_integer_value(value) <= 0)
			return false;
	return json_is_object(object);
}

static int parse(struct tally *tally, json_t *root)
{
	json_int_t next, records, lost;
	json_t *verdicts, *events;
	const char *log, *leaf;

	if (json_unpack(root, "{s:s, s:I, s:s, s:I, s:I, s:o, s:o}", "log", &log, "next", &next,
			"leaf", &leaf, "records", &records, "lost", &lost, "verdicts", &verdicts,
			"events", &events) ||
	    next < 0 || records < 0 || lost < 0 || strlen(log) >= sizeof(tally->log) ||
	    !are_numbers(verdicts) || !are_numbers(events) ||
	    base64_decode(leaf, strlen(leaf), tally->position.leaf.bytes, MERKLE_HASH_SIZE) !=
		    MERKLE_HASH_SIZE)
		return -EBADMSG;
	strcpy(tally->log, log);
	tally->position.next = next;
	tally->records = records;
	tally->lost = lost;
	json_object_update(tally->verdicts, verdicts);
	json_object_update(tally->events, events);
	return 0;
}

int tally_read(struct tally *tally, const char *path)
{
	cleanup(free_json) json_t *root = path ? json_load_file(path, 0, NULL) : NULL;
	int err;

	*tally = (struct tally){ 0 };
	err = clear(tally);
	if (!err && root && parse(tally, root))
		err = clear(tally);
	return err;
}

int tally_write(const struct tally *tally, const char *path)
{
	char leaf[BASE64_SIZE(MERKLE_HASH_SIZE)];
	cleanup(free_json) json_t *root = NULL;
	cleanup(free_memory) char *text = NULL;

	base64_encode(tally->position.leaf.bytes, MERKLE_HASH_SIZE, leaf);
	root = json_pack("{s:s, s:I, s:s, s:I, s:I, s:O, s:O}", "log", tally->log, "next",
			 (json_int_t)tally->position.next, "leaf", leaf, "records",
			 (json_int_t)tally->records, "lost", (json_int_t)tally->lost, "verdicts",
			 tally->verdicts, "events", tally->events);
	text = root ? json_dumps(root, JSON_COMPACT) : NULL;
	return text ? replace_file(path, text, 0600) : -ENOMEM;
}

/* --- counting ----------------------------------------------------------------- */

static int add(json_t *counts, const char *key)
{
	json_int_t before = json_integer_value(json_object_get(counts, key));

	return json_object_set_new(counts, key, json_integer(before + 1)) ? -ENOMEM : 0;
}

/* Names of a record are anybody's: what would end a part of a key does not. */
static const char *part(const json_t *object, const char *path, const char *otherwise)
{
	const char *text = export_get_text(object, path);

	return text && !strchr(text, SEPARATOR) ? text : otherwise;
}

static int verdict_add(struct tally *tally, const struct export_record *record, const char *label)
{
	cleanup(free_memory) char *key = NULL;

	if (asprintf(&key, "%s\n%s\n%s\n%s", export_kind_name(record->kind), label,
		     part(record->object, "rule", ""), part(record->object, "object.network", "")) < 0)
		return -ENOMEM;
	if (!json_object_get(tally->verdicts, key) &&
	    json_object_size(tally->verdicts) >= TALLY_VERDICTS_MAX)
		return add(tally->verdicts, OTHER);
	return add(tally->verdicts, key);
}

/* For each label that it was about: those that were refused, or all that it had. */
static int decision_add(struct tally *tally, const struct export_record *record)
{
	const json_t *labels = export_get(record->object, "denied");
	json_t *label;
	size_t i;
	int err = 0;

	tally->records++;
	if (!json_array_size(labels))
		labels = export_get(record->object, "labels");
	if (!json_array_size(labels))
		return verdict_add(tally, record, "");
	json_array_foreach(labels, i, label)
		if (!err)
			err = verdict_add(tally, record, part(label, "", "other"));
	return err;
}

static int record_add(struct tally *tally, const struct export_record *record)
{
	json_int_t count;

	switch (record->kind) {
	case EXPORT_DENY:
	case EXPORT_AUDIT:
	case EXPORT_KILL:
	case EXPORT_ALLOW:
		return decision_add(tally, record);
	case EXPORT_LOSS:
		count = json_integer_value(export_get(record->object, "count"));
		tally->lost += count > 0 ? count : 0;
		return 0;
	case EXPORT_LOG:
		return add(tally->events, part(record->object, "event", "other"));
	default:
		return 0;
	}
}

static int entry_add(struct tally *tally, const unsigned char *entry, size_t size)
{
	struct export_record record;
	int err = export_record_read(&record, tally->log, tally->position.next,
				     (const char *)entry, size);

	if (!err)
		err = record_add(tally, &record);
	export_record_free(&record);
	merkle_leaf(entry, size, &tally->position.leaf);
	tally->position.next++;
	return err == -EILSEQ ? 0 : err;
}

int tally_update(struct tally *tally, struct tlog_reader *reader, struct fault *fault)
{
	const unsigned char *entry;
	int size, err = 0;

	if (strcmp(tally->log, reader->checkpoint.origin) ||
	    position_check(&tally->position, reader, NULL))
		err = clear(tally);
	strcpy(tally->log, reader->checkpoint.origin);
	if (tally->position.next < reader->first)
		tally->position.next = reader->first;
	while (!err && tally->position.next < reader->checkpoint.size) {
		size = tlog_reader_entry(reader, tally->position.next, &entry, fault);
		err = size < 0 ? size : entry_add(tally, entry, size);
	}
	return err;
}

void tally_split(const char *key, char *room, const char *parts[TALLY_PARTS])
{
	strcpy(room, key);
	for (int i = 0; i < TALLY_PARTS; i++) {
		parts[i] = room ? strsep(&room, "\n") : "";
		parts[i] = parts[i] ? parts[i] : "";
	}
}
