// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
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

static int documents_digest(struct documents *documents)
{
	__u8 (*digests)[POLICY_DIGEST_SIZE] = calloc(documents->count, sizeof(*digests));
	int err = 0;

	if (!digests)
		return -ENOMEM;
	for (size_t i = 0; i < documents->count && !err; i++)
		err = digest_make(documents->list[i].text, documents->list[i].size, digests[i]);
	qsort(digests, documents->count, sizeof(*digests), digest_compare);
	if (!err)
		err = digest_make(digests, documents->count * sizeof(*digests),
				  documents->digest);
	free(digests);
	return err;
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
		if (!err && documents->size > POLICY_SIZE_MAX) {
			policy_error_add(errors, NULL, "found documents of more than %u MiB "
					 "together, expected less", POLICY_SIZE_MAX >> 20);
			err = -EINVAL;
		}
	}
	return err ? err : policy_errors_found(errors) ? -EINVAL : 0;
}

int documents_read(char *const files[], size_t count, struct documents *ret,
		   struct policy_errors *errors)
{
	struct documents documents = { .count = count };
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

void documents_free(struct documents *documents)
{
	for (size_t i = 0; documents->list && i < documents->count; i++)
		free(documents->list[i].text);
	free(documents->list);
	*documents = (struct documents){};
}

size_t documents_index(const struct documents *documents, const char *file)
{
	size_t i = 0;

	while (i < documents->count - 1 && documents->list[i].file != file)
		i++;
	return i;
}
