/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Proofs as text: that an entry is in a log (c2sp.org/tlog-proof), with the entry
 * itself as its extra data; and that a log continues one of its own checkpoints, as
 * a witness is asked to sign it (c2sp.org/tlog-witness, add-checkpoint).
 */
#ifndef DOMICILE_TLOG_PROOF_H
#define DOMICILE_TLOG_PROOF_H

#include <stdio.h>

#include "checkpoint.h"

struct tlog_proof {
	uint64_t index;
	struct merkle_proof path;
	struct checkpoint checkpoint;
	unsigned char *entry; /* with a NUL behind it; owned */
	size_t entry_size;
};

/*
 * Negative errno, with @fault. -EBADMSG: it is no proof, or has no entry. Overwrites
 * @text. tlog_proof_free() in any case.
 */
int tlog_proof_parse(struct tlog_proof *proof, char *text, struct fault *fault);
/* The same, from a file. */
int tlog_proof_read(struct tlog_proof *proof, const char *path, struct fault *fault);
void tlog_proof_free(struct tlog_proof *proof);

/* Is the entry at its place in the tree? Who signed that is another question. -EBADMSG. */
int tlog_proof_check(const struct tlog_proof *proof, struct fault *fault);

/* -ENOMEM */
int tlog_proof_print(const struct tlog_proof *proof, FILE *file);
/* @before: leaves of the checkpoint that @checkpoint continues. */
void tlog_proof_print_consistency(uint64_t before, const struct merkle_proof *path,
				  const struct checkpoint *checkpoint, FILE *file);

#endif /* DOMICILE_TLOG_PROOF_H */
