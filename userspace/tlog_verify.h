/* SPDX-License-Identifier: GPL-2.0-only */
/* Checks all of a log against a checkpoint. Needs no key: who signed it is another question. */
#ifndef DOMICILE_TLOG_VERIFY_H
#define DOMICILE_TLOG_VERIFY_H

#include "audit_entry.h"
#include "checkpoint.h"
#include "fault.h"

/* What the entries say of the log itself. */
struct tlog_summary {
	uint64_t size; /* of the log; entries below @first are pruned */
	uint64_t first;
	uint64_t count[AUDIT_ENTRIES]; /* of each kind, enum audit_entry_kind */
	uint64_t lost; /* records, by what loss entries say */
	uint64_t pruned; /* up to where entries say so */
	uint64_t after; /* entries that are on disk, but not signed yet; full bundles of them */
	char newest[AUDIT_TIME_SIZE + 1]; /* time; "" if no entry has one */
};

/*
 * Every entry against its leaf, every tile against the one above, the topmost
 * against the root. Stops at the first that does not match: -EBADMSG. Or another
 * negative errno if a file cannot be read. With @fault, that says where.
 * @directory: of the log.
 */
int tlog_verify(int directory, const struct checkpoint *checkpoint, struct tlog_summary *summary,
		struct fault *fault);

/*
 * The log, verified against @checkpoint, continues what @before signs. -EBADMSG: no;
 * -ENODATA: what could tell is pruned. With @fault.
 */
int tlog_verify_extends(int directory, const struct checkpoint *checkpoint,
			const struct checkpoint *before, struct fault *fault);

#endif /* DOMICILE_TLOG_VERIFY_H */
