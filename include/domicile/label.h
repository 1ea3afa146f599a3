/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The label algebra: pure functions on label sets, shared by BPF programs,
 * the kernel module and user space.
 *
 * A label set only grows (join), except through a declassifier. Joins on sets
 * that several CPUs share go through label_set_join_shared(), which is atomic
 * for each word; a reader may see a set in the middle of a join, which is a
 * smaller set that was true a moment earlier.
 */
#ifndef DOMICILE_LABEL_H
#define DOMICILE_LABEL_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

#define DOMICILE_LABELS_MAX 256
#define DOMICILE_LABEL_WORDS 4
#define DOMICILE_LABEL_NAME_MAX 64 /* bytes, with the final NUL */

#define DOMICILE_XATTR_NAME "security.domicile"
#define DOMICILE_XATTR_VERSION 1

/*
 * The id on disk of a label that is only known to be one: data from a file whose
 * label could not be read. No name has this id, so it counts as all labels.
 */
#define DOMICILE_LABEL_UNKNOWN 0xffffffffu

/* The label of a directory is inherited by everything below it. */
#define DOMICILE_XATTR_TREE 0x01

/* Bit i stands for the label with index i in struct domicile_label_table. */
struct domicile_label_set {
	__u64 word[DOMICILE_LABEL_WORDS];
};

_Static_assert(sizeof(struct domicile_label_set) * 8 == DOMICILE_LABELS_MAX,
	       "a label set has one bit for each label");

/*
 * Which label id has which index on this host since enforcement started.
 * Append-only while enforcement is up, whatever policies come and go, because
 * taints in the kernel are sets of indices. Written by user space alone.
 */
struct domicile_label_table {
	__u32 count;
	__u32 id[DOMICILE_LABELS_MAX];
};

/*
 * The value of security.domicile. All fields little-endian; @id is sorted in
 * ascending order without repeats and has @count members.
 */
struct domicile_xattr {
	__u8 version; /* DOMICILE_XATTR_VERSION */
	__u8 flags; /* DOMICILE_XATTR_* */
	__le16 count;
	__le32 reserved; /* 0 */
	__le64 subject; /* data subject, 0 = none */
	__le32 id[];
};

_Static_assert(sizeof(struct domicile_xattr) == 16, "on-disk header");

#define DOMICILE_XATTR_SIZE_MAX \
	(sizeof(struct domicile_xattr) + DOMICILE_LABELS_MAX * sizeof(__le32))

/*
 * label_id - the stable id of a label name: 32-bit FNV-1a (Fowler, Noll, Vo,
 * draft-eastlake-fnv), with 0 mapped to 1 because 0 names no label, and
 * DOMICILE_LABEL_UNKNOWN to the number before it.
 */
static inline __u32 label_id(const char *name)
{
	__u32 hash = 2166136261u;

	for (; *name; name++)
		hash = (hash ^ (__u8)*name) * 16777619u;
	if (hash == DOMICILE_LABEL_UNKNOWN)
		return hash - 1;
	return hash ? hash : 1;
}

static inline int label_set_empty(const struct domicile_label_set *set)
{
	return !(set->word[0] | set->word[1] | set->word[2] | set->word[3]);
}

static inline int label_set_has(const struct domicile_label_set *set, __u32 index)
{
	index %= DOMICILE_LABELS_MAX;
	return set->word[index / 64] >> (index % 64) & 1;
}

static inline void label_set_add(struct domicile_label_set *set, __u32 index)
{
	index %= DOMICILE_LABELS_MAX;
	set->word[index / 64] |= 1ull << (index % 64);
}

static inline void label_set_fill(struct domicile_label_set *set)
{
	set->word[0] = set->word[1] = set->word[2] = set->word[3] = ~0ull;
}

static inline void label_set_clear(struct domicile_label_set *set)
{
	set->word[0] = set->word[1] = set->word[2] = set->word[3] = 0;
}

/* Does @set hold every label of @other? */
static inline int label_set_covers(const struct domicile_label_set *set,
				   const struct domicile_label_set *other)
{
	return !((other->word[0] & ~set->word[0]) |
		 (other->word[1] & ~set->word[1]) |
		 (other->word[2] & ~set->word[2]) |
		 (other->word[3] & ~set->word[3]));
}

static inline void label_set_join(struct domicile_label_set *set,
				  const struct domicile_label_set *other)
{
	set->word[0] |= other->word[0];
	set->word[1] |= other->word[1];
	set->word[2] |= other->word[2];
	set->word[3] |= other->word[3];
}

/* @out = @a & @b. @out may be @a or @b. */
static inline void label_set_meet(struct domicile_label_set *out,
				  const struct domicile_label_set *a,
				  const struct domicile_label_set *b)
{
	out->word[0] = a->word[0] & b->word[0];
	out->word[1] = a->word[1] & b->word[1];
	out->word[2] = a->word[2] & b->word[2];
	out->word[3] = a->word[3] & b->word[3];
}

/* @set = @set without @other. */
static inline void label_set_remove(struct domicile_label_set *set,
				    const struct domicile_label_set *other)
{
	set->word[0] &= ~other->word[0];
	set->word[1] &= ~other->word[1];
	set->word[2] &= ~other->word[2];
	set->word[3] &= ~other->word[3];
}

/*
 * As label_set_join(), on a set that other CPUs join at the same time. Without
 * branches: the BPF verifier would take each of them both ways, in each caller.
 */
static inline void label_set_join_shared(struct domicile_label_set *set,
					 const struct domicile_label_set *other)
{
	__sync_fetch_and_or(&set->word[0], other->word[0]);
	__sync_fetch_and_or(&set->word[1], other->word[1]);
	__sync_fetch_and_or(&set->word[2], other->word[2]);
	__sync_fetch_and_or(&set->word[3], other->word[3]);
}

#endif /* DOMICILE_LABEL_H */
