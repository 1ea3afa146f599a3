// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cleanup.h"
#include "cmd_audit.h"
#include "command.h"
#include "number.h"
#include "record.h"
#include "rundir.h"
#include "tlog_tail.h"

#define LINES_DEFAULT 10
#define FOLLOW_PAUSE_NS 200000000

static const char tail_help[] =
	"Usage: domicile audit tail [-n N] [-f] [--verdict VERDICT] [--json] [DIR]\n"
	"\n"
	"Shows the last records of the log in DIR (default " DOMICILE_TLOG_DIR "):\n"
	"who, which labels, from where, to where, and why or why not. Also those that are not\n"
	"signed yet, and without checking any: `domicile audit verify` does.\n"
	"\n"
	"  -n, --lines N   the last N records (default 10)\n"
	"  -f, --follow    go on with new records, also when the log is moved away\n"
	"      --verdict VERDICT\n"
	"                  only deny (refused), audit (let through, would be refused), kill\n"
	"                  (its process was killed) or allow (let go by a rule)\n"
	"      --json      the records as they are stored, one a line\n"
	"  -h, --help      this text\n"
	"\n"
	"Examples:\n"
	"  domicile audit tail -f\n"
	"  domicile audit tail -n 1000 --json | jq -r .process.exe | sort | uniq -c\n";

struct tail {
	const char *path;
	struct tlog_tail log;
	bool json;
	char verdict[32]; /* what an entry must hold; "": anything */
	struct fault fault;
};

static void tail_close(struct tail *tail)
{
	tlog_tail_close(&tail->log);
}

/* As it stands in an entry, where a quotation mark in a text has a backslash before it. */
static int verdict_set(struct tail *tail, const char *name)
{
	for (unsigned int i = 1; i < DOMICILE_VERDICTS; i++) {
		if (strcmp(name, record_verdict_name(i)))
			continue;
		snprintf(tail->verdict, sizeof(tail->verdict), "\"verdict\":\"%s\"", name);
		return 0;
	}
	return -EINVAL;
}

static bool is_wanted(const struct tail *tail, const unsigned char *entry, int size)
{
	return memmem(entry, size, tail->verdict, strlen(tail->verdict));
}

/* --- where to begin ----------------------------------------------------------------- */

/* Entries from @first to before @end that are wanted. */
static int wanted_count(struct tail *tail, uint64_t first, uint64_t end, uint64_t *count)
{
	const unsigned char *entry;

	*count = 0;
	for (tlog_tail_seek(&tail->log, first); tail->log.next < end;) {
		int size = tlog_tail_next(&tail->log, &entry, &tail->fault);

		if (size < 0)
			return size;
		*count += is_wanted(tail, entry, size);
	}
	return 0;
}

/* Past @count that are wanted. */
static int wanted_pass(struct tail *tail, uint64_t first, uint64_t count)
{
	const unsigned char *entry;

	for (tlog_tail_seek(&tail->log, first); count;) {
		int size = tlog_tail_next(&tail->log, &entry, &tail->fault);

		if (size < 0)
			return size;
		count -= is_wanted(tail, entry, size);
	}
	return 0;
}

/* To the last @lines that are wanted, bundle by bundle from the end. */
static int seek_last(struct tail *tail, uint64_t lines)
{
	uint64_t end, begin, found = 0, count;
	int err = tlog_tail_size(&tail->log, &end, &tail->fault);

	tlog_tail_seek(&tail->log, end);
	while (!err && end > tail->log.first && found < lines) {
		begin = (end - 1) / TILE_WIDTH * TILE_WIDTH;
		err = wanted_count(tail, begin, end, &count);
		found += count;
		end = begin;
		if (!err)
			err = wanted_pass(tail, begin, found > lines ? found - lines : 0);
	}
	return err;
}

/* --- showing ------------------------------------------------------------------------- */

static void show(const struct tail *tail, const unsigned char *entry, int size)
{
	cleanup(free_json) json_t *object = NULL;

	if (!is_wanted(tail, entry, size))
		return;
	if (tail->json) {
		fwrite(entry, 1, size, stdout);
		putchar('\n');
		return;
	}
	object = json_loadb((const char *)entry, size, 0, NULL);
	if (object)
		record_print(object, stdout);
	else
		puts("? an entry that is no record (see it with --json)");
}

static int show_new(struct tail *tail)
{
	const unsigned char *entry;
	int size;

	while ((size = tlog_tail_next(&tail->log, &entry, &tail->fault)) >= 0 && !ferror(stdout))
		show(tail, entry, size);
	fflush(stdout);
	return size == -EAGAIN || size >= 0 ? 0 : size;
}

/* A new log is there when its first checkpoint is. */
static int log_change(struct tail *tail)
{
	struct tlog_tail next;
	struct fault fault = { 0 };
	int err = show_new(tail);

	if (err || tlog_tail_open(&next, tail->path, &fault)) {
		tlog_tail_close(&next);
		return err;
	}
	tlog_tail_close(&tail->log);
	tail->log = next;
	return 0;
}

static int follow(struct tail *tail)
{
	const struct timespec pause = { .tv_nsec = FOLLOW_PAUSE_NS };
	int err = 0;

	while (!err && !ferror(stdout)) {
		nanosleep(&pause, NULL);
		err = show_new(tail);
		if (!err && tlog_tail_was_moved(&tail->log, tail->path))
			err = log_change(tail);
	}
	return err;
}

static enum answer run(struct tail *tail, uint64_t lines, bool following)
{
	int err = tlog_tail_open(&tail->log, tail->path, &tail->fault);

	if (err == -ENOENT)
		return refuse(ANSWER_NO, "audit tail: no log %s (nothing was recorded yet; see "
			      "domicile status)", tail->path);
	if (!err)
		err = seek_last(tail, lines);
	if (!err)
		err = show_new(tail);
	if (!err && following)
		err = follow(tail);
	return err ? audit_refuse("audit tail", err, &tail->fault) : ANSWER_DONE;
}

int audit_tail(int argc, char **argv)
{
	static const struct option options[] = {
		{ "lines", required_argument, NULL, 'n' }, { "follow", no_argument, NULL, 'f' },
		{ "json", no_argument, NULL, 'j' },
		{ "verdict", required_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },	   { 0 },
	};
	cleanup(tail_close) struct tail tail = { .path = DOMICILE_TLOG_DIR, .log.directory = -1 };
	uint64_t lines = LINES_DEFAULT;
	bool following = false;
	int option;

	while ((option = command_option("audit tail", tail_help, argc, argv, "n:fh",
					options)) != -1) {
		if (option == 'n' && number_parse(optarg, &lines))
			return command_usage("audit tail", "-n takes a number");
		if (option == 'V' && verdict_set(&tail, optarg))
			return command_usage("audit tail", "--verdict takes deny, audit, kill or "
					     "allow");
		following |= option == 'f';
		tail.json |= option == 'j';
	}
	if (argc - optind > 1)
		return command_usage("audit tail", "takes one directory");
	if (optind < argc)
		tail.path = argv[optind];
	return run(&tail, lines, following);
}
