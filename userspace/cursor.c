// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>

#include "base64.h"
#include "cleanup.h"
#include "cursor.h"
#include "read_all.h"
#include "replace.h"

#define FILE_MAX 4096
#define HASH_TEXT BASE64_SIZE(MERKLE_HASH_SIZE)

static int parse(struct cursor *cursor, const char *text)
{
	cleanup(free_json) json_t *root = json_loads(text, 0, NULL);
	const char *log, *leaf;
	json_int_t next;

	if (json_unpack(root, "{s:s, s:I, s:s}", "log", &log, "next", &next, "leaf", &leaf) ||
	    next < 0 || strlen(log) >= sizeof(cursor->log) ||
	    base64_decode(leaf, strlen(leaf), cursor->position.leaf.bytes, MERKLE_HASH_SIZE) !=
		    MERKLE_HASH_SIZE)
		return -EBADMSG;
	strcpy(cursor->log, log);
	cursor->position.next = next;
	return 0;
}

static int file_read(struct cursor *cursor, struct fault *fault)
{
	cleanup(close_fd) int fd = open(cursor->path, O_RDONLY | O_CLOEXEC);
	cleanup(free_memory) char *text = NULL;
	int err = fd < 0 ? -errno : read_text(fd, FILE_MAX, &text);

	if (err == -ENOENT)
		return 0;
	if (!err && parse(cursor, text))
		return fault_set(fault, -EBADMSG, "%s is no cursor (remove it to begin with the first "
				 "entry)", cursor->path);
	return err ? fault_set(fault, err, "%s: %s", cursor->path, strerror(-err)) : 0;
}

static int lock_take(const char *path)
{
	char name[PATH_MAX];
	int fd, err;

	if (snprintf(name, sizeof(name), "%s.lock", path) >= (int)sizeof(name))
		return -ENAMETOOLONG;
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || !flock(fd, LOCK_EX | LOCK_NB))
		return fd < 0 ? -errno : fd;
	err = errno == EWOULDBLOCK ? -EBUSY : -errno;
	close(fd);
	return err;
}

int cursor_open(struct cursor *cursor, const char *path, struct fault *fault)
{
	*cursor = (struct cursor){ .path = path, .lock = -1 };
	if (!path)
		return 0;
	cursor->lock = lock_take(path);
	if (cursor->lock == -EBUSY)
		return fault_set(fault, -EBUSY, "%s: another process exports by it", path);
	if (cursor->lock < 0)
		return fault_set(fault, cursor->lock, "%s.lock: %s", path, strerror(-cursor->lock));
	return file_read(cursor, fault);
}

void cursor_close(struct cursor *cursor)
{
	close_fd(&cursor->lock);
	cursor->lock = -1;
}

int position_check(const struct position *position, struct tlog_reader *reader,
		   struct fault *fault)
{
	const struct merkle_hash nothing = { 0 }; /* nobody looked at it */
	const unsigned char *entry;
	struct merkle_hash leaf;
	int size;

	if (position->next > reader->checkpoint.size)
		return fault_set(fault, -ESTALE, "it has %" PRIu64 " entries, and the next would be %"
				 PRIu64 ": it was rolled back, or is another", reader->checkpoint.size,
				 position->next);
	if (!position->next || position->next <= reader->first ||
	    merkle_equal(&position->leaf, &nothing))
		return 0;
	size = tlog_reader_entry(reader, position->next - 1, &entry, fault);
	if (size < 0)
		return size;
	merkle_leaf(entry, size, &leaf);
	if (merkle_equal(&leaf, &position->leaf))
		return 0;
	return fault_set(fault, -ESTALE, "entry %" PRIu64 " is not what it was: the log was rewritten, "
			 "or is another", position->next - 1);
}

int cursor_set(struct cursor *cursor, const struct position *position)
{
	cleanup(free_json) json_t *root = NULL;
	cleanup(free_memory) char *text = NULL;
	char leaf[HASH_TEXT];
	int err = 0;

	if (position->next == cursor->position.next)
		return 0;
	base64_encode(position->leaf.bytes, MERKLE_HASH_SIZE, leaf);
	root = json_pack("{s:s, s:I, s:s}", "log", cursor->log, "next",
			 (json_int_t)position->next, "leaf", leaf);
	text = root ? json_dumps(root, JSON_COMPACT) : NULL;
	if (!text)
		return -ENOMEM;
	if (cursor->path)
		err = replace_file(cursor->path, text, 0600);
	if (!err)
		cursor->position = *position;
	return err;
}
