/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Takes the kernel's records out of the ring and appends them to the audit log. What
 * cannot be written waits: at most one record here, the others in the kernel.
 */
#ifndef DOMICILE_RECORDER_H
#define DOMICILE_RECORDER_H

#include <stdbool.h>
#include <time.h>

#include <bpf/libbpf.h>

#include "audit_log.h"
#include "audit_settings.h"
#include "enforce.h"
#include "in_force.h"
#include "numbers.h"

/* Policies whose records may still be in the ring, newest first. */
#define RECORDER_POLICIES 4

/* Lines that go into the log together: a loss, and the record that proves it. */
struct recorder_batch {
	char *lines[2]; /* owned */
	unsigned int count;
	unsigned int appended; /* of those; on their way to the disk */
	int cpu; /* whose numbers they are */
	struct sequence seen; /* its numbers, once they are written */
};

struct recorder {
	const struct enforcement *enforcement; /* borrowed */
	struct audit_settings settings;
	struct audit_log log; /* log.tlog is NULL while it cannot be opened */
	struct ring_buffer *ring;
	struct numbers numbers;
	struct in_force policies[RECORDER_POLICIES];
	struct recorder_batch batch;
	unsigned int taken; /* records, since recorder_drain() began */
	time_t complained;
};

/*
 * The log is DOMICILE_TLOG_DIR, kept as recorder->settings say. Negative errno, with
 * @fault; recorder_close() in any case.
 */
int recorder_open(struct recorder *recorder, const struct enforcement *enforcement,
		  struct fault *fault);
/* Signs what was written. */
void recorder_close(struct recorder *recorder);

/* Readable when there are records; to be waited for unless recorder_is_stuck(). */
int recorder_fd(const struct recorder *recorder);
bool recorder_is_stuck(const struct recorder *recorder);
/* Is something to be signed within the second? */
bool recorder_has_news(const struct recorder *recorder);

/*
 * Writes a part of what is in the ring, and signs what is older than a second. To be
 * called at least every second. Return: true when there is more.
 */
bool recorder_drain(struct recorder *recorder);

/* Nothing came for a while: what the ring does not hold by now is lost. */
void recorder_settle(struct recorder *recorder);

/* Ends this log well, and opens the one that has its name now. */
void recorder_reopen(struct recorder *recorder);
/* Was the log moved, or removed? */
bool recorder_log_is_gone(const struct recorder *recorder);

#endif /* DOMICILE_RECORDER_H */
