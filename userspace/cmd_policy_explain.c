// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "cmd_policy.h"
#include "command.h"
#include "options.h"
#include "policy_apply.h"
#include "policy_actor.h"
#include "policy_explain_use.h"
#include "policy_store_rule.h"
#include "policy_verdict.h"
#include "rundir.h"

static const char explain_help[] =
	"Usage: domicile policy explain -l LABEL... -t ADDRESS [--json] [FILE...]\n"
	"       domicile policy explain -l LABEL... -a PATH [--json] [FILE...]\n"
	"       domicile policy explain -l LABEL... -u read|write [--program PATH] [--uid UID]\n"
	"                               [--cgroup PATH] [--json] [FILE...]\n"
	"\n"
	"Says whether data with the labels may be sent to the address, by the tables that\n"
	"the kernel would get: the rule and network that decide, and the prefix of the\n"
	"address; or whether it may be stored on the file system of this host where the path\n"
	"is; or whether such a process may read or change files that hold it. Without files,\n"
	"those of /etc/domicile. Needs no privilege.\n"
	"\n"
	"  -l, --label LABEL   a label of the data; can be repeated\n"
	"  -t, --to ADDRESS    198.51.100.7, 198.51.100.7:443 or [2001:db8::7]:53/udp\n"
	"  -a, --at PATH       a file or directory of this host\n"
	"  -u, --use USE       read or write, by whom the next three say together\n"
	"      --program PATH  of what the process executes\n"
	"      --uid UID       its user, as a number\n"
	"      --cgroup PATH   where it is, such as /system.slice/postgresql.service\n"
	"  -p, --policy FILE   as FILE\n"
	"      --json          as one JSON object\n"
	"  -h, --help          this text\n"
	"\n"
	"Exit status: 0 it may (also when a rule in audit mode would refuse it); 1 not.\n"
	"\n"
	"Examples:\n"
	"  domicile policy explain -l cn.pii -t 198.51.100.7:443\n"
	"  domicile policy explain -l cn.pii -t 2001:db8::7 --json new.yaml | jq -r .verdict\n"
	"  domicile policy explain -l cn.pii -a /media/usb\n"
	"  domicile policy explain -l cn.pii -u read --program /usr/bin/rsync --uid 0\n";

struct question {
	struct option_list files;
	struct option_list names;
	const char *to_text;
	const char *at; /* instead */
	struct use_question use; /* or that */
	struct endpoint to;
	struct domicile_label_set labels;
	bool json;
};

static void question_free(struct question *question)
{
	option_list_free(&question->files);
	option_list_free(&question->names);
}

static enum answer labels_find(struct question *question, const struct policy *policy)
{
	for (size_t i = 0; i < question->names.count; i++) {
		const char *name = question->names.values[i], *nearest;
		int index = policy_label_index(policy, name);

		nearest = index < 0 ? policy_label_nearest(policy, name) : NULL;
		if (nearest)
			return refuse(ANSWER_NO, "policy: no label '%s' (did you mean '%s'?)", name,
				      nearest);
		if (index < 0)
			return refuse(ANSWER_NO, "policy: no label '%s' (see domicile policy show)",
				      name);
		label_set_add(&question->labels, index);
	}
	return ANSWER_DONE;
}

static const char *prefix_of(const struct question *question, const struct policy_ruling *ruling,
			     char text[PREFIX_TEXT_MAX])
{
	struct prefix prefix = policy_span_prefix(&ruling->span, &question->to.address);

	prefix_text(&prefix, text);
	return text;
}

static void print_network(const struct policy *policy, const struct policy_ruling *ruling)
{
	const struct policy_network *network = &policy->networks[ruling->network];
	const char *others = policy->classes[ruling->span.class].text;

	if (ruling->network == POLICY_ANYWHERE) {
		puts("network  none");
		return;
	}
	printf("network  %s (%s:%u:%u)\n", network->name, network->place.file,
	       network->place.line, network->place.column);
	if (strcmp(others, network->name))
		printf("is in    %s\n", others);
}

static void print_rule(const struct policy_ruling *ruling)
{
	const struct policy_place *place = ruling->resolver ? &ruling->resolver->place :
					   ruling->rule ? &ruling->rule->place : NULL;

	if (!place) {
		puts("rule     none");
		return;
	}
	printf("%s %s:%u:%u%s%s\n", ruling->resolver ? "resolver" : "rule    ", place->file,
	       place->line, place->column, ruling->rule ? ", " : "",
	       ruling->rule ? policy_mode_name(ruling->rule->mode) : "");
}

static void print_ruling(const struct question *question, const struct policy *policy,
			 const struct policy_ruling *ruling)
{
	char to[ENDPOINT_TEXT_MAX], prefix[PREFIX_TEXT_MAX];

	printf("%s: %s to %s: %s\n", policy_verdict_name(ruling->verdict),
	       policy->labels[ruling->label].name, endpoint_text(&question->to, to),
	       policy_ruling_reason(ruling));
	print_rule(ruling);
	print_network(policy, ruling);
	printf("prefix   %s\n", prefix_of(question, ruling, prefix));
}

static json_t *json_place(const struct policy_place *place)
{
	return json_pack("{s:s, s:i, s:i}", "file", place->file, "line", (int)place->line,
			 "column", (int)place->column);
}

static json_t *ruling_json(const struct question *question, const struct policy *policy,
			   const struct policy_ruling *ruling)
{
	bool network = ruling->network != POLICY_ANYWHERE;
	char to[ENDPOINT_TEXT_MAX], prefix[PREFIX_TEXT_MAX];

	return json_pack("{s:s, s:s, s:s, s:s, s:s?, s:o?, s:o?, s:s?, s:s}", "verdict",
			 policy_verdict_name(ruling->verdict), "reason",
			 policy_ruling_reason(ruling), "label", policy->labels[ruling->label].name,
			 "to", endpoint_text(&question->to, to), "mode",
			 ruling->rule ? policy_mode_name(ruling->rule->mode) : NULL, "rule",
			 ruling->rule ? json_place(&ruling->rule->place) : NULL, "resolver",
			 ruling->resolver ? json_place(&ruling->resolver->place) : NULL, "network",
			 network ? policy->networks[ruling->network].name : NULL, "prefix",
			 prefix_of(question, ruling, prefix));
}

/* --- stored ---------------------------------------------------------------- */

static void print_stored(const struct question *question, const struct policy *policy,
			 const struct mount *mount, const struct store_verdict *verdict)
{
	const struct policy_rule *rule = verdict->rule;

	printf("%s: %s at %s (%s): %s\n", policy_verdict_name(verdict->verdict),
	       policy->labels[verdict->label].name, question->at, mount->type, verdict->reason);
	if (rule)
		printf("rule     %s:%u:%u, %s\n", rule->place.file, rule->place.line,
		       rule->place.column, policy_mode_name(rule->store_mode));
	else
		puts("rule     none");
	printf("place    %s\n",
	       verdict->storage < 0 ? "none" : policy->storages[verdict->storage].name);
}

static json_t *stored_json(const struct question *question, const struct policy *policy,
			   const struct mount *mount, const struct store_verdict *verdict)
{
	const struct policy_rule *rule = verdict->rule;

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s?, s:o?, s:s?}", "verdict",
			 policy_verdict_name(verdict->verdict), "reason", verdict->reason, "label",
			 policy->labels[verdict->label].name, "at", question->at, "filesystem",
			 mount->type, "mode", rule ? policy_mode_name(rule->store_mode) : NULL,
			 "rule", rule ? json_place(&rule->place) : NULL, "storage",
			 verdict->storage < 0 ? NULL : policy->storages[verdict->storage].name);
}

static enum answer explain_stored(const struct question *question, const struct policy *policy)
{
	cleanup(free_json) json_t *json = NULL;
	struct store_verdict verdict;
	struct mount mount;
	int err = mount_of(question->at, &mount);

	if (err)
		return refuse(ANSWER_NO, "policy: %s: %s", question->at, strerror(-err));
	policy_store_judge(policy, &question->labels, &(struct store_target){ &mount, NULL },
			   &verdict);
	if (question->json) {
		json = stored_json(question, policy, &mount, &verdict);
		json_dumpf(json, stdout, JSON_INDENT(2));
		putchar('\n');
	} else {
		print_stored(question, policy, &mount, &verdict);
	}
	return verdict.verdict == DOMICILE_VERDICT_DENY ? ANSWER_NO : ANSWER_DONE;
}

/* --------------------------------------------------------------------------- */

static enum answer explain(struct question *question)
{
	cleanup(policy_freep) struct policy *policy = NULL;
	cleanup(free_json) json_t *json = NULL;
	struct policy_ruling ruling;
	enum answer answer = policy_read(question->files.values, question->files.count, &policy);

	if (answer == ANSWER_DONE)
		answer = labels_find(question, policy);
	if (answer != ANSWER_DONE)
		return answer;
	if (question->at)
		return explain_stored(question, policy);
	if (question->use.use)
		return explain_use(&question->use, policy, &question->labels, question->json);
	policy_judge(policy, &question->labels, &question->to, &ruling);
	if (question->json) {
		json = ruling_json(question, policy, &ruling);
		json_dumpf(json, stdout, JSON_INDENT(2));
		putchar('\n');
	} else {
		print_ruling(question, policy, &ruling);
	}
	return ruling.verdict == DOMICILE_VERDICT_DENY ? ANSWER_NO : ANSWER_DONE;
}

static int take_option(struct question *question, int option)
{
	switch (option) {
	case 'l':
		return option_list_add(&question->names, optarg);
	case 'p':
		return option_list_add(&question->files, optarg);
	case 't':
		question->to_text = optarg;
		break;
	case 'a':
		question->at = optarg;
		break;
	case 'u':
		question->use.use = optarg;
		break;
	case 'P':
		question->use.who.program = optarg;
		break;
	case 'C':
		question->use.who.cgroup = optarg;
		break;
	case 'U':
		question->use.who.has_uid = true;
		return uid_parse(optarg, &question->use.who.uid);
	case 'j':
		question->json = true;
		break;
	}
	return 0;
}

int cmd_policy_explain(int argc, char **argv)
{
	static const struct option options[] = {
		{ "label", required_argument, NULL, 'l' }, { "to", required_argument, NULL, 't' },
		{ "at", required_argument, NULL, 'a' }, { "use", required_argument, NULL, 'u' },
		{ "program", required_argument, NULL, 'P' },
		{ "uid", required_argument, NULL, 'U' },
		{ "cgroup", required_argument, NULL, 'C' },
		{ "policy", required_argument, NULL, 'p' }, { "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' }, { 0 },
	};
	cleanup(question_free) struct question question = { 0 };
	int option, err = 0;

	while ((option = command_option("policy explain", explain_help, argc, argv, "l:t:a:u:p:h",
					options)) != -1 && !err)
		err = take_option(&question, option);
	for (; optind < argc && !err; optind++)
		err = option_list_add(&question.files, argv[optind]);
	if (!err && !question.files.count)
		err = option_list_add_policies(&question.files);
	if (err == -EINVAL)
		return command_usage("policy explain", "--uid takes the number of a user");
	if (err)
		return refuse(ANSWER_HOST, "policy: %s", strerror(-err));
	if (!question.names.count ||
	    !!question.to_text + !!question.at + !!question.use.use != 1)
		return command_usage("policy explain", "--label and one of --to, --at and --use "
				     "are needed");
	if (use_question_wrong(&question.use))
		return command_usage("policy explain", use_question_wrong(&question.use));
	if (question.to_text && endpoint_parse(question.to_text, &question.to))
		return command_usage("policy explain", "--to takes " ENDPOINT_SYNTAX);
	if (!question.files.count)
		return command_usage("policy explain", "a file is missing, and " DOMICILE_POLICY_DIR
				     " has none");
	return explain(&question);
}
