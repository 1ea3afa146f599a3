/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Delivers the entries of a log on disk to a target, each at least once: the cursor moves when
 * they have arrived. Whoever writes the log never waits for it.
 */
#ifndef DOMICILE_EXPORT_H
#define DOMICILE_EXPORT_H

#include <sys/stat.h>

#include "backoff.h"
#include "cursor.h"
#include "target.h"
#include "tlog_reader.h"

struct export {
	const char *path; /* of the log */
	const struct export_format *format;
	struct target target;
	struct cursor cursor;
	bool follow;

	/* From here on private; begins as { 0 }. */
	struct tlog_reader reader;
	bool is_open;
	bool is_absent; /* the log, and that was said */
	struct stat seen; /* its checkpoint */
	struct position sent; /* behind what was sent */
	struct position mark; /* of that, what has arrived if the connection holds for a while */
	__u64 marked; /* when, moment_boottime() */
	size_t most; /* messages in a batch */
	struct batch batch;
	struct backoff backoff;
	__u64 failing; /* since when; 0: it is not */
	struct fault complained; /* of why it fails */
};

/*
 * With @follow until it is told to stop (interrupt.h), which is no error; without, up to the end
 * of the log. Negative errno, with @fault.
 */
int export_run(struct export *export, struct fault *fault);

#endif /* DOMICILE_EXPORT_H */
