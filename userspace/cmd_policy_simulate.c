// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "cmd_policy.h"
#include "command.h"
#include "policy_apply.h"
#include "policy_simulate.h"
#include "rundir.h"
#include "tlog_reader.h"

#define LINE_SIZE_MAX (1u << 20) /* of a record; longer lines are none */

static const char simulate_help[] =
	"Usage: domicile policy simulate [--log LOG] [--json] FILE...\n"
	"\n"
	"Judges what the audit log has recorded by the policy of the files, and says what\n"
	"would have been different. Of what was never tried, and of data whose labels would\n"
	"be others, no log can tell: see domicile policy diff.\n"
	"\n"
	"      --log LOG  the directory of an audit log (default " DOMICILE_TLOG_DIR "),\n"
	"                 or a file of records, one a line, as audit tail --json prints them\n"
	"      --json     as one JSON object\n"
	"  -h, --help     this text\n"
	"\n"
	"Exit status: 0 nothing would be different; 1 something.\n"
	"\n"
	"Examples:\n"
	"  domicile policy simulate new.yaml\n"
	"  domicile audit tail -n 1000 --json | domicile policy simulate --log /dev/stdin new.yaml\n";

/* Skips the rest of a line that is too long. False at the end of the file. */
static bool line_read(FILE *file, char *line, bool *whole)
{
	size_t size;

	if (!fgets(line, LINE_SIZE_MAX, file))
		return false;
	size = strlen(line);
	*whole = size + 1 < LINE_SIZE_MAX || line[size - 1] == '\n';
	for (int byte = 0; !*whole && byte != '\n' && byte != EOF;)
		byte = fgetc(file);
	return true;
}

static int replay(struct simulation *simulation, FILE *file)
{
	cleanup(free_memory) char *line = malloc(LINE_SIZE_MAX);
	bool whole;
	int err = line ? 0 : -ENOMEM;

	while (!err && line_read(file, line, &whole)) {
		if (whole)
			err = simulation_add(simulation, line);
		else
			simulation->foreign++;
	}
	return !err && ferror(file) ? -EIO : err;
}

static int replay_file(struct simulation *simulation, const char *path, struct fault *fault)
{
	cleanup(close_file) FILE *file = fopen(path, "re");
	int err = file ? replay(simulation, file) : -errno;

	return err ? fault_set(fault, err, "%s: %s", path, strerror(-err)) : 0;
}

static int entry_add(struct simulation *simulation, const unsigned char *entry, int size)
{
	cleanup(free_memory) char *line = strndup((const char *)entry, size);

	return line ? simulation_add(simulation, line) : -ENOMEM;
}

static int replay_log(struct simulation *simulation, const char *path, struct fault *fault)
{
	cleanup(tlog_reader_close) struct tlog_reader reader;
	int err = tlog_reader_open(&reader, path, fault);
	const unsigned char *entry;

	for (uint64_t i = reader.first; !err && i < reader.checkpoint.size; i++) {
		int size = tlog_reader_entry(&reader, i, &entry, fault);

		err = size < 0 ? size : entry_add(simulation, entry, size);
	}
	return err ? fault_set(fault, err, "%s: %s", path, strerror(-err)) : 0;
}

static bool is_directory(const char *path)
{
	struct stat status;

	return !stat(path, &status) && S_ISDIR(status.st_mode);
}

static enum answer simulate(const struct policy *policy, const char *log, bool as_json)
{
	cleanup(simulation_free) struct simulation simulation = { 0 };
	cleanup(free_json) json_t *json = NULL;
	struct fault fault = { 0 };
	int err = simulation_start(&simulation, policy);

	if (!err)
		err = is_directory(log) ? replay_log(&simulation, log, &fault) :
					  replay_file(&simulation, log, &fault);
	if (err)
		return refuse(err == -EACCES ? ANSWER_HOST : ANSWER_NO, "policy: %s%s",
			      fault.text[0] ? fault.text : strerror(-err),
			      err == -EACCES ? " (run as root)" : "");
	if (as_json) {
		json = simulation_json(&simulation);
		json_dumpf(json, stdout, JSON_INDENT(2));
		putchar('\n');
	} else {
		simulation_print(&simulation, stdout);
	}
	return simulation.different ? ANSWER_NO : ANSWER_DONE;
}

int cmd_policy_simulate(int argc, char **argv)
{
	static const struct option options[] = {
		{ "log", required_argument, NULL, 'L' }, { "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },	 { 0 },
	};
	cleanup(policy_freep) struct policy *policy = NULL;
	const char *log = DOMICILE_TLOG_DIR;
	enum answer answer;
	bool json = false;
	int option;

	while ((option = command_option("policy simulate", simulate_help, argc, argv, "h",
					options)) != -1) {
		if (option == 'L')
			log = optarg;
		json |= option == 'j';
	}
	if (optind == argc)
		return command_usage("policy simulate", "a file is missing");
	answer = policy_read(argv + optind, argc - optind, &policy);
	return answer == ANSWER_DONE ? simulate(policy, log, json) : answer;
}
