/* SPDX-License-Identifier: GPL-2.0-only */
/* The documents of a policy as bytes, and the digest over them. */
#ifndef DOMICILE_POLICY_DOCUMENT_H
#define DOMICILE_POLICY_DOCUMENT_H

#include "policy.h"

struct document {
	const char *file; /* borrowed */
	char *text;
	size_t size;
};

struct documents {
	struct document *list;
	size_t count;
	size_t size; /* of all texts */
	__u8 digest[POLICY_DIGEST_SIZE];
};

/* 0, -EINVAL with errors added, or another errno. @ret is to be freed when 0. */
int documents_read(char *const files[], size_t count, struct documents *ret,
		   struct policy_errors *errors);
void documents_free(struct documents *documents);

/* The index of the document that is called @file, by pointer. */
size_t documents_index(const struct documents *documents, const char *file);

#endif /* DOMICILE_POLICY_DOCUMENT_H */
