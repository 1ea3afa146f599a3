// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <openssl/crypto.h>

#include "array.h"
#include "cleanup.h"
#include "note_key.h"
#include "read_all.h"

#define FILE_MAX 65536

/* The caller frees @ret. */
static int file_read(const char *path, char **ret, struct fault *fault)
{
	cleanup(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	int err = fd < 0 ? -errno : read_text(fd, FILE_MAX, ret);

	return err ? fault_set(fault, err, "key %s: %s", path, strerror(-err)) : 0;
}

static int line_parse(struct note_key *key, const char *path, int line, const char *text,
		      struct fault *fault)
{
	struct fault why = { 0 };
	int err = note_key_parse(key, text, &why);

	return err ? fault_set(fault, err, "%s:%d: %s", path, line, why.text) : 0;
}

int note_key_read(struct note_key *key, const char *path, struct fault *fault)
{
	cleanup(free_memory) char *text = NULL;
	int err = file_read(path, &text, fault);

	if (err)
		return err;
	err = line_parse(key, path, 1, text, fault);
	OPENSSL_cleanse(text, strlen(text));
	return err;
}

int note_keys_read(struct note_keys *keys, const char *path, struct fault *fault)
{
	cleanup(free_memory) char *text = NULL;
	int err = file_read(path, &text, fault), number = 0;
	char *rest = text, *line;

	while (!err && (line = strsep(&rest, "\n"))) {
		struct note_key *key;

		number++;
		if (!*line || *line == '#')
			continue;
		key = ARRAY_ADD(keys->keys, keys->count);
		err = key ? line_parse(key, path, number, line, fault) :
			    fault_set(fault, -ENOMEM, "%s: no memory", path);
	}
	if (!err && !keys->count)
		err = fault_set(fault, -EINVAL, "%s: no key in it", path);
	return err;
}

void note_keys_free(struct note_keys *keys)
{
	free(keys->keys);
	*keys = (struct note_keys){ 0 };
}

static int text_write(int fd, const char *text)
{
	size_t length = strlen(text);

	if (write(fd, text, length) != (ssize_t)length || fsync(fd))
		return errno ? -errno : -EIO;
	return 0;
}

/* So that the name of a new file is on disk, too. */
static int parent_sync(const char *path)
{
	cleanup(free_memory) char *parent = strdup(path);
	char *slash = parent ? strrchr(parent, '/') : NULL;
	cleanup(close_fd) int fd = -1;

	if (slash)
		slash[slash == parent] = '\0';
	fd = open(slash ? parent : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 || fsync(fd) ? -errno : 0;
}

int note_key_write(const struct note_key *key, const char *path, struct fault *fault)
{
	cleanup(close_fd) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	char text[NOTE_KEY_TEXT_MAX + 1];
	int err = fd < 0 ? -errno : 0;

	if (err)
		return fault_set(fault, err, "key %s: %s", path, strerror(-err));
	note_key_secret(key, text);
	strcat(text, "\n");
	err = text_write(fd, text);
	OPENSSL_cleanse(text, sizeof(text));
	if (!err)
		err = parent_sync(path);
	if (!err)
		return 0;
	unlink(path);
	return fault_set(fault, err, "key %s: %s", path, strerror(-err));
}
