// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "cleanup.h"
#include "cmd_audit.h"
#include "command.h"
#include "record.h"
#include "rundir.h"

#define LINES_DEFAULT 10
#define BLOCK 65536
#define FOLLOW_PAUSE_NS 200000000

static const char tail_help[] =
	"Usage: domicile audit tail [-n N] [-f] [--verdict VERDICT] [--json] [--log FILE]\n"
	"\n"
	"Shows the last records: who, which labels, from where, to where, and why or why\n"
	"not.\n"
	"\n"
	"  -n, --lines N   the last N records (default 10)\n"
	"  -f, --follow    go on with new records, also when the log is rotated\n"
	"      --verdict VERDICT\n"
	"                  only deny (refused), audit (let through, would be refused), kill\n"
	"                  (its process was killed) or allow (let go by a rule)\n"
	"      --json      the records as they are stored, one a line\n"
	"      --log FILE  read this log (default " DOMICILE_LOG ")\n"
	"  -h, --help      this text\n"
	"\n"
	"Examples:\n"
	"  domicile audit tail -f\n"
	"  domicile audit tail -n 1000 --json | jq -r .process.exe | sort | uniq -c\n";

struct tail {
	const char *path;
	FILE *file;
	char *line; /* owned; may hold a line that is not complete yet */
	size_t used;
	bool json;
	char verdict[32]; /* what a line must hold; "": anything */
};

static void tail_close(struct tail *tail)
{
	close_file(&tail->file);
	free(tail->line);
}

static int tail_open(struct tail *tail)
{
	tail->file = fopen(tail->path, "re");
	return tail->file ? 0 : -errno;
}

/* To where the last @lines lines begin. */
static int seek_last(FILE *file, unsigned long lines)
{
	cleanup(free_memory) char *block = malloc(BLOCK);
	off_t start;

	if (!block || fseeko(file, 0, SEEK_END))
		return -errno;
	start = ftello(file);
	/* The newline that ends the last line begins none. */
	for (unsigned long found = 0; start > 0;) {
		size_t size = start < BLOCK ? (size_t)start : BLOCK;

		start -= size;
		if (fseeko(file, start, SEEK_SET) || fread(block, 1, size, file) != size)
			return -EIO;
		for (size_t i = size; i-- > 0;)
			if (block[i] == '\n' && found++ == lines)
				return fseeko(file, start + i + 1, SEEK_SET) ? -errno : 0;
	}
	rewind(file);
	return 0;
}

/* As it stands in a line, where a quotation mark in a text has a backslash before it. */
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

static bool is_wanted(const struct tail *tail, const char *line)
{
	return strstr(line, tail->verdict);
}

/* As seek_last(), to the last @lines that are wanted. */
static int seek_wanted(struct tail *tail, unsigned long lines)
{
	unsigned long found = 0, passed = 0;
	cleanup(free_memory) char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, tail->file) > 0)
		found += is_wanted(tail, line);
	rewind(tail->file);
	while (passed + lines < found && getline(&line, &size, tail->file) > 0)
		passed += is_wanted(tail, line);
	return ferror(tail->file) ? -EIO : 0;
}

static void show(const struct tail *tail, const char *line)
{
	cleanup(free_json) json_t *object = NULL;

	if (!is_wanted(tail, line))
		return;
	if (tail->json) {
		fputs(line, stdout);
		return;
	}
	object = json_loads(line, 0, NULL);
	if (object)
		record_print(object, stdout);
	else if (line[0] != '\n')
		puts("? a line that is no record (see it with --json)");
}

/* A line is there when its newline is. */
static void show_new(struct tail *tail)
{
	char *piece = NULL;
	size_t size = 0;
	ssize_t length;

	clearerr(tail->file);
	while ((length = getline(&piece, &size, tail->file)) > 0) {
		char *line = realloc(tail->line, tail->used + length + 1);

		if (!line)
			break;
		tail->line = line;
		memcpy(line + tail->used, piece, length + 1);
		tail->used += length;
		if (line[tail->used - 1] != '\n')
			continue;
		show(tail, line);
		tail->used = 0;
	}
	free(piece);
	fflush(stdout);
}

static bool was_moved(const struct tail *tail)
{
	struct stat opened, named;

	if (fstat(fileno(tail->file), &opened) || stat(tail->path, &named))
		return false;
	return opened.st_ino != named.st_ino || opened.st_dev != named.st_dev ||
	       named.st_size < ftello(tail->file);
}

static void follow(struct tail *tail)
{
	const struct timespec pause = { .tv_nsec = FOLLOW_PAUSE_NS };

	while (!ferror(stdout)) {
		nanosleep(&pause, NULL);
		show_new(tail);
		if (!was_moved(tail))
			continue;
		show_new(tail);
		close_file(&tail->file);
		tail->used = 0;
		if (tail_open(tail))
			return;
	}
}

static enum answer no_log(const char *path, int err)
{
	if (err == -ENOENT)
		return refuse(ANSWER_NO, "audit: no log %s (nothing was recorded yet; see domicile "
			      "status)", path);
	return refuse(err == -EACCES ? ANSWER_HOST : ANSWER_NO, "audit: %s: %s%s", path,
		      strerror(-err), err == -EACCES ? " (run as root)" : "");
}

static int lines_parse(const char *text, unsigned long *lines)
{
	char *end;

	errno = 0;
	*lines = strtoul(text, &end, 10);
	return errno || *end || end == text || *text == '-' ? -EINVAL : 0;
}

static int audit_tail(int argc, char **argv)
{
	static const struct option options[] = {
		{ "lines", required_argument, NULL, 'n' }, { "follow", no_argument, NULL, 'f' },
		{ "json", no_argument, NULL, 'j' },	   { "log", required_argument, NULL, 'L' },
		{ "verdict", required_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },	   { 0 },
	};
	cleanup(tail_close) struct tail tail = { .path = DOMICILE_LOG };
	unsigned long lines = LINES_DEFAULT;
	bool following = false;
	int option, err;

	while ((option = command_option("audit tail", tail_help, argc, argv, "n:fh",
					options)) != -1) {
		if (option == 'n' && lines_parse(optarg, &lines))
			return command_usage("audit tail", "-n takes a number");
		if (option == 'L')
			tail.path = optarg;
		if (option == 'V' && verdict_set(&tail, optarg))
			return command_usage("audit tail", "--verdict takes deny, audit, kill or "
					     "allow");
		following |= option == 'f';
		tail.json |= option == 'j';
	}
	if (optind < argc)
		return command_usage("audit tail", "takes no arguments");
	err = tail_open(&tail);
	if (!err)
		err = tail.verdict[0] ? seek_wanted(&tail, lines) : seek_last(tail.file, lines);
	if (err)
		return no_log(tail.path, err);
	show_new(&tail);
	if (following)
		follow(&tail);
	return ANSWER_DONE;
}

static const struct command commands[] = {
	{ "tail", audit_tail, "the last records, and new ones as they come" },
	{ "append", audit_append, "append records to a log that anybody can verify" },
	{ "verify", audit_verify, "check such a log, or a proof from it, offline" },
	{ "prove", audit_prove, "prove that an entry is in it, or that it only grew" },
	{ "show", audit_show, "search its entries" },
	{ "explain", audit_explain, "the way of the data, from its source to an entry's sink" },
};

static const char help[] =
	"Usage: domicile audit COMMAND [ARGUMENT]...\n"
	"\n"
	"Examples:\n"
	"  domicile audit tail -n 50\n"
	"  domicile audit tail -f\n"
	"  domicile audit verify --key host1.vkey /mnt/copy/tlog\n";

int cmd_audit(int argc, char **argv)
{
	return command_run(commands, sizeof(commands) / sizeof(*commands), "audit", help, argc,
			   argv);
}
