/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads mappings and lists of a policy by tables of their keys. */
#ifndef DOMICILE_POLICY_READER_H
#define DOMICILE_POLICY_READER_H

#include "policy_error.h"
#include "policy_parse.h"

struct draft;

struct reader {
	struct draft *draft;
	struct policy_errors *errors;
	const char *file;
};

/* Returns 0, also when errors were added, or a negative errno to stop. */
typedef int (*read_fn)(struct reader *reader, const struct node *node, void *into);

struct key {
	const char *name;
	read_fn read; /* of the value; NULL: known, but not enforced yet */
	bool required;
};

#define KEY(name, read) { name, read, false }
#define REQUIRED(name, read) { name, read, true }
#define LATER(name) { name, NULL, false }

struct keys {
	const struct key *list;
	size_t count;
};

#define KEYS_MAX 16
#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define KEYS(array) \
	({ \
		_Static_assert(COUNT(array) <= KEYS_MAX, "room in reader_keys()"); \
		(struct keys){ array, COUNT(array) }; \
	})

const struct key *reader_key_find(struct keys keys, const char *name);
int reader_keys(struct reader *reader, const struct node *mapping, struct keys keys, void *into);
/* Adds an error if @mapping has none of the first @count of @keys. */
int reader_needs_one(struct reader *reader, const struct node *mapping, struct keys keys,
		     size_t count);
int reader_list(struct reader *reader, const struct node *list, read_fn read, void *into);
/* A list whose members are texts. */
int reader_words(struct reader *reader, const struct node *list, read_fn read, void *into);

/* Names that the author chooses; @read gets the key, whose next is the value. */
int reader_names(struct reader *reader, const struct node *mapping, read_fn read, void *into);

/* Adds an error if @node is not a name. */
int reader_check_name(struct reader *reader, const struct node *node, const char *expected);

/* The name of number @i, or NULL. */
typedef const char *(*name_fn)(unsigned int i);
/* Sets @ret to the one of the numbers @first to @end - 1 that @node names. */
int reader_choice(struct reader *reader, const struct node *node, name_fn name,
		  unsigned int first, unsigned int end, const char *expected, __u32 *ret);

struct policy_place reader_place(const struct reader *reader, const struct node *node);
int reader_refuse(struct reader *reader, const struct node *node, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* "found ..., expected ..." */
int reader_expected(struct reader *reader, const struct node *node, const char *expected);
/* As reader_expected(), with what was probably meant, if not NULL. */
int reader_expected_near(struct reader *reader, const struct node *node, const char *expected,
			 const char *meant);

#endif /* DOMICILE_POLICY_READER_H */
