// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit_entry.h"
#include "audit_log.h"
#include "audit_prune.h"
#include "cleanup.h"
#include "moment.h"
#include "record.h"

#define NS_PER_S 1000000000ll

/* --- entries about the log itself ----------------------------------------------- */

static int event_append(struct audit_log *log, enum audit_entry_kind kind, json_t *more)
{
	cleanup(free_json) json_t *details = more;
	cleanup(free_json) json_t *object = record_begin("log", moment_boottime());
	cleanup(free_memory) char *line = NULL;

	if (!object || json_object_set_new(object, "event", json_string(audit_event_name(kind))) ||
	    (details && json_object_update(object, details)))
		return -ENOMEM;
	line = json_dumps(object, JSON_COMPACT);
	return line ? tlog_append(log->tlog, line, strlen(line)) : -ENOMEM;
}

static int opened_append(struct audit_log *log)
{
	return event_append(log, AUDIT_ENTRY_OPENED,
			    json_pack("{s:s}", "version", DOMICILE_VERSION));
}

/* Not what was lost, which nobody knows, but that something may be, and after which entry. */
static int recovered_append(struct audit_log *log, const struct tlog_found *found)
{
	return event_append(log, AUDIT_ENTRY_RECOVERED,
			    json_pack("{s:I, s:I, s:I}", "signed", (json_int_t)found->signed_size,
				      "recovered", (json_int_t)found->recovered, "torn",
				      (json_int_t)found->torn));
}

/* Who sets the clock would otherwise change the order of the log. */
static int clock_check(struct audit_log *log)
{
	__s64 by = moment_realtime(0) - log->clock;
	int err;

	if (llabs(by) < NS_PER_S)
		return 0;
	err = event_append(log, AUDIT_ENTRY_CLOCK, json_pack("{s:f}", "by", (double)by / NS_PER_S));
	if (!err)
		log->clock += by;
	return err;
}

int audit_log_append(struct audit_log *log, const char *line, size_t length)
{
	int err = audit_entry_is_event(line, length) ? -EPERM : clock_check(log);

	if (!err)
		err = tlog_append(log->tlog, line, length);
	if (err == -EMSGSIZE)
		err = event_append(log, AUDIT_ENTRY_TOO_LONG,
				   json_pack("{s:I}", "bytes", (json_int_t)length));
	return err;
}

/* --- the key --------------------------------------------------------------------- */

/* Where it is to be; what is wrong with that is seen when it is written. */
static void directory_make(const char *path)
{
	cleanup(free_memory) char *copy = strdup(path);

	if (copy)
		mkdir(dirname(copy), 0755);
}

static int key_make(struct note_key *key, const char *path, const char *name,
		    struct fault *fault)
{
	int err = note_key_make(key, name);

	directory_make(path);
	if (err == -EINVAL)
		return fault_set(fault, err, "'%s' cannot be the name of a log (no blanks, no +)",
				 name);
	return err ? fault_set(fault, err, "key %s: no randomness", path) :
		     note_key_write(key, path, fault);
}

static int key_get(struct note_key *key, const char *path, const char *name, const char *log,
		   struct fault *fault)
{
	int is_old = tlog_exists(log), err;

	if (is_old < 0)
		return fault_set(fault, is_old, "%s: %s", log, strerror(-is_old));
	if (!access(path, F_OK) || errno != ENOENT)
		err = note_key_read(key, path, fault);
	else if (is_old)
		return fault_set(fault, -ENOKEY, "key %s: it is missing, and %s was signed with it "
				 "(restore it, or move the log away to begin a new one)", path,
				 log);
	else
		err = key_make(key, path, name, fault);
	if (!err && (!key->can_sign || key->type != NOTE_KEY_LOG))
		err = fault_set(fault, -EINVAL, "key %s: it cannot sign (expected PRIVATE+KEY+...)",
				path);
	return err;
}

/* --- opening and closing --------------------------------------------------------- */

static int begin(struct audit_log *log, const struct tlog_found *found)
{
	int err = found->unclean ? recovered_append(log, found) : 0;

	if (!err)
		err = opened_append(log);
	return err ? err : tlog_sync(log->tlog);
}

int audit_log_open(struct audit_log *log, const char *key_path, const char *name,
		   struct fault *fault)
{
	struct tlog_found found;
	struct note_key key;
	int err = key_get(&key, key_path, name, log->path, fault);

	if (!err)
		err = tlog_open(&log->tlog, log->path, &key, &found, fault);
	note_key_forget(&key);
	if (err)
		return err;
	log->clock = moment_realtime(0);
	log->synced = moment_boottime();
	err = begin(log, &found);
	if (!err)
		return 0;
	audit_log_abandon(log);
	return fault_set(fault, err, "%s: %s", log->path, strerror(-err));
}

void audit_log_abandon(struct audit_log *log)
{
	tlog_abandon(log->tlog);
	log->tlog = NULL;
}

int audit_log_close(struct audit_log *log)
{
	struct tlog *tlog = log->tlog;
	int err = event_append(log, AUDIT_ENTRY_CLOSED, NULL);

	log->tlog = NULL;
	if (!err)
		return tlog_close(tlog);
	tlog_abandon(tlog);
	return err;
}

/* --- tending --------------------------------------------------------------------- */

static int prune(struct audit_log *log)
{
	uint64_t first = audit_prune_first(log->tlog, log->max_age, log->max_size);
	int err;

	if (first == log->tlog->first)
		return 0;
	err = event_append(log, AUDIT_ENTRY_PRUNED, json_pack("{s:I}", "first", (json_int_t)first));
	if (!err)
		err = tlog_sync(log->tlog);
	if (!err)
		tlog_prune(log->tlog, first);
	return err;
}

int audit_log_tick(struct audit_log *log)
{
	__u64 now = moment_boottime();
	int err = tlog_flush(log->tlog);

	if (!err && now - log->synced >= AUDIT_LOG_SYNC_NS) {
		err = tlog_sync(log->tlog);
		log->synced = now;
	}
	if (!err)
		err = tlog_pack(log->tlog, AUDIT_LOG_PACK);
	if (err < 0)
		return err;
	if (!log->pruned || now - log->pruned >= AUDIT_LOG_PRUNE_NS) {
		log->pruned = now;
		return prune(log);
	}
	return 0;
}
