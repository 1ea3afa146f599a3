/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The audit log as its writer sees it: records go into a tiled log (tlog.h), which is
 * signed every second while there is news; and what befalls the log itself is an
 * entry in it, too (audit_entry.h).
 */
#ifndef DOMICILE_AUDIT_LOG_H
#define DOMICILE_AUDIT_LOG_H

#include <linux/types.h>

#include "tlog.h"

#define AUDIT_LOG_SYNC_NS 1000000000ull
/* How often what is too old, or too much, is looked for. */
#define AUDIT_LOG_PRUNE_NS (600ull * 1000000000)
/* Bundles that are compressed at one go: some milliseconds. */
#define AUDIT_LOG_PACK 16

struct audit_log {
	struct tlog *tlog; /* owned; NULL: not open */
	const char *path;
	__u64 max_age; /* ns; 0: for ever */
	__u64 max_size; /* bytes on disk; 0: any */
	__u64 synced; /* moments, CLOCK_BOOTTIME */
	__u64 pruned;
	__u64 clock; /* CLOCK_REALTIME less CLOCK_BOOTTIME, ns */
};

/*
 * Opens or creates the log in @log->path. The key is read from @key_path, or made
 * there if neither it nor the log exists; @name, of a new key, names the log.
 * Negative errno, with @fault.
 */
int audit_log_open(struct audit_log *log, const char *key_path, const char *name,
		   struct fault *fault);
/* A last entry, and the last checkpoint. */
int audit_log_close(struct audit_log *log);
/* As it is: after an error of the disk, to open it again. */
void audit_log_abandon(struct audit_log *log);

/*
 * Appends one JSON object, without its newline. It is in the log if 0 is returned,
 * and is not otherwise; one that is too long is left out, and an entry says so.
 * -EPERM: it looks like an entry of the log about itself.
 */
int audit_log_append(struct audit_log *log, const char *line, size_t length);

/*
 * What was appended outlives the process when it returns. Signs what is older than a
 * second, compresses and prunes; to be called at least every second.
 */
int audit_log_tick(struct audit_log *log);

#endif /* DOMICILE_AUDIT_LOG_H */
