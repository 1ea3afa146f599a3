/* SPDX-License-Identifier: GPL-2.0-only */
/* The entries of a log, up to its checkpoint. Not checked against it: tlog_verify.h. */
#ifndef DOMICILE_TLOG_READER_H
#define DOMICILE_TLOG_READER_H

#include "checkpoint.h"
#include "tile_tree.h"

struct tlog_reader {
	int directory;
	struct checkpoint checkpoint;
	uint64_t first; /* the first entry that was not pruned */
	struct bundle bundle;
	uint64_t loaded; /* number of the bundle; UINT64_MAX: none */
	uint64_t next; /* entry at @offset */
	size_t offset;
};

/*
 * Negative errno, with @fault; -EPROTONOSUPPORT: a newer version wrote the log.
 * tlog_reader_close() in any case.
 */
int tlog_reader_open(struct tlog_reader *reader, const char *path, struct fault *fault);
void tlog_reader_close(struct tlog_reader *reader);

/*
 * Entry @index, valid until the next call: its length. -ERANGE: the log does not have it;
 * -ENODATA: it was pruned. Fastest in ascending order.
 */
int tlog_reader_entry(struct tlog_reader *reader, uint64_t index, const unsigned char **entry,
		      struct fault *fault);

#endif /* DOMICILE_TLOG_READER_H */
