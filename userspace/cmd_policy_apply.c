// SPDX-License-Identifier: GPL-2.0-only
/* domicile policy apply, domicile policy confirm */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "cleanup.h"
#include "cmd_policy.h"
#include "command.h"
#include "enforce.h"
#include "in_force.h"
#include "moment.h"
#include "policy_apply.h"
#include "policy_change.h"
#include "rundir.h"
#include "taint.h"
#include "trial.h"

static const char apply_help[] =
	"Usage: domicile policy apply [--dry-run [--json]] [--audit] [--confirm TIME] FILE...\n"
	"\n"
	"Compiles the files, which together make one policy, labels its sources, and\n"
	"replaces the policy in force in one step, also for connections that are open. If\n"
	"anything is wrong, the policy that is in force stays. Where this host has a trusted\n"
	"key, each FILE needs a FILE.minisig, see domicile(8).\n"
	"\n"
	"      --dry-run       change nothing; check the files, their signatures and this host,\n"
	"                      and say what would be different\n"
	"      --json          that as one JSON object\n"
	"      --audit         the whole policy in audit mode: what its rules refuse is let\n"
	"                      through, and recorded\n"
	"      --confirm TIME  the policy before is in force again after TIME, such as 60s or\n"
	"                      5m, unless \"domicile policy confirm\" comes first\n"
	"  -h, --help          this text\n"
	"\n"
	"Exit status: 1 when the policy is not in order, or another is on trial.\n"
	"\n"
	"Examples:\n"
	"  domicile policy apply /etc/domicile/*.yaml\n"
	"  domicile policy apply --dry-run new.yaml\n"
	"  domicile policy apply --confirm 60s new.yaml && ssh this-host domicile policy confirm\n";

static const char confirm_help[] =
	"Usage: domicile policy confirm\n"
	"\n"
	"The policy that \"domicile policy apply --confirm\" has put in force stays in force.\n"
	"Log in anew to say so: who cannot should not.\n"
	"\n"
	"  -h, --help  this text\n"
	"\n"
	"Exit status: 1 when no policy is on trial, or it is too late.\n"
	"\n"
	"Examples:\n"
	"  domicile policy confirm\n";

struct terms {
	bool dry_run;
	bool json;
	bool audit;
	__u64 trial_ns; /* 0: none */
};

static enum answer open_enforcement(struct enforcement *enforcement)
{
	int err = enforce_open(enforcement);

	if (err == -ENOENT)
		return refuse(ANSWER_NO, "policy: enforcement is not on (use domicile up)");
	if (err)
		return refuse(ANSWER_HOST, "policy: cannot open the maps: %s", enforce_reason(err));
	return ANSWER_DONE;
}

static enum answer dry_run(const struct policy *policy, bool json)
{
	cleanup(enforce_close) struct enforcement enforcement = ENFORCEMENT_NONE;
	cleanup(in_force_close) struct in_force in_force = { 0 };
	cleanup(free_json) json_t *change = NULL;
	enum answer answer = open_enforcement(&enforcement);
	int err;

	if (answer == ANSWER_DONE)
		answer = policy_apply_check(policy);
	if (answer != ANSWER_DONE)
		return answer;
	err = in_force_read(&in_force);
	if (err)
		return refuse(ANSWER_HOST, "policy: cannot read what is in force: %s",
			      strerror(-err));
	change = policy_change(in_force.root, policy);
	if (!change)
		return refuse(ANSWER_HOST, "policy: no memory");
	if (json)
		json_dumpf(change, stdout, JSON_INDENT(2));
	else
		policy_change_print(change, stdout);
	if (json)
		putchar('\n');
	return ANSWER_DONE;
}

/* The lock is given back before anything is written to a terminal that may not take it. */
static enum answer apply_locked(const struct policy *policy, const struct terms *terms,
				struct enforcement *enforcement)
{
	cleanup(close_fd) int lock = -1;
	enum answer answer = rundir_lock("policy", &lock);

	if (answer == ANSWER_DONE)
		answer = open_enforcement(enforcement);
	if (answer == ANSWER_DONE)
		answer = policy_apply_check(policy);
	return answer == ANSWER_DONE ? policy_apply(policy, enforcement, terms->trial_ns) : answer;
}

static enum answer apply(const struct policy *policy, const struct terms *terms)
{
	cleanup(enforce_close) struct enforcement enforcement = ENFORCEMENT_NONE;
	enum answer answer = apply_locked(policy, terms, &enforcement);
	char digest[POLICY_DIGEST_TEXT_SIZE];

	if (answer != ANSWER_DONE)
		return answer;
	policy_digest_text(policy, digest);
	printf("in force: %.19s, generation %llu%s\n", digest,
	       (unsigned long long)enforcement.state->generation,
	       policy->audit ? ", in audit mode" : "");
	if (terms->trial_ns)
		printf("on trial: for %llu s, unless you confirm it (domicile policy confirm)\n",
		       (unsigned long long)(terms->trial_ns / MOMENT_NS_PER_S));
	return ANSWER_DONE;
}

static enum answer read_and_apply(char **files, size_t count, const struct terms *terms)
{
	cleanup(policy_freep) struct policy *policy = NULL;
	enum answer answer;

	taint_forget_self();
	answer = policy_read_trusted(files, count, &policy);
	if (answer != ANSWER_DONE)
		return answer;
	if (geteuid())
		return refuse(ANSWER_HOST, "policy: uid %u may not (run as root)", geteuid());
	if (terms->audit && policy->signer.present)
		return refuse(ANSWER_NO, "policy: --audit is not what was signed (have it signed "
			      "with mode: audit in its rules)");
	if (terms->audit)
		policy_audit(policy);
	return terms->dry_run ? dry_run(policy, terms->json) : apply(policy, terms);
}

int cmd_policy_apply(int argc, char **argv)
{
	static const struct option options[] = {
		{ "dry-run", no_argument, NULL, 'n' }, { "json", no_argument, NULL, 'j' },
		{ "audit", no_argument, NULL, 'a' }, { "confirm", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' }, { 0 }
	};
	struct terms terms = { 0 };
	int option;

	while ((option = command_option("policy apply", apply_help, argc, argv, "h",
					options)) != -1) {
		terms.dry_run |= option == 'n';
		terms.json |= option == 'j';
		terms.audit |= option == 'a';
		if (option == 'c' && moment_span(optarg, &terms.trial_ns))
			return command_usage("policy apply", "--confirm takes a time from 1s to "
					     "24h");
	}
	if (optind == argc)
		return command_usage("policy apply", "a file is missing");
	if (terms.json && !terms.dry_run)
		return command_usage("policy apply", "--json goes with --dry-run");
	if (terms.dry_run && terms.trial_ns)
		return command_usage("policy apply", "with --dry-run there is nothing to confirm");
	return read_and_apply(argv + optind, argc - optind, &terms);
}

int cmd_policy_confirm(int argc, char **argv)
{
	static const struct option options[] = { { "help", no_argument, NULL, 'h' }, { 0 } };
	cleanup(enforce_close) struct enforcement enforcement = ENFORCEMENT_NONE;
	cleanup(close_fd) int lock = -1;
	enum answer answer;

	while (command_option("policy confirm", confirm_help, argc, argv, "h", options) != -1)
		;
	if (optind < argc)
		return command_usage("policy confirm", "takes no arguments");
	if (geteuid())
		return refuse(ANSWER_HOST, "policy: uid %u may not (run as root)", geteuid());
	taint_forget_self();
	answer = rundir_lock("policy", &lock);
	if (answer == ANSWER_DONE)
		answer = open_enforcement(&enforcement);
	return answer == ANSWER_DONE ? trial_confirm(&enforcement) : answer;
}
