// SPDX-License-Identifier: GPL-2.0-only
#include <limits.h>
#include <string.h>

#include "cleanup.h"
#include "cmd_policy.h"
#include "command.h"
#include "host.h"
#include "number.h"
#include "policy_document.h"
#include "policy_error.h"
#include "source_check.h"

static const char check_help[] =
	"Usage: domicile policy check [--json] FILE...\n"
	"\n"
	"Compiles the files, which together make one policy, and changes nothing. Needs no\n"
	"privilege. An error names file, line, column and the nearest valid spelling. It\n"
	"warns of what is in order and says nothing, such as rules that others cover, labels\n"
	"without a rule and networks without addresses, and of what this host cannot do.\n"
	"\n"
	"      --json  the policy, or its errors, with the warnings, as one JSON object\n"
	"  -h, --help  this text\n"
	"\n"
	"Exit status: 0 in order, also with warnings; 1 not.\n"
	"\n"
	"Examples:\n"
	"  domicile policy check /etc/domicile/*.yaml\n"
	"  domicile policy check --json new.yaml | jq .errors\n";

static __u64 prefixes(const struct policy *policy)
{
	__u64 sum = 0;

	for (size_t i = 0; i < policy->network_count; i++)
		sum += policy->networks[i].prefixes4 + policy->networks[i].prefixes6;
	return sum;
}

static void print_summary(const struct policy *policy, size_t warnings)
{
	char digest[POLICY_DIGEST_TEXT_SIZE], text[NUMBER_TEXT_MAX];

	policy_digest_text(policy, digest);
	printf("%-10s%s\n", "policy", digest);
	printf("%-10s%s\n", "labels", number_text(text, policy->label_count));
	printf("%-10s%s\n", "networks", number_text(text, policy->network_count));
	printf("%-10s%s\n", "prefixes", number_text(text, prefixes(policy)));
	printf("%-10s%s\n", "sources", number_text(text, policy->source_count +
							  policy->listen_count));
	if (policy->carrier_count)
		printf("%-10s%s\n", "carriers", number_text(text, policy->carrier_count));
	printf("%-10s%s\n", "rules", number_text(text, policy->rule_count));
	if (warnings)
		printf("%-10s%s\n", "warnings", number_text(text, warnings));
	puts("OK");
}

/* What apply would refuse here. Another host may be different, so it is no error. */
static void check_host(const struct policy *policy, struct policy_errors *warnings)
{
	cleanup(documents_free) struct documents documents = { 0 };
	struct policy_errors unreadable = { 0 };
	char why[SOURCE_WHY_MAX], path[PATH_MAX];

	for (size_t i = 0; i < policy->source_count; i++)
		if (source_check(&policy->sources[i], why))
			policy_warning_add(warnings, &policy->sources[i].place,
					   "not on this host: %s", why);
	if (policy->carrier_count && host_cgroup_root(path))
		policy_warning_add(warnings, &policy->carriers[0].place, "not on this host: "
				   "cgroup v2 is not mounted (mount -t cgroup2 cgroup2 "
				   "/sys/fs/cgroup)");
	if (!documents_read(policy->files, policy->file_count, &documents, &unreadable))
		policy_errors_place(warnings, &documents);
}

static json_t *check_json(const struct policy *policy, const struct policy_errors *errors,
			  const struct policy_errors *host)
{
	json_t *object = policy ? policy_json(policy) :
				  json_pack("{s:o}", "errors",
					    policy_errors_json(errors, POLICY_ERROR));
	json_t *warnings = policy_errors_json(errors, POLICY_WARNING);
	cleanup(free_json) json_t *more = policy_errors_json(host, POLICY_WARNING);

	json_array_extend(warnings, more);
	json_object_set_new(object, "warnings", warnings);
	return object;
}

static enum answer check(char **files, size_t count, bool as_json)
{
	struct policy_errors errors = { 0 }, host = { 0 };
	cleanup(policy_freep) struct policy *policy = NULL;
	int err = policy_compile_confined(files, count, &policy, &errors);
	cleanup(free_json) json_t *json = NULL;

	if (!err)
		check_host(policy, &host);
	if (as_json) {
		json = check_json(policy, &errors, &host);
		json_dumpf(json, stdout, JSON_INDENT(2));
		putchar('\n');
	} else {
		policy_errors_print(&errors, stderr);
		policy_errors_print(&host, stderr);
	}
	if (!err && !as_json)
		print_summary(policy, errors.count + host.count);
	return err ? ANSWER_NO : ANSWER_DONE;
}

int cmd_policy_check(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' }, { "help", no_argument, NULL, 'h' }, { 0 }
	};
	bool json = false;

	while (command_option("policy check", check_help, argc, argv, "h", options) != -1)
		json = true;
	if (optind == argc)
		return command_usage("policy check", "a file is missing");
	return check(argv + optind, argc - optind, json);
}
