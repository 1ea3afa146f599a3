/* SPDX-License-Identifier: GPL-2.0-only */
/* The documents of a policy, and the data they name, as bytes, and the digest over them. */
#ifndef DOMICILE_POLICY_DOCUMENT_H
#define DOMICILE_POLICY_DOCUMENT_H

#include "policy.h"

struct document {
	const char *file; /* borrowed */
	char *text;
	size_t size;
};

enum data_kind {
	DATA_CIDR,
	DATA_COUNTRIES,
	DATA_KINDS,
};

/* A file of addresses that a document names, see policy_data.h. */
struct data_file {
	struct document document; /* owns the name */
	enum data_kind kind;
	char *path; /* as the document has it; "": nobody named it */
	struct policy_place place; /* where it does */
	__s64 modified; /* seconds since 1970 */
};

struct documents {
	struct document *list;
	size_t count;
	struct data_file *data;
	size_t data_count;
	size_t size; /* of all texts */
	__u64 now; /* when they were read, seconds since 1970 */
	__u8 digest[POLICY_DIGEST_SIZE];
};

/* 0, -EINVAL with errors added, or another errno. @ret is to be freed when 0. */
int documents_read(char *const files[], size_t count, struct documents *ret,
		   struct policy_errors *errors);
void documents_free(struct documents *documents);

/* Of @text, which must come from malloc() and is taken over. 0 or another errno. */
int documents_hold(const char *file, char *text, struct documents *ret);

int documents_digest(struct documents *documents);
/* 0, or -EINVAL with an error added if there is too much in all. */
int documents_check_size(const struct documents *documents, struct policy_errors *errors);

/* The index of the document that is called @file, by pointer; data comes after documents. */
size_t documents_index(const struct documents *documents, const char *file);
/* The document, or the data, at an index below documents_total(). */
const struct document *documents_at(const struct documents *documents, size_t index);

static inline size_t documents_total(const struct documents *documents)
{
	return documents->count + documents->data_count;
}

#endif /* DOMICILE_POLICY_DOCUMENT_H */
