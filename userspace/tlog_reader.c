// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "cleanup.h"
#include "tlog.h"
#include "tlog_reader.h"

static int read_in(struct tlog_reader *reader, struct fault *fault)
{
	struct tile_tree tree = { .log = reader->directory };
	int err = tlog_format_check(reader->directory, fault);

	if (!err)
		err = checkpoint_read(&reader->checkpoint, reader->directory, TLOG_CHECKPOINT,
				      fault);
	if (err)
		return err;
	tree.size = reader->checkpoint.size;
	reader->first = tile_tree_first(&tree);
	return 0;
}

int tlog_reader_open(struct tlog_reader *reader, const char *path, struct fault *fault)
{
	struct fault why = { 0 };
	int err;

	*reader = (struct tlog_reader){ .loaded = UINT64_MAX };
	reader->directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err = reader->directory < 0 ? -errno : read_in(reader, &why);
	if (err)
		return fault_set(fault, err, "%s: %s", path,
				 why.text[0] ? why.text : strerror(-err));
	return 0;
}

void tlog_reader_close(struct tlog_reader *reader)
{
	close_fd(&reader->directory);
	checkpoint_free(&reader->checkpoint);
	bundle_free(&reader->bundle);
}

static int bundle_load(struct tlog_reader *reader, uint64_t index, struct fault *fault)
{
	struct tile tile = tile_of(TILE_ENTRIES, index, reader->checkpoint.size);
	int err = bundle_read(reader->directory, &tile, &reader->bundle, fault);

	reader->loaded = err ? UINT64_MAX : index;
	reader->next = index * TILE_WIDTH;
	reader->offset = 0;
	return err;
}

int tlog_reader_entry(struct tlog_reader *reader, uint64_t index, const unsigned char **entry,
		      struct fault *fault)
{
	int size = 0;

	if (index >= reader->checkpoint.size)
		return fault_set(fault, -ERANGE, "the log has no entry %" PRIu64 " (it has %" PRIu64
				 ")", index, reader->checkpoint.size);
	if (index < reader->first)
		return fault_set(fault, -ENODATA, "entry %" PRIu64 " was pruned (the first is %"
				 PRIu64 ")", index, reader->first);
	if (reader->loaded != index / TILE_WIDTH || index < reader->next)
		size = bundle_load(reader, index / TILE_WIDTH, fault);
	while (size >= 0 && reader->next <= index) {
		size = bundle_next(&reader->bundle, &reader->offset, entry);
		reader->next++;
	}
	if (size < 0)
		return fault_set(fault, -EBADMSG, "entry %" PRIu64 " is damaged (see domicile audit "
				 "verify)", index);
	return size;
}
