// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "tlog_impl.h"

#define FORMAT_WORD "domicile-log"

/* --- the directory ------------------------------------------------------------ */

static int directory_make(const char *path)
{
	cleanup(free_memory) char *parent = strdup(path);
	char *slash = parent ? strrchr(parent, '/') : NULL;

	if (slash && slash != parent) {
		*slash = '\0';
		if (mkdir(parent, 0700) && errno != EEXIST)
			return -errno;
	}
	return mkdir(path, 0700) && errno != EEXIST ? -errno : 0;
}

static int directory_open(const char *path, struct fault *fault)
{
	int err = directory_make(path), fd;

	if (err)
		return fault_set(fault, err, "%s: %s", path, strerror(-err));
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fault_set(fault, -errno, "%s: %s", path, strerror(errno));
	if (!flock(fd, LOCK_EX | LOCK_NB))
		return fd;
	close(fd);
	return fault_set(fault, -EBUSY, "%s: another process writes to this log", path);
}

int tlog_exists(const char *path)
{
	cleanup(close_fd) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	return !faccessat(fd, TLOG_CHECKPOINT, F_OK, 0) ||
	       !faccessat(fd, TLOG_FORMAT_FILE, F_OK, 0);
}

int tlog_format_check(int directory, struct fault *fault)
{
	unsigned int version = 0;
	char text[64];
	size_t size;
	int err = tile_file_read(directory, TLOG_FORMAT_FILE, text, sizeof(text) - 1, &size);

	if (err == -ENOENT)
		return 0;
	if (err && err != -EFBIG)
		return fault_set(fault, err, TLOG_FORMAT_FILE ": %s", strerror(-err));
	text[size] = '\0';
	if (sscanf(text, FORMAT_WORD " %u", &version) != 1 || !version)
		return fault_set(fault, -EBADMSG, "the file " TLOG_FORMAT_FILE " is damaged "
				 "(expected \"" FORMAT_WORD " %d\")", TLOG_FORMAT);
	if (version > TLOG_FORMAT)
		return fault_set(fault, -EPROTONOSUPPORT, "the log is of format %u, and this "
				 "version knows %d (use a newer domicile)", version, TLOG_FORMAT);
	return 0;
}

/* --- a new log ---------------------------------------------------------------- */

static int text_write(struct tlog *log, const char *name, const char *text)
{
	int err = tile_write(log->directory, name, text, strlen(text));

	return err ? err : tile_sync(log->directory, name);
}

/* The format comes last: a log that has one has all the rest. */
static int create(struct tlog *log)
{
	char key[NOTE_KEY_TEXT_MAX + 1], format[32];
	int err;

	note_key_text(&log->key, key);
	strcat(key, "\n");
	snprintf(format, sizeof(format), FORMAT_WORD " %d\n", TLOG_FORMAT);
	err = text_write(log, TLOG_VKEY, key);
	if (!err)
		err = tlog_checkpoint_write(log);
	return err ? err : text_write(log, TLOG_FORMAT_FILE, format);
}

/* --- what is signed ------------------------------------------------------------ */

static int entries_load(struct tlog *log, struct fault *fault)
{
	struct tile tile = tile_of(TILE_ENTRIES, log->size / TILE_WIDTH, log->size);
	int err = tile.width ? bundle_read(log->directory, &tile, &log->spare, fault) : 0;
	const unsigned char *entry;
	struct merkle_hash leaf;
	size_t offset = 0;

	for (unsigned int i = 0; i < tile.width && !err; i++) {
		int size = bundle_next(&log->spare, &offset, &entry);

		if (size >= 0)
			merkle_leaf(entry, size, &leaf);
		if (size < 0 || !merkle_equal(&leaf, &log->edge.hashes[0][i]))
			err = fault_set(fault, -EBADMSG, "entry %llu is damaged",
					(unsigned long long)(tile.index * TILE_WIDTH + i));
	}
	if (err || !offset)
		return err;
	memcpy(log->bundle, log->spare.data, offset);
	log->bundle_size = offset;
	return 0;
}

static int signed_load(struct tlog *log, struct fault *fault)
{
	cleanup(checkpoint_free) struct checkpoint checkpoint = { 0 };
	struct merkle_hash root;
	int err = checkpoint_read(&checkpoint, log->directory, TLOG_CHECKPOINT, fault);

	if (err)
		return err;
	err = checkpoint_check(&checkpoint, &log->key, fault);
	if (err)
		return -EKEYREJECTED;
	log->size = log->synced = checkpoint.size;
	err = tile_edge_read(log->directory, log->size, &log->edge, fault);
	if (err)
		return err;
	tile_edge_root(&log->edge, &root);
	if (!merkle_equal(&root, &checkpoint.root))
		return fault_set(fault, -EBADMSG, "the tiles at the end of the log are not those "
				 "that the checkpoint signs");
	return entries_load(log, fault);
}

/* Bundles are compressed from the beginning on. */
static uint64_t packed_find(const struct tlog *log)
{
	struct tile tile = { TILE_ENTRIES, log->size / TILE_WIDTH, TILE_WIDTH };
	char path[TILE_PATH_MAX];

	for (; tile.index > log->first / TILE_WIDTH; tile.index--) {
		struct tile below = { TILE_ENTRIES, tile.index - 1, TILE_WIDTH };

		if (faccessat(log->directory, tile_path(&below, path), F_OK, 0))
			break;
	}
	return tile.index;
}

static int load(struct tlog *log, struct tlog_found *found, struct fault *fault)
{
	struct tile_tree tree = { .log = log->directory };
	struct fault why = { 0 };
	int err = signed_load(log, &why);

	if (err)
		return fault_set(fault, err, "%s (see domicile audit verify; a log that is damaged "
				 "must be moved away before a new one begins)", why.text);
	found->signed_size = log->size;
	tree.size = log->size;
	log->first = tile_tree_first(&tree);
	log->packed = packed_find(log);
	return 0;
}

/* --- opening ------------------------------------------------------------------- */

static struct tlog *tlog_new(const struct note_key *key)
{
	struct tlog *log = calloc(1, sizeof(*log));

	if (!log)
		return NULL;
	log->directory = log->pending = -1;
	log->key = *key;
	log->bundle = malloc(TILE_BUNDLE_MAX);
	if (log->bundle)
		return log;
	tlog_abandon(log);
	return NULL;
}

static int open_in(struct tlog *log, struct tlog_found *found, struct fault *fault)
{
	int err = tlog_format_check(log->directory, fault);
	bool is_new = faccessat(log->directory, TLOG_FORMAT_FILE, F_OK, 0) &&
		      faccessat(log->directory, TLOG_CHECKPOINT, F_OK, 0);

	if (err)
		return err;
	err = is_new ? create(log) : load(log, found, fault);
	return err ? err : tlog_recover(log, found);
}

int tlog_open(struct tlog **ret, const char *path, const struct note_key *key,
	      struct tlog_found *found, struct fault *fault)
{
	struct tlog *log = tlog_new(key);
	struct fault why = { 0 };
	int err;

	*found = (struct tlog_found){ 0 };
	if (!log)
		return fault_set(fault, -ENOMEM, "%s: no memory", path);
	log->directory = directory_open(path, fault);
	err = log->directory < 0 ? log->directory : open_in(log, found, &why);
	if (err) {
		tlog_abandon(log);
		return fault_set(fault, err, "%s: %s", path,
				 why.text[0] ? why.text : strerror(-err));
	}
	*ret = log;
	return 0;
}
