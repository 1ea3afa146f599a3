// SPDX-License-Identifier: GPL-2.0-only
/* places: where data can be stored. */
#include <errno.h>
#include <string.h>

#include "array.h"
#include "policy_draft.h"
#include "policy_storage.h"

/* @kind of the storage that is being read. */
struct medium_reading {
	struct policy_storage *storage;
	enum domicile_medium_kind kind;
};

static int read_medium(struct reader *reader, const struct node *node, void *into)
{
	struct medium_reading *reading = into;
	struct policy_medium *new;
	const char *wrong, *near;

	if (node->type != NODE_TEXT)
		return reader_expected(reader, node, "a text");
	wrong = policy_medium_wrong(reading->kind, node->text, &near);
	if (wrong)
		return reader_expected_near(reader, node, wrong, near);
	if (reading->storage->medium_count == POLICY_MEDIA_MAX) {
		reader_refuse(reader, node, "found more than %d file systems in a place, expected "
			      "fewer", POLICY_MEDIA_MAX);
		return -EINVAL;
	}
	new = ARRAY_ADD(reading->storage->media, reading->storage->medium_count);
	if (!new)
		return -ENOMEM;
	new->kind = reading->kind;
	return draft_text_set(&new->text, node->text);
}

static int read_media(struct reader *reader, const struct node *node, void *into,
		      enum domicile_medium_kind kind)
{
	struct medium_reading reading = { into, kind };

	return reader_words(reader, node, read_medium, &reading);
}

static int read_types(struct reader *reader, const struct node *node, void *into)
{
	return read_media(reader, node, into, DOMICILE_MEDIUM_TYPE);
}

static int read_uuids(struct reader *reader, const struct node *node, void *into)
{
	return read_media(reader, node, into, DOMICILE_MEDIUM_UUID);
}

static int read_mounts(struct reader *reader, const struct node *node, void *into)
{
	return read_media(reader, node, into, DOMICILE_MEDIUM_DEVICE);
}

static const struct key place_keys[] = {
	KEY("filesystem", read_types),
	KEY("uuid", read_uuids),
	KEY("mount", read_mounts),
	LATER("server"),
};

static int read_place(struct reader *reader, const struct node *key, void *into)
{
	struct draft *draft = into;
	struct policy_storage *new;
	int err;

	if (draft->storage_count == POLICY_STORAGES_MAX) {
		reader_refuse(reader, key, "found more than %d places, expected fewer",
			      POLICY_STORAGES_MAX);
		return -EINVAL;
	}
	new = ARRAY_ADD(draft->storages, draft->storage_count);
	if (!new)
		return -ENOMEM;
	new->place = reader_place(reader, key);
	if (draft_text_set(&new->name, key->text))
		return -ENOMEM;
	err = reader_keys(reader, key->next, KEYS(place_keys), new);
	return err ? err : reader_needs_one(reader, key->next, KEYS(place_keys), 3);
}

int read_places(struct reader *reader, const struct node *node, void *into)
{
	return node_empty(node) ? 0 : reader_names(reader, node, read_place, into);
}
