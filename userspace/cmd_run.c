// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "command.h"
#include "enforce.h"
#include "in_force.h"
#include "moment.h"
#include "options.h"
#include "taint.h"

#define STATUS_NOT_EXECUTABLE 126
#define STATUS_NOT_FOUND 127

static const char help[] =
	"Usage: domicile run --label NAME [--label NAME]... [--] COMMAND [ARGUMENT]...\n"
	"\n"
	"Starts a command that holds the labels already, as if it had read such a file.\n"
	"\n"
	"  -l, --label NAME  a label of the policy in force; can be repeated\n"
	"  -h, --help        this text\n"
	"\n"
	"Exit status: the command's; 126 when it cannot be executed; 127 when there is no\n"
	"such command.\n"
	"\n"
	"Examples:\n"
	"  domicile run --label cn.pii -- curl https://203.0.113.2/    can it leave?\n"
	"  domicile run --label cn.pii -- /usr/local/bin/import\n";

static enum answer find_labels(const struct option_list *names, struct domicile_label_set *set)
{
	cleanup(in_force_close) struct in_force in_force = { 0 };

	in_force_read(&in_force);
	for (size_t i = 0; i < names->count; i++) {
		const char *nearest = in_force_nearest(&in_force, names->values[i]);
		int index = in_force_index(&in_force, names->values[i]);

		if (index < 0)
			return refuse(ANSWER_NO,
				      "run: no label '%s' in the policy in force (%s%s%s)",
				      names->values[i], nearest ? "did you mean '" : "",
				      nearest ? nearest : "see domicile policy show",
				      nearest ? "'?" : "");
		label_set_add(set, index);
	}
	return ANSWER_DONE;
}

static void describe(struct domicile_origin *origin, const struct option_list *names)
{
	size_t used = snprintf(origin->path, sizeof(origin->path), "domicile run");

	for (size_t i = 0; i < names->count && used < sizeof(origin->path); i++)
		used += snprintf(origin->path + used, sizeof(origin->path) - used, " --label %s",
				 names->values[i]);
	origin->pid = getpid();
	origin->time = moment_boottime();
}

static enum answer take_labels(const struct option_list *names)
{
	cleanup(enforce_close) struct enforcement enforcement = ENFORCEMENT_NONE;
	struct domicile_label_set set = { 0 };
	struct domicile_origin origin = { 0 };
	enum answer answer;
	int err;

	err = enforce_open(&enforcement);
	if (err == -ENOENT)
		return refuse(ANSWER_NO, "run: enforcement is not on (use domicile up)");
	if (err)
		return refuse(ANSWER_HOST, "run: cannot open the maps: %s", enforce_reason(err));
	answer = find_labels(names, &set);
	if (answer != ANSWER_DONE)
		return answer;
	describe(&origin, names);
	err = taint_self(&enforcement, &set, &origin);
	if (err)
		return refuse(ANSWER_HOST, "run: cannot take the labels: %s", strerror(-err));
	return ANSWER_DONE;
}

int cmd_run(int argc, char **argv)
{
	static const struct option options[] = {
		{ "label", required_argument, NULL, 'l' }, { "help", no_argument, NULL, 'h' }, { 0 }
	};
	cleanup(option_list_free) struct option_list names = { 0 };
	enum answer answer;
	int err;

	while (command_option("run", help, argc, argv, "+l:h", options) != -1)
		if (option_list_add(&names, optarg))
			return refuse(ANSWER_HOST, "run: no memory");
	if (!names.count)
		return command_usage("run", "a --label is missing");
	if (optind == argc)
		return command_usage("run", "a command is missing");
	if (geteuid())
		return refuse(ANSWER_HOST, "run: uid %u may not (run as root)", geteuid());
	answer = take_labels(&names);
	if (answer != ANSWER_DONE)
		return answer;
	execvp(argv[optind], argv + optind);
	err = errno;
	complain("run: %s: %s", argv[optind], strerror(err));
	return err == ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE;
}
