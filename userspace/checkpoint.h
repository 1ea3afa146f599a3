/* SPDX-License-Identifier: GPL-2.0-only */
/* Signed tree heads, c2sp.org/tlog-checkpoint. */
#ifndef DOMICILE_CHECKPOINT_H
#define DOMICILE_CHECKPOINT_H

#include "merkle.h"
#include "note.h"

struct checkpoint {
	char origin[NOTE_NAME_MAX]; /* which log */
	uint64_t size; /* leaves */
	struct merkle_hash root;
	char *data; /* the signed note as it was read, with a NUL; owned */
	struct note note; /* of @data */
};

/*
 * Reads a signed note, whose signatures nobody has checked yet. Takes @data over,
 * if it returns 0. -EBADMSG, with @fault.
 */
int checkpoint_parse(struct checkpoint *checkpoint, char *data, struct fault *fault);
/* As checkpoint_parse(), from a file below @directory, AT_FDCWD for none. -ENOENT, ... */
int checkpoint_read(struct checkpoint *checkpoint, int directory, const char *path,
		    struct fault *fault);
void checkpoint_free(struct checkpoint *checkpoint);

/* By the log itself: -ENOKEY, -EBADMSG, with @fault. */
int checkpoint_check(const struct checkpoint *checkpoint, const struct note_key *key,
		     struct fault *fault);

/*
 * How many of the witnesses have signed it, and when the first of them did (seconds
 * since 1970; 0: none). -EBADMSG, with @fault, if a line of one of them does not hold.
 */
int checkpoint_witnesses(const struct checkpoint *checkpoint, const struct note_keys *witnesses,
			 uint64_t *since, struct fault *fault);

/* The signed note, by @key, whose name is the origin. The caller frees @ret. */
int checkpoint_format(uint64_t size, const struct merkle_hash *root, const struct note_key *key,
		      char **ret);

#endif /* DOMICILE_CHECKPOINT_H */
