// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "cmd_policy.h"
#include "command.h"
#include "options.h"
#include "policy_apply.h"
#include "policy_diff.h"

static const char diff_help[] =
	"Usage: domicile policy diff [--json] OLD NEW\n"
	"\n"
	"Says what NEW would change, compared with OLD: not which lines, but which labels\n"
	"may go to which addresses, and what is added and removed besides. Each of the two\n"
	"is a file, or a directory whose .yaml files make the policy. Needs no privilege.\n"
	"\n"
	"      --json  as one JSON object\n"
	"  -h, --help  this text\n"
	"\n"
	"Exit status: 0 they say the same; 1 not.\n"
	"\n"
	"Examples:\n"
	"  domicile policy diff /etc/domicile new.d\n"
	"  domicile policy diff old.yaml new.yaml --json | jq .verdicts\n";

static enum answer side_read(const char *name, struct policy **policy)
{
	cleanup(option_list_free) struct option_list files = { 0 };
	struct stat st;
	int err;

	if (!stat(name, &st) && S_ISDIR(st.st_mode))
		err = option_list_add_directory(&files, name);
	else
		err = option_list_add(&files, name);
	if (err)
		return refuse(ANSWER_NO, "policy: %s: %s", name, strerror(-err));
	if (!files.count)
		return refuse(ANSWER_NO, "policy: %s: no .yaml file in it", name);
	return policy_read(files.values, files.count, policy);
}

int cmd_policy_diff(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' }, { "help", no_argument, NULL, 'h' }, { 0 }
	};
	cleanup(policy_freep) struct policy *before = NULL, *after = NULL;
	cleanup(free_json) json_t *diff = NULL;
	enum answer answer;
	bool json = false;

	while (command_option("policy diff", diff_help, argc, argv, "h", options) != -1)
		json = true;
	if (argc - optind != 2)
		return command_usage("policy diff", "an old and a new policy are needed");
	answer = side_read(argv[optind], &before);
	if (answer == ANSWER_DONE)
		answer = side_read(argv[optind + 1], &after);
	if (answer != ANSWER_DONE)
		return answer;
	diff = policy_diff(before, after);
	if (!diff)
		return refuse(ANSWER_HOST, "policy: %s", strerror(ENOMEM));
	if (json) {
		json_dumpf(diff, stdout, JSON_INDENT(2));
		putchar('\n');
	} else {
		policy_diff_print(diff, stdout);
	}
	return policy_diff_empty(diff) ? ANSWER_DONE : ANSWER_NO;
}
