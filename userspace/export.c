// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/random.h>

#include "answer.h"
#include "await.h"
#include "cleanup.h"
#include "export.h"
#include "moment.h"
#include "tlog.h"

#define TICK_NS 200000000ull
#define READS_MAX 5 /* in a row, while the log changes beneath */

/* --- reading ---------------------------------------------------------------- */

static void log_close(struct export *export)
{
	if (export->is_open)
		tlog_reader_close(&export->reader);
	export->is_open = false;
}

/* Is the log of the cursor the one that is there? */
static int cursor_check(struct export *export, struct fault *fault)
{
	const struct checkpoint *checkpoint = &export->reader.checkpoint;
	struct fault why = { 0 };
	int err;

	if (!export->cursor.log[0])
		strcpy(export->cursor.log, checkpoint->origin);
	if (strcmp(export->cursor.log, checkpoint->origin))
		return fault_set(fault, -ESTALE, "%s is the log of %s, and the cursor is of %s",
				 export->path, checkpoint->origin, export->cursor.log);
	err = position_check(&export->cursor.position, &export->reader, &why);
	return err ? fault_set(fault, err, "%s: %s%s", export->path, why.text, err == -ESTALE ?
			       " (remove the cursor to begin anew)" : "") : 0;
}

/* What was pruned before it was delivered is gone, and somebody should know. */
static void pruned_pass(struct export *export)
{
	uint64_t first = export->reader.first, next = export->sent.next;

	if (next >= first)
		return;
	complain("audit export: entries %" PRIu64 " to %" PRIu64 " of %s were pruned before they "
		 "were delivered", next, first - 1, export->path);
	export->sent = (struct position){ .next = first };
}

static int log_open(struct export *export, struct fault *fault)
{
	int err;

	log_close(export);
	export->is_open = true;
	err = tlog_reader_open(&export->reader, export->path, fault);
	if (!err)
		return cursor_check(export, fault);
	log_close(export);
	return err;
}

/* --- sending ----------------------------------------------------------------- */

static int record_write(const struct export *export, const struct export_record *record, FILE *file)
{
	if (export->target.kind->is_syslog && export->format->carriage == EXPORT_BY_SYSLOG &&
	    export->format->write != export_syslog) {
		export_syslog_header(record, file);
		fputs(" - ", file);
	}
	return export->format->write(record, file);
}

static int message_make(const struct export *export, const struct export_record *record,
			struct message *message)
{
	FILE *file = open_memstream(&message->data, &message->size);
	int err = file ? record_write(export, record, file) : -ENOMEM;

	if (file && fclose(file) && !err)
		err = -ENOMEM;
	if (err && file)
		free(message->data);
	return err;
}

static int entry_add(struct export *export, const unsigned char *entry, size_t size)
{
	struct batch *batch = &export->batch;
	struct export_record record;
	int err = export_record_read(&record, export->cursor.log, export->sent.next,
				     (const char *)entry, size);

	if (err) {
		complain("audit export: entry %" PRIu64 " of %s is no JSON object, and is passed over",
			 export->sent.next, export->path);
	} else {
		err = message_make(export, &record, &batch->messages[batch->count]);
		export_record_free(&record);
		if (err)
			return err;
		batch->bytes += batch->messages[batch->count++].size;
	}
	merkle_leaf(entry, size, &export->sent.leaf);
	export->sent.next++;
	return 0;
}

/* Moves on behind what is in the batch. */
static int batch_fill(struct export *export, struct fault *fault)
{
	const struct batch *batch = &export->batch;
	const unsigned char *entry;
	int size, err = 0;

	batch_clear(&export->batch);
	pruned_pass(export);
	while (!err && export->sent.next < export->reader.checkpoint.size &&
	       batch->count < export->most && batch->bytes < BATCH_BYTES) {
		size = tlog_reader_entry(&export->reader, export->sent.next, &entry, fault);
		err = size < 0 ? size : entry_add(export, entry, size);
	}
	return err;
}

/* What was marked before, and for long enough, has arrived. */
static int settle(struct export *export, struct fault *fault)
{
	__u64 now = moment_boottime(), wait = export->target.kind->settle_s * MOMENT_NS_PER_S;
	int err = 0;

	if (export->mark.next <= export->cursor.position.next) {
		export->mark = export->sent;
		export->marked = now;
	}
	if (now - export->marked >= wait)
		err = cursor_set(&export->cursor, &export->mark);
	return err ? fault_set(fault, err, "%s: %s", export->cursor.path, strerror(-err)) : 0;
}

/* Nothing tells what of it arrived: it is sent again. */
static void rewind_all(struct export *export)
{
	export->sent = export->mark = export->cursor.position;
	batch_clear(&export->batch);
}

static void failure_complain(struct export *export, const struct fault *fault)
{
	if (!export->failing)
		export->failing = moment_boottime();
	if (!strcmp(export->complained.text, fault->text))
		return;
	complain("audit export: cannot deliver to %s: %s (entries from %" PRIu64 " on wait in the "
		 "log; trying again)", export->target.text, fault->text, export->sent.next);
	export->complained = *fault;
}

static void success_note(struct export *export)
{
	if (export->failing)
		complain("audit export: %s takes entries again, after %llu s", export->target.text,
			 (moment_boottime() - export->failing) / MOMENT_NS_PER_S);
	export->failing = 0;
	export->complained.text[0] = '\0';
	export->backoff = (struct backoff){ 0 };
}

static int failure_wait(struct export *export, const struct fault *fault)
{
	__u32 chance = 0;

	failure_complain(export, fault);
	if (getrandom(&chance, sizeof(chance), 0) < 0)
		chance = 0;
	return await_time(backoff_next(&export->backoff, chance));
}

/* 0: go on, from export->sent. */
static int failure(struct export *export, int err, const struct fault *why, struct fault *fault)
{
	size_t count = export->batch.count;

	rewind_all(export);
	if (err == -EMSGSIZE && count > 1) {
		export->most = count / 2;
		return 0;
	}
	if (err == -EINTR)
		return err;
	if (export->follow && export->target.kind != &target_output)
		return failure_wait(export, why);
	return fault_set(fault, err, "cannot deliver to %s: %s (entries from %" PRIu64 " on wait in "
			 "the log)", export->target.text, why->text, export->sent.next);
}

static int batch_send(struct export *export, struct fault *fault)
{
	struct fault why = { 0 };
	int err = 0;

	if (export->batch.count)
		err = target_send(&export->target, &export->batch, &why);
	if (err)
		return failure(export, err, &why, fault);
	success_note(export);
	batch_clear(&export->batch);
	if (export->most < BATCH_MESSAGES)
		export->most++;
	return settle(export, fault);
}

/* What was sent is sent again if the connection was lost before it settled. */
static int connection_check(struct export *export, struct fault *fault)
{
	struct fault why = { 0 };
	int err = target_check(&export->target);

	if (!err || export->sent.next == export->cursor.position.next)
		return 0;
	fault_set(&why, err, "%s", err == -ENOTCONN ? "it closed the connection" : strerror(-err));
	return failure(export, err, &why, fault);
}

/* --- all of it ----------------------------------------------------------------- */

/* Another checkpoint, or something to send anew? */
static bool is_news(struct export *export)
{
	struct stat now;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/" TLOG_CHECKPOINT, export->path);
	if (stat(path, &now))
		return true;
	if (export->is_open && export->sent.next >= export->reader.checkpoint.size &&
	    now.st_ino == export->seen.st_ino && now.st_mtim.tv_sec == export->seen.st_mtim.tv_sec &&
	    now.st_mtim.tv_nsec == export->seen.st_mtim.tv_nsec)
		return false;
	export->seen = now;
	return true;
}

/* Up to the checkpoint. */
static int entries_send(struct export *export, struct fault *fault)
{
	int err = 0;

	while (!err && export->sent.next < export->reader.checkpoint.size) {
		err = batch_fill(export, fault);
		if (!err)
			err = batch_send(export, fault);
	}
	return err;
}

/* Who writes the log replaces what is at its right edge. */
static int pass(struct export *export, struct fault *fault)
{
	struct fault why;
	int err;

	for (int i = 0; i < READS_MAX; i++) {
		why.text[0] = '\0';
		err = log_open(export, &why);
		if (!err)
			err = entries_send(export, &why);
		if (!export->is_open || (err != -ENOENT && err != -EBADMSG))
			break;
		rewind_all(export);
		if (await_time(TICK_NS))
			return -EINTR;
	}
	if (!err || err == -EINTR)
		return err;
	return fault_set(fault, err, "%s", why.text[0] ? why.text : strerror(-err));
}

static int tick(struct export *export, struct fault *fault)
{
	int err = await_time(TICK_NS);

	if (!err)
		err = connection_check(export, fault);
	return err ? err : settle(export, fault);
}

/* The log may come later. */
static void absence_complain(struct export *export)
{
	if (!export->is_absent)
		complain("audit export: there is no log in %s yet (waiting)", export->path);
	export->is_absent = true;
}

static int follow(struct export *export, struct fault *fault)
{
	int err = 0;

	while (!err) {
		struct fault why = { 0 };

		if (is_news(export))
			err = pass(export, &why);
		if (err == -ENOENT)
			absence_complain(export);
		else if (err)
			fault_set(fault, err, "%s", why.text);
		else
			export->is_absent = false;
		if (!err || err == -ENOENT)
			err = tick(export, fault);
	}
	return err;
}

/* What was sent before it ends counts if the other side says that it has all. */
static int finish(struct export *export, struct fault *fault)
{
	int err = target_finish(&export->target);

	if (err)
		return fault_set(fault, err, "%s did not say that it has all (entries from %" PRIu64
				 " on will be delivered again)", export->target.text,
				 export->cursor.position.next);
	err = cursor_set(&export->cursor, &export->sent);
	return err ? fault_set(fault, err, "%s: %s", export->cursor.path, strerror(-err)) : 0;
}

int export_run(struct export *export, struct fault *fault)
{
	int err;

	export->most = BATCH_MESSAGES;
	export->sent = export->mark = export->cursor.position;
	err = export->follow ? follow(export, fault) : pass(export, fault);
	if (!err || err == -EINTR)
		err = finish(export, fault);
	log_close(export);
	batch_clear(&export->batch);
	return err;
}
