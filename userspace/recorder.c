// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <bpf/bpf.h>

#include <domicile/record.h>

#include "answer.h"
#include "cleanup.h"
#include "record.h"
#include "recorder.h"
#include "rundir.h"

#define COMPLAIN_S 60
/* Records at one go: who reads them looks after other things, too. */
#define TAKEN_MAX 1024

/* --- the log ------------------------------------------------------------------- */

static void complain_now_and_then(struct recorder *recorder, const char *why)
{
	time_t now = time(NULL);

	if (now - recorder->complained < COMPLAIN_S)
		return;
	complain("log: cannot write %s: %s (records wait in the kernel)", recorder->log.path, why);
	recorder->complained = now;
}

static int log_open(struct recorder *recorder, struct fault *fault)
{
	struct audit_settings *settings = &recorder->settings;

	recorder->batch.appended = 0;
	return audit_log_open(&recorder->log, settings->key, settings->name, fault);
}

static void log_close(struct recorder *recorder)
{
	int err = recorder->log.tlog ? audit_log_close(&recorder->log) : 0;

	if (err)
		complain("log: cannot sign the end of %s: %s", recorder->log.path, strerror(-err));
}

void recorder_reopen(struct recorder *recorder)
{
	struct fault fault = { 0 };

	log_close(recorder);
	if (log_open(recorder, &fault))
		complain_now_and_then(recorder, fault.text);
}

bool recorder_log_is_gone(const struct recorder *recorder)
{
	struct stat opened, named;

	if (!recorder->log.tlog || fstat(recorder->log.tlog->directory, &opened))
		return false;
	return stat(recorder->log.path, &named) || named.st_ino != opened.st_ino ||
	       named.st_dev != opened.st_dev;
}

/* --- what goes into it ----------------------------------------------------------- */

static int line_add(struct recorder_batch *batch, json_t *object)
{
	char *line = object ? json_dumps(object, JSON_COMPACT) : NULL;

	json_decref(object);
	if (!line)
		return -ENOMEM;
	batch->lines[batch->count++] = line;
	return 0;
}

static void batch_clear(struct recorder_batch *batch)
{
	for (unsigned int i = 0; i < batch->count; i++)
		free(batch->lines[i]);
	*batch = (struct recorder_batch){ 0 };
}

/* After it is in the log: a daemon killed in between leaves it twice, not lost. */
static void batch_end(struct recorder *recorder)
{
	struct recorder_batch *batch = &recorder->batch;

	if (batch->count)
		recorder->numbers.seen[batch->cpu] = batch->seen;
	batch_clear(batch);
}

static int batch_append(struct recorder *recorder)
{
	struct recorder_batch *batch = &recorder->batch;
	int err = 0;

	while (!err && batch->appended < batch->count) {
		const char *line = batch->lines[batch->appended];

		err = audit_log_append(&recorder->log, line, strlen(line));
		batch->appended += !err;
	}
	return err ? err : audit_log_tick(&recorder->log);
}

/* After an error of the disk only opening the log again tells what is in it. */
static int batch_write(struct recorder *recorder)
{
	struct fault fault = { 0 };
	int err = recorder->log.tlog ? 0 : log_open(recorder, &fault);

	if (!err)
		err = batch_append(recorder);
	if (!err) {
		batch_end(recorder);
		return 0;
	}
	complain_now_and_then(recorder, fault.text[0] ? fault.text : strerror(-err));
	if (err == -EIO)
		audit_log_abandon(&recorder->log);
	return err;
}

/* --- records --------------------------------------------------------------------- */

/* The policy in force is read again when a record names one not seen yet. */
static const struct in_force *policy_of(struct recorder *recorder, __u64 generation)
{
	struct in_force *policies = recorder->policies, newest;

	for (int i = 0; i < RECORDER_POLICIES; i++)
		if (policies[i].root && policies[i].generation == generation)
			return &policies[i];
	if (in_force_read(&newest))
		return NULL;
	if (policies[0].root && newest.generation == policies[0].generation) {
		in_force_close(&newest);
		return NULL;
	}
	in_force_close(&policies[RECORDER_POLICIES - 1]);
	memmove(&policies[1], &policies[0], (RECORDER_POLICIES - 1) * sizeof(newest));
	policies[0] = newest;
	return newest.generation == generation ? &policies[0] : NULL;
}

static int loss_add(struct recorder_batch *batch, const struct sequence_loss *loss)
{
	return loss->count ? line_add(batch, record_loss_json(batch->cpu, loss->first,
							      loss->count)) : 0;
}

/* libbpf takes the record for read also when an error is returned. */
static int on_record(void *context, void *data, size_t size)
{
	const struct domicile_record *record = data;
	struct recorder *recorder = context;
	struct recorder_batch *batch = &recorder->batch;
	struct sequence_loss loss = { 0 };
	int err;

	recorder->taken++;
	if (size < sizeof(*record) || record->version != DOMICILE_RECORD_VERSION ||
	    record->cpu >= (__u32)recorder->numbers.cpus)
		return 0; /* its number will be missed */
	batch->cpu = record->cpu;
	batch->seen = recorder->numbers.seen[record->cpu];
	if (!sequence_see(&batch->seen, record->seq, &loss))
		return 0; /* written before the last daemon was killed */
	err = loss_add(batch, &loss);
	if (!err)
		err = line_add(batch, record_json(record, policy_of(recorder, record->generation)));
	if (err) {
		batch_clear(batch); /* missed, too */
		return err;
	}
	err = batch_write(recorder);
	return err || recorder->taken < TAKEN_MAX ? err : -EAGAIN;
}

bool recorder_drain(struct recorder *recorder)
{
	recorder->taken = 0;
	if (batch_write(recorder))
		return false;
	return ring_buffer__consume(recorder->ring) == -EAGAIN;
}

/* --- losses ---------------------------------------------------------------------- */

/* Numbers that the kernel gave out a while ago, and that the ring does not hold. */
static int cpu_settle(struct recorder *recorder, int cpu)
{
	struct recorder_batch *batch = &recorder->batch;
	struct sequence_loss loss = { 0 };
	int err;

	batch->cpu = cpu;
	batch->seen = recorder->numbers.seen[cpu];
	sequence_settle(&batch->seen, recorder->numbers.counted[cpu], &loss);
	err = loss_add(batch, &loss);
	return err || !batch->count ? err : batch_write(recorder);
}

void recorder_settle(struct recorder *recorder)
{
	struct numbers *numbers = &recorder->numbers;
	cleanup(free_memory) __u64 *now = calloc(numbers->cpus, sizeof(*now));
	__u32 zero = 0;
	int err = 0;

	if (recorder_is_stuck(recorder) ||
	    ring__avail_data_size(ring_buffer__ring(recorder->ring, 0)) ||
	    !now || bpf_map_lookup_elem(recorder->enforcement->sequence, &zero, now))
		return;
	for (int cpu = 0; cpu < numbers->cpus && !err; cpu++)
		err = cpu_settle(recorder, cpu);
	if (!err)
		memcpy(numbers->counted, now, numbers->cpus * sizeof(*now));
}

/* --- opening and closing --------------------------------------------------------- */

int recorder_open(struct recorder *recorder, const struct enforcement *enforcement,
		  struct fault *fault)
{
	int err = numbers_open(&recorder->numbers);

	if (err)
		return fault_set(fault, err, DOMICILE_SEQUENCE_FILE ": %s", strerror(-err));
	recorder->enforcement = enforcement;
	recorder->log.path = DOMICILE_TLOG_DIR;
	recorder->log.max_age = recorder->settings.max_age;
	recorder->log.max_size = recorder->settings.max_size;
	recorder->ring = ring_buffer__new(enforcement->records, on_record, recorder, NULL);
	if (!recorder->ring)
		return fault_set(fault, -errno, "cannot read records: %s", strerror(errno));
	in_force_read(&recorder->policies[0]);
	return log_open(recorder, fault);
}

void recorder_close(struct recorder *recorder)
{
	log_close(recorder);
	ring_buffer__free(recorder->ring);
	recorder->ring = NULL;
	numbers_close(&recorder->numbers);
	batch_clear(&recorder->batch);
	for (int i = 0; i < RECORDER_POLICIES; i++)
		in_force_close(&recorder->policies[i]);
}

int recorder_fd(const struct recorder *recorder)
{
	return ring_buffer__epoll_fd(recorder->ring);
}

bool recorder_has_news(const struct recorder *recorder)
{
	return recorder->log.tlog && recorder->log.tlog->size != recorder->log.tlog->synced;
}

bool recorder_is_stuck(const struct recorder *recorder)
{
	return recorder->batch.count || !recorder->log.tlog;
}
