// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "base64.h"
#include "cleanup.h"
#include "read_all.h"
#include "tile.h"
#include "tlog_proof.h"

#define MAGIC "c2sp.org/tlog-proof@v1"
#define FILE_MAX (BASE64_SIZE(TILE_ENTRY_MAX) + NOTE_SIZE_MAX + 8192)
#define INDEX_DIGITS 20

/* --- reading ------------------------------------------------------------------- */

static int entry_parse(struct tlog_proof *proof, const char *text)
{
	int size;

	proof->entry = calloc(1, TILE_ENTRY_MAX + 1);
	if (!proof->entry)
		return -ENOMEM;
	size = base64_decode(text, strlen(text), proof->entry, TILE_ENTRY_MAX);
	proof->entry_size = size < 0 ? 0 : size;
	return size < 0 ? size : 0;
}

static int index_parse(struct tlog_proof *proof, const char *text)
{
	size_t length = strlen(text);

	if (!length || length >= INDEX_DIGITS || strspn(text, "0123456789") != length ||
	    (length > 1 && text[0] == '0'))
		return -EINVAL;
	proof->index = strtoull(text, NULL, 10);
	return 0;
}

static int hash_parse(struct merkle_proof *path, const char *text)
{
	if (path->count == MERKLE_PROOF_MAX)
		return -EINVAL;
	return base64_decode(text, strlen(text), &path->hashes[path->count++], MERKLE_HASH_SIZE) ==
			       MERKLE_HASH_SIZE ? 0 : -EINVAL;
}

static const char *behind(const char *line, const char *word)
{
	size_t length = strlen(word);

	return line && !strncmp(line, word, length) ? line + length : NULL;
}

/* Up to the empty line; @rest is behind it then. */
static int head_parse(struct tlog_proof *proof, char **rest)
{
	char *line = strsep(rest, "\n");
	const char *text;
	int err;

	if (strcmp(line, MAGIC))
		return -EINVAL;
	line = strsep(rest, "\n");
	text = behind(line, "extra ");
	if (text) {
		err = entry_parse(proof, text);
		if (err)
			return err;
		line = strsep(rest, "\n");
	}
	text = behind(line, "index ");
	err = text ? index_parse(proof, text) : -EINVAL;
	while (!err && (line = strsep(rest, "\n")) && *line)
		err = hash_parse(&proof->path, line);
	return err || *rest ? err : -EINVAL;
}

int tlog_proof_parse(struct tlog_proof *proof, char *text, struct fault *fault)
{
	char *rest = text, *note;
	int err;

	*proof = (struct tlog_proof){ 0 };
	err = head_parse(proof, &rest);
	if (err)
		return fault_set(fault, -EBADMSG, "it is no proof (" MAGIC ")");
	if (!proof->entry)
		return fault_set(fault, -EBADMSG, "the entry is not in it");
	note = strdup(rest);
	if (!note)
		return fault_set(fault, -ENOMEM, "no memory");
	err = checkpoint_parse(&proof->checkpoint, note, fault);
	if (err)
		free(note);
	return err;
}

int tlog_proof_read(struct tlog_proof *proof, const char *path, struct fault *fault)
{
	cleanup(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	cleanup(free_memory) char *text = NULL;
	struct fault why = { 0 };
	int err = fd < 0 ? -errno : read_text(fd, FILE_MAX, &text);

	*proof = (struct tlog_proof){ 0 };
	if (err)
		return fault_set(fault, err, "%s: %s", path, strerror(-err));
	err = tlog_proof_parse(proof, text, &why);
	return err ? fault_set(fault, err, "%s: %s", path, why.text) : 0;
}

void tlog_proof_free(struct tlog_proof *proof)
{
	checkpoint_free(&proof->checkpoint);
	free(proof->entry);
	proof->entry = NULL;
}

int tlog_proof_check(const struct tlog_proof *proof, struct fault *fault)
{
	struct merkle_hash leaf;

	merkle_leaf(proof->entry, proof->entry_size, &leaf);
	if (merkle_is_included(proof->index, proof->checkpoint.size, &leaf, &proof->path,
			       &proof->checkpoint.root))
		return 0;
	return fault_set(fault, -EBADMSG, "the proof does not hold: entry %" PRIu64 " of the tree "
			 "that was signed is another", proof->index);
}

/* --- printing ------------------------------------------------------------------ */

static void hashes_print(const struct merkle_proof *path, FILE *file)
{
	char text[BASE64_SIZE(MERKLE_HASH_SIZE)];

	for (size_t i = 0; i < path->count; i++) {
		base64_encode(&path->hashes[i], MERKLE_HASH_SIZE, text);
		fprintf(file, "%s\n", text);
	}
}

static void checkpoint_print(const struct checkpoint *checkpoint, FILE *file)
{
	fputc('\n', file);
	fputs(checkpoint->data, file);
}

int tlog_proof_print(const struct tlog_proof *proof, FILE *file)
{
	cleanup(free_memory) char *entry = malloc(BASE64_SIZE(proof->entry_size));

	if (!entry)
		return -ENOMEM;
	base64_encode(proof->entry, proof->entry_size, entry);
	fprintf(file, MAGIC "\nextra %s\nindex %" PRIu64 "\n", entry, proof->index);
	hashes_print(&proof->path, file);
	checkpoint_print(&proof->checkpoint, file);
	return 0;
}

void tlog_proof_print_consistency(uint64_t before, const struct merkle_proof *path,
				  const struct checkpoint *checkpoint, FILE *file)
{
	fprintf(file, "old %" PRIu64 "\n", before);
	hashes_print(path, file);
	checkpoint_print(checkpoint, file);
}
