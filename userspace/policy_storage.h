/* SPDX-License-Identifier: GPL-2.0-only */
/* Places, where data is stored, by the properties of their file systems. */
#ifndef DOMICILE_POLICY_STORAGE_H
#define DOMICILE_POLICY_STORAGE_H

#include "policy.h"
#include "policy_reader.h"

/*
 * What is expected of a medium of that kind that @text is not, or NULL if it is all
 * right. @near becomes what was probably meant, or NULL.
 */
const char *policy_medium_wrong(enum domicile_medium_kind kind, const char *text,
				const char **near);

/* Does it keep labels? */
bool policy_type_keeps_labels(const char *type);

/* A path is where something is mounted; what looks like a UUID is one; else it is a type. */
enum domicile_medium_kind policy_medium_kind(const char *text);

/* By kind and text. */
int policy_medium_compare(const void *a, const void *b);

/* The 16 bytes of a UUID that is not wrong. */
void policy_medium_uuid(const char *text, __u8 uuid[DOMICILE_MEDIUM_ID_SIZE]);

/* The value of 'places', into the draft. */
int read_places(struct reader *reader, const struct node *node, void *into);

#endif /* DOMICILE_POLICY_STORAGE_H */
