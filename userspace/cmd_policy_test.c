// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "cmd_policy.h"
#include "command.h"
#include "policy_apply.h"
#include "policy_case.h"

static const char test_help[] =
	"Usage: domicile policy test [--json] FILE...\n"
	"\n"
	"Runs the cases of the files, which together make one policy, against the tables\n"
	"that the kernel would get. Changes nothing, needs no privilege.\n"
	"\n"
	"      --json  one JSON object, with every case\n"
	"  -h, --help  this text\n"
	"\n"
	"Exit status: 0 all passed; 1 not, or there are none.\n"
	"\n"
	"A case, beside the policy or in a file of its own; domicile-policy(5) has them all:\n"
	"  cases:\n"
	"    - {label: cn.pii, to: \"198.51.100.7:443\", expect: allow}\n"
	"\n"
	"Examples:\n"
	"  domicile policy test /etc/domicile/*.yaml\n"
	"  domicile policy test policy.yaml cases.yaml\n";

struct tally {
	size_t passed;
	size_t failed;
	json_t *list; /* NULL for text */
};

static json_t *case_json(const struct policy_case *one, const struct policy_case_result *result)
{
	return json_pack("{s:s, s:i, s:i, s:b, s:s, s:s, s:s}", "file", one->place.file, "line",
			 (int)one->place.line, "column", (int)one->place.column, "passed",
			 result->passed, "case", result->about, "expected", result->expected,
			 "got", result->got);
}

static int run(const struct policy *policy, const struct policy_case *one, struct tally *tally)
{
	cleanup(policy_case_result_free) struct policy_case_result result = { 0 };
	int err = policy_case_run(policy, one, &result);

	if (err)
		return err;
	tally->passed += result.passed;
	tally->failed += !result.passed;
	if (tally->list)
		return json_array_append_new(tally->list, case_json(one, &result)) ? -ENOMEM : 0;
	if (!result.passed)
		printf("%s:%u:%u: %s: expected %s, got %s\n", one->place.file, one->place.line,
		       one->place.column, result.about, result.expected, result.got);
	return 0;
}

static enum answer tally_print(const struct tally *tally)
{
	cleanup(free_json) json_t *json = NULL;

	if (tally->list) {
		json = json_pack("{s:I, s:I, s:O}", "passed", (json_int_t)tally->passed, "failed",
				 (json_int_t)tally->failed, "cases", tally->list);
		json_dumpf(json, stdout, JSON_INDENT(2));
		putchar('\n');
	} else {
		printf("%zu passed, %zu failed\n", tally->passed, tally->failed);
	}
	return tally->failed || !tally->passed ? ANSWER_NO : ANSWER_DONE;
}

int cmd_policy_test(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' }, { "help", no_argument, NULL, 'h' }, { 0 }
	};
	cleanup(policy_freep) struct policy *policy = NULL;
	cleanup(free_json) json_t *list = NULL;
	struct tally tally = { 0 };
	enum answer answer;
	int err = 0;

	while (command_option("policy test", test_help, argc, argv, "h", options) != -1)
		list = list ? list : json_array();
	if (optind == argc)
		return command_usage("policy test", "a file is missing");
	answer = policy_read(argv + optind, argc - optind, &policy);
	if (answer != ANSWER_DONE)
		return answer;
	if (!policy->case_count && !list)
		return refuse(ANSWER_NO, "policy: no cases (write some; see domicile policy test "
			      "--help)");
	tally.list = list;
	for (size_t i = 0; i < policy->case_count && !err; i++)
		err = run(policy, &policy->cases[i], &tally);
	if (err)
		return refuse(ANSWER_HOST, "policy: %s", strerror(-err));
	return tally_print(&tally);
}
