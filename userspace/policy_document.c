// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "policy_document.h"
#include "policy_error.h"
#include "read_all.h"

static int document_read(struct document *document)
{
	int fd = open(document->file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int err;

	if (fd < 0)
		return -errno;
	err = read_all(fd, POLICY_FILE_SIZE_MAX, &document->text, &document->size);
	close(fd);
	return err;
}

static int refuse_document(const struct document *document, int err,
			   struct policy_errors *errors)
{
	struct policy_place place = { .file = document->file };

	switch (err) {
	case -ENOMEM:
		return err;
	case -EISDIR:
		err = policy_error_add(errors, &place, "found a directory, expected a file");
		break;
	case -EFBIG:
		err = policy_error_add(errors, &place, "found more than %u MiB, expected less",
				       POLICY_FILE_SIZE_MAX >> 20);
		break;
	default:
		err = policy_error_add(errors, &place, "cannot be read: %s", strerror(-err));
	}
	return err ? -EINVAL : 0;
}

static int digest_compare(const void *a, const void *b)
{
	return memcmp(a, b, POLICY_DIGEST_SIZE);
}

static int digest_make(const void *data, size_t size, __u8 digest[POLICY_DIGEST_SIZE])
{
	return EVP_Digest(data, size, digest, NULL, EVP_sha256(), NULL) ? 0 : -EIO;
}

/*
 * What a data file says counts together with who names it, and how: two files that
 * change places change the policy. What nobody names has its own name.
 */
static int data_digest(const struct documents *documents, const struct data_file *file,
		       const __u8 (*digests)[POLICY_DIGEST_SIZE], __u8 digest[POLICY_DIGEST_SIZE])
{
	const char *name = *file->path ? file->path : file->document.file;
	size_t by = documents_index(documents, file->place.file), size = strlen(name) + 1;
	__u8 *joined = calloc(1, 2 * POLICY_DIGEST_SIZE + size);
	int err;

	if (!joined)
		return -ENOMEM;
	if (*file->path)
		memcpy(joined, digests[by], POLICY_DIGEST_SIZE);
	err = digest_make(file->document.text, file->document.size, joined + POLICY_DIGEST_SIZE);
	memcpy(joined + 2 * POLICY_DIGEST_SIZE, name, size);
	if (!err)
		err = digest_make(joined, 2 * POLICY_DIGEST_SIZE + size, digest);
	free(joined);
	return err;
}

static int digests_make(const struct documents *documents, __u8 (*digests)[POLICY_DIGEST_SIZE])
{
	int err = 0;

	for (size_t i = 0; i < documents->count && !err; i++)
		err = digest_make(documents->list[i].text, documents->list[i].size, digests[i]);
	for (size_t i = 0; i < documents->data_count && !err; i++)
		err = data_digest(documents, &documents->data[i], digests,
				  digests[documents->count + i]);
	return err;
}

int documents_digest(struct documents *documents)
{
	size_t count = documents_total(documents);
	__u8 (*digests)[POLICY_DIGEST_SIZE] = calloc(count, sizeof(*digests));
	int err;

	if (!digests)
		return -ENOMEM;
	err = digests_make(documents, digests);
	qsort(digests, count, sizeof(*digests), digest_compare);
	if (!err)
		err = digest_make(digests, count * sizeof(*digests), documents->digest);
	free(digests);
	return err;
}

int documents_check_size(const struct documents *documents, struct policy_errors *errors)
{
	if (documents->size <= POLICY_SIZE_MAX)
		return 0;
	policy_error_add(errors, NULL, "found documents of more than %u MiB together, expected "
			 "less", POLICY_SIZE_MAX >> 20);
	return -EINVAL;
}

static int documents_fill(struct documents *documents, char *const files[],
			  struct policy_errors *errors)
{
	int err = 0;

	for (size_t i = 0; i < documents->count && !err; i++) {
		struct document *document = &documents->list[i];

		document->file = files[i];
		err = document_read(document);
		if (err)
			err = refuse_document(document, err, errors);
		documents->size += document->size;
		if (!err)
			err = documents_check_size(documents, errors);
	}
	return err ? err : policy_errors_found(errors) ? -EINVAL : 0;
}

int documents_read(char *const files[], size_t count, struct documents *ret,
		   struct policy_errors *errors)
{
	struct documents documents = { .count = count, .now = time(NULL) };
	int err;

	if (!count) {
		policy_error_add(errors, NULL, "found no file, expected at least one");
		return -EINVAL;
	}
	documents.list = calloc(count, sizeof(*documents.list));
	if (!documents.list)
		return -ENOMEM;
	err = documents_fill(&documents, files, errors);
	if (!err)
		err = documents_digest(&documents);
	if (err) {
		documents_free(&documents);
		return err;
	}
	*ret = documents;
	return 0;
}

int documents_hold(const char *file, char *text, struct documents *ret)
{
	struct documents documents = { .count = 1, .size = strlen(text), .now = time(NULL) };
	int err;

	documents.list = calloc(1, sizeof(*documents.list));
	if (!documents.list) {
		free(text);
		return -ENOMEM;
	}
	documents.list[0] = (struct document){ file, text, documents.size };
	err = documents_digest(&documents);
	if (err)
		documents_free(&documents);
	else
		*ret = documents;
	return err;
}

void documents_free(struct documents *documents)
{
	for (size_t i = 0; documents->list && i < documents->count; i++)
		free(documents->list[i].text);
	for (size_t i = 0; i < documents->data_count; i++) {
		free((char *)documents->data[i].document.file);
		free(documents->data[i].document.text);
		free(documents->data[i].path);
	}
	free(documents->list);
	free(documents->data);
	*documents = (struct documents){};
}

const struct document *documents_at(const struct documents *documents, size_t index)
{
	if (index < documents->count)
		return &documents->list[index];
	return &documents->data[index - documents->count].document;
}

size_t documents_index(const struct documents *documents, const char *file)
{
	size_t i = 0;

	while (i < documents_total(documents) - 1 && documents_at(documents, i)->file != file)
		i++;
	return i;
}
