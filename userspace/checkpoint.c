// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base64.h"
#include "checkpoint.h"
#include "cleanup.h"
#include "read_all.h"

#define SIZE_DIGITS 20

/* One line of @text, which it moves to the next; NULL if there is none, or an empty one. */
static const char *line_take(const char **text, const char *end, size_t *length)
{
	const char *line = *text, *newline = memchr(line, '\n', end - line);

	if (!newline || newline == line)
		return NULL;
	*length = newline - line;
	*text = newline + 1;
	return line;
}

/* Decimal, without zeros before it, below 2^63. */
static int size_parse(const char *line, size_t length, uint64_t *size)
{
	char digits[SIZE_DIGITS] = "";

	if (!length || length >= sizeof(digits) || (length > 1 && line[0] == '0'))
		return -EINVAL;
	memcpy(digits, line, length);
	if (strspn(digits, "0123456789") != length)
		return -EINVAL;
	*size = strtoull(digits, NULL, 10);
	return *size > INT64_MAX ? -EINVAL : 0;
}

static int body_parse(struct checkpoint *checkpoint)
{
	const char *text = checkpoint->note.text, *end = text + checkpoint->note.text_size, *line;
	size_t length;

	line = line_take(&text, end, &length);
	if (!line || length >= NOTE_NAME_MAX)
		return -EINVAL;
	memcpy(checkpoint->origin, line, length);
	line = line_take(&text, end, &length);
	if (!line || size_parse(line, length, &checkpoint->size))
		return -EINVAL;
	line = line_take(&text, end, &length);
	if (!line || base64_decode(line, length, &checkpoint->root, MERKLE_HASH_SIZE) !=
			     MERKLE_HASH_SIZE)
		return -EINVAL;
	while (text < end)
		if (!line_take(&text, end, &length))
			return -EINVAL;
	return 0;
}

int checkpoint_parse(struct checkpoint *checkpoint, char *data, struct fault *fault)
{
	int err;

	*checkpoint = (struct checkpoint){ 0 };
	err = note_parse(&checkpoint->note, data, strlen(data), fault);
	if (err)
		return err;
	if (body_parse(checkpoint))
		return fault_set(fault, -EBADMSG, "it is no checkpoint");
	checkpoint->data = data;
	return 0;
}

int checkpoint_read(struct checkpoint *checkpoint, int directory, const char *path,
		    struct fault *fault)
{
	/* What somebody sent can be a FIFO, which has no end; what a user names may be one. */
	int wait = directory == AT_FDCWD ? 0 : O_NONBLOCK;
	cleanup(close_fd) int fd = openat(directory, path, O_RDONLY | O_CLOEXEC | wait);
	struct fault why = { 0 };
	char *data = NULL;
	int err = fd < 0 ? -errno : read_text(fd, NOTE_SIZE_MAX, &data);

	*checkpoint = (struct checkpoint){ 0 };
	if (err)
		return fault_set(fault, err, "%s: %s", path, strerror(-err));
	err = checkpoint_parse(checkpoint, data, &why);
	if (!err)
		return 0;
	free(data);
	return fault_set(fault, err, "%s: %s", path, why.text);
}

void checkpoint_free(struct checkpoint *checkpoint)
{
	free(checkpoint->data);
	checkpoint->data = NULL;
}

int checkpoint_check(const struct checkpoint *checkpoint, const struct note_key *key,
		     struct fault *fault)
{
	int err = note_check(&checkpoint->note, key, NULL);
	char signers[256];

	if (err == -ENOKEY) {
		note_signers(&checkpoint->note, signers, sizeof(signers));
		return fault_set(fault, err, "the checkpoint is not signed by %s (%08" PRIx32
				 "), but by: %s", key->name, key->id, signers);
	}
	if (err)
		return fault_set(fault, err, "the signature of %s on the checkpoint does not hold",
				 key->name);
	if (strcmp(checkpoint->origin, key->name))
		return fault_set(fault, -EBADMSG, "the checkpoint is of the log %s, the key of %s",
				 checkpoint->origin, key->name);
	return 0;
}

/* Has an earlier key of the file the same public key? It counts once. */
static bool is_repeated(const struct note_keys *keys, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (!memcmp(keys->keys[i].public, keys->keys[index].public, NOTE_KEY_SIZE))
			return true;
	return false;
}

int checkpoint_witnesses(const struct checkpoint *checkpoint, const struct note_keys *witnesses,
			 uint64_t *since, struct fault *fault)
{
	uint64_t timestamp;
	int count = 0;

	*since = 0;
	for (size_t i = 0; i < witnesses->count; i++) {
		const struct note_key *key = &witnesses->keys[i];
		int err = note_check(&checkpoint->note, key, &timestamp);

		if (err == -ENOKEY || is_repeated(witnesses, i))
			continue;
		if (err)
			return fault_set(fault, err, "the cosignature of the witness %s does not "
					 "hold", key->name);
		if (!*since || timestamp < *since)
			*since = timestamp;
		count++;
	}
	return count;
}

int checkpoint_format(uint64_t size, const struct merkle_hash *root, const struct note_key *key,
		      char **ret)
{
	char encoded[BASE64_SIZE(MERKLE_HASH_SIZE)], line[NOTE_LINE_MAX];
	cleanup(free_memory) char *body = NULL;
	int err;

	base64_encode(root, MERKLE_HASH_SIZE, encoded);
	if (asprintf(&body, "%s\n%" PRIu64 "\n%s\n", key->name, size, encoded) < 0) {
		body = NULL;
		return -ENOMEM;
	}
	err = note_sign(body, strlen(body), key, 0, line);
	if (err)
		return err;
	return asprintf(ret, "%s\n%s", body, line) < 0 ? -ENOMEM : 0;
}
