// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "audit_log.h"
#include "audit_settings.h"
#include "cleanup.h"
#include "cmd_audit.h"
#include "command.h"
#include "interrupt.h"
#include "moment.h"
#include "rundir.h"

#define LINE_MAX_BYTES (1 << 20)
#define TICK_MS 200
#define COMPLAIN_NS (60ull * 1000000000)

static const char append_help[] =
	"Usage: domicile audit append [--key FILE] [--name NAME] [--max-age DAYS]\n"
	"                             [--max-size MB] DIR\n"
	"\n"
	"Appends JSON objects, one a line on standard input, to the log in DIR, which anybody\n"
	"can verify: a Merkle tree in tiles, signed every second while there is news. DIR is\n"
	"created if there is none. Ends with standard input, or with SIGTERM. domiciled does\n"
	"by itself for the records of this host: this is for those of others, or of before.\n"
	"\n"
	"  -k, --key FILE      the key that signs (default " DOMICILE_TLOG_KEY ");\n"
	"                      made if neither it nor the log is there\n"
	"      --name NAME     of a new log (default: the host's, and /domicile)\n"
	"      --max-age DAYS  remove bundles of entries that are older\n"
	"      --max-size MB   remove the oldest bundles when the log takes more (10^6 bytes)\n"
	"  -h, --help          this text\n"
	"\n"
	"What is removed leaves a gap that an entry records, and the tree still proves.\n"
	"When the disk is full it waits, and reads no more, until there is room.\n"
	"\n"
	"Examples:\n"
	"  domicile audit append --key ./key ./log < /var/log/domicile/audit.jsonl\n"
	"  domicile audit append --key ./key --name example.org/log ./log < old.jsonl\n";

struct append {
	struct audit_log log;
	char *buffer; /* LINE_MAX_BYTES; owned */
	size_t used;
	uint64_t count, number; /* of records, and of the line */
	uint64_t complained; /* moment */
};

/* Return: false when it was told to stop. */
static bool wait_for_room(struct append *append, int err)
{
	uint64_t now = moment_boottime();

	if (!append->complained || now - append->complained > COMPLAIN_NS) {
		complain("audit append: cannot write %s: %s (waiting)", append->log.path,
			 strerror(-err));
		append->complained = now;
	}
	poll(NULL, 0, TICK_MS);
	return !interrupt_waits();
}

static bool can_wait(int err)
{
	return err == -ENOSPC || err == -EDQUOT;
}

static int line_append(struct append *append, const char *line, size_t length)
{
	cleanup(free_json) json_t *object = json_loadb(line, length, 0, NULL);
	int err;

	append->number++;
	if (!length)
		return 0;
	if (!json_is_object(object))
		return -EILSEQ;
	do
		err = audit_log_append(&append->log, line, length);
	while (can_wait(err) && wait_for_room(append, err));
	append->count += !err;
	return err;
}

/* Every line that is there; the rest stays. */
static int lines_append(struct append *append)
{
	char *line = append->buffer, *end = append->buffer + append->used, *newline;
	int err = 0;

	while (!err && (newline = memchr(line, '\n', end - line))) {
		err = line_append(append, line, newline - line);
		line = newline + 1;
	}
	append->used = end - line;
	memmove(append->buffer, line, append->used);
	return !err && append->used == LINE_MAX_BYTES ? -EMSGSIZE : err;
}

static int input_read(struct append *append, bool *ended)
{
	ssize_t got = read(STDIN_FILENO, append->buffer + append->used,
			   LINE_MAX_BYTES - append->used);

	if (got < 0)
		return errno == EINTR ? 0 : -errno;
	append->used += got;
	*ended = !got;
	if (*ended && append->used)
		append->buffer[append->used++] = '\n'; /* the last line can lack it */
	return lines_append(append);
}

static int serve(struct append *append)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	bool ended = false;
	int err = 0;

	while (!err && !ended && !interrupt_waits()) {
		if (poll(&input, 1, TICK_MS) > 0)
			err = input_read(append, &ended);
		if (!err)
			err = audit_log_tick(&append->log);
		if (can_wait(err) && wait_for_room(append, err))
			err = 0;
	}
	return err;
}

/* NULL: the line is not to blame. */
static const char *line_fault(int err)
{
	switch (err) {
	case -EILSEQ:
		return "it is no JSON object";
	case -EMSGSIZE:
		return "it is too long";
	case -EPERM:
		return "only the log itself has entries of the type log";
	}
	return NULL;
}

static enum answer run(struct append *append, const char *key, const char *name)
{
	struct fault fault = { 0 };
	char vkey[NOTE_KEY_TEXT_MAX];
	int err = audit_log_open(&append->log, key, name, &fault), close_err;

	if (err)
		return audit_refuse("audit append", err, &fault);
	note_key_text(&append->log.tlog->key, vkey);
	err = serve(append);
	close_err = audit_log_close(&append->log);
	if (line_fault(err))
		return refuse(ANSWER_NO, "audit append: line %" PRIu64 ": %s (%" PRIu64 " records "
			      "before it are in the log)", append->number, line_fault(err),
			      append->count);
	err = err ? err : close_err;
	fault_set(&fault, 0, "cannot write %s: %s", append->log.path, strerror(-err));
	if (err)
		return audit_refuse("audit append", err, &fault);
	printf("%" PRIu64 " records appended to %s\nkey %s\n", append->count, append->log.path,
	       vkey);
	return ANSWER_DONE;
}

int audit_append(int argc, char **argv)
{
	static const struct option options[] = {
		{ "key", required_argument, NULL, 'k' }, { "name", required_argument, NULL, 'N' },
		{ "max-age", required_argument, NULL, 'A' },
		{ "max-size", required_argument, NULL, 'S' },
		{ "help", no_argument, NULL, 'h' },	 { 0 },
	};
	struct append append = { 0 };
	struct audit_settings settings;
	const char *key = settings.key;
	enum answer answer;
	int option;

	audit_settings_default(&settings);
	while ((option = command_option("audit append", append_help, argc, argv, "k:h",
					options)) != -1) {
		if (option == 'k')
			key = optarg;
		if (option == 'N' && audit_setting_set(&settings, "log-name", optarg))
			return command_usage("audit append", "--name takes no blanks and no +");
		if (option == 'A' && audit_setting_set(&settings, "log-max-age", optarg))
			return command_usage("audit append", "--max-age takes a number of days");
		if (option == 'S' && audit_setting_set(&settings, "log-max-size", optarg))
			return command_usage("audit append", "--max-size takes a number of MB");
	}
	if (argc - optind != 1)
		return command_usage("audit append", "takes one directory");
	append.log.path = argv[optind];
	append.buffer = malloc(LINE_MAX_BYTES + 1);
	if (!append.buffer)
		return refuse(ANSWER_HOST, "audit append: no memory");
	interrupt_hold(NULL);
	append.log.max_age = settings.max_age;
	append.log.max_size = settings.max_size;
	answer = run(&append, key, settings.name);
	free(append.buffer);
	return answer;
}
