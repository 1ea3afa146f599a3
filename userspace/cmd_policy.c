// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "cleanup.h"
#include "cmd_policy.h"
#include "command.h"
#include "enforce.h"
#include "in_force.h"
#include "moment.h"
#include "options.h"
#include "policy_apply.h"
#include "provenance.h"
#include "rundir.h"
#include "trial.h"

static const struct option options_json[] = {
	{ "json", no_argument, NULL, 'j' }, { "help", no_argument, NULL, 'h' }, { 0 }
};

static const char show_help[] =
	"Usage: domicile policy show [--json] [FILE...]\n"
	"\n"
	"Shows the policy in force, or what the files would make.\n"
	"\n"
	"      --json  as one JSON object\n"
	"  -h, --help  this text\n"
	"\n"
	"Exit status: 1 when no policy is in force.\n"
	"\n"
	"Examples:\n"
	"  domicile policy show\n"
	"  domicile policy show --json /etc/domicile/cn.yaml\n";

static void print_source(const char *heading, json_t *source)
{
	const char *listen = json_string_value(json_object_get(source, "listen"));
	const char *from = json_string_value(json_object_get(source, "from"));

	printf("%-11s%s", heading,
	       listen ? listen : json_string_value(json_object_get(source, "path")));
	if (listen)
		printf(" from %s", from ? from : "anywhere");
	printf(": %s\n", json_string_value(json_object_get(source, "label")));
}

static void print_signed(json_t *signer)
{
	if (json_is_object(signer))
		printf("%-11skey %s, serial %lld\n", "signed",
		       json_string_value(json_object_get(signer, "key")),
		       json_integer_value(json_object_get(signer, "serial")));
}

static void print_trial(void)
{
	struct trial trial = { 0 };

	if (trial_read(&trial))
		return;
	printf("%-11s%llu s more, unless it is confirmed (domicile policy confirm)\n", "on trial",
	       (unsigned long long)trial_left(&trial));
	trial_close(&trial);
}

/* A file of addresses; its name may be no text, and its date not be known. */
static void print_data(const char *heading, const json_t *data)
{
	const char *date = json_string_value(json_object_get(data, "date"));
	const char *file = json_string_value(json_object_get(data, "file"));

	printf("%-11s%s (%s%s%s)\n", heading, file ? file : "?",
	       json_string_value(json_object_get(data, "format")), date ? ", " : "",
	       date ? date : "");
}

/* "local: ext4, tmpfs" */
static void print_place(const char *heading, json_t *place)
{
	static const char *const kinds[] = { "filesystem", "uuid", "mount" };
	const char *between = "";
	json_t *item;
	size_t i;

	printf("%-11s%s: ", heading, json_string_value(json_object_get(place, "name")));
	for (size_t kind = 0; kind < sizeof(kinds) / sizeof(*kinds); kind++)
		json_array_foreach(json_object_get(place, kinds[kind]), i, item) {
			printf("%s%s", between, json_string_value(item));
			between = ", ";
		}
	putchar('\n');
}

static void print_in_force(const struct in_force *in_force)
{
	json_t *labels = json_object_get(in_force->root, "labels"), *item;
	char applied[MOMENT_TEXT_MAX] = "?";
	__u64 moment;
	size_t i;

	if (!moment_parse(in_force_text(in_force, "applied"), &moment))
		moment_local(applied, moment);
	printf("%-11s%s\n", "policy", in_force_text(in_force, "digest"));
	printf("%-11s%llu\n", "generation", (unsigned long long)in_force->generation);
	printf("%-11s%s by ", "applied", applied);
	provenance_print(in_force_applied_by(in_force), stdout);
	putchar('\n');
	print_signed(json_object_get(in_force->root, "signed"));
	if (json_is_true(json_object_get(in_force->root, "audit")))
		printf("%-11saudit: what its rules refuse is let through, and recorded\n", "mode");
	print_trial();
	json_array_foreach(json_object_get(in_force->root, "files"), i, item)
		printf("%-11s%s\n", i ? "" : "files", json_string_value(item));
	json_array_foreach(json_object_get(json_object_get(in_force->root, "policy"), "data"), i,
			   item)
		print_data(i ? "" : "data", item);
	json_array_foreach(labels, i, item)
		printf("%-11s%s: %s\n", i ? "" : "labels",
		       json_string_value(json_object_get(item, "name")),
		       json_is_true(json_object_get(item, "in_policy")) ?
			       json_string_value(json_object_get(item, "title")) :
			       "no longer in the policy; allowed nowhere");
	json_array_foreach(json_object_get(json_object_get(in_force->root, "policy"), "sources"),
			   i, item)
		print_source(i ? "" : "sources", item);
	json_array_foreach(json_object_get(json_object_get(in_force->root, "policy"), "places"),
			   i, item)
		print_place(i ? "" : "places", item);
	json_array_foreach(in_force_carriers(in_force), i, item)
		printf("%-11s%s: %s\n", i ? "" : "carriers",
		       json_string_value(json_object_get(item, "cgroup")),
		       json_string_value(json_object_get(item, "labelled")));
}

static void add_trial(json_t *root)
{
	struct trial trial = { 0 };

	json_object_set_new(root, "trial_seconds_left",
			    trial_read(&trial) ? json_null() : json_integer(trial_left(&trial)));
	trial_close(&trial);
}

static int show_in_force(bool json)
{
	cleanup(in_force_close) struct in_force in_force = { 0 };
	int err = in_force_read(&in_force);

	if (err == -ENOENT)
		return refuse(ANSWER_NO, "policy: none is in force (use domicile up)");
	if (err)
		return refuse(ANSWER_HOST, "policy: cannot read " DOMICILE_RUN_DIR "/policy.json: "
			      "%s", strerror(-err));
	if (json) {
		add_trial(in_force.root);
		json_dumpf(in_force.root, stdout, JSON_INDENT(2));
		putchar('\n');
	} else {
		print_in_force(&in_force);
	}
	return ANSWER_DONE;
}

static int policy_show_command(int argc, char **argv)
{
	cleanup(policy_freep) struct policy *policy = NULL;
	cleanup(free_json) json_t *object = NULL;
	bool json = false;
	enum answer answer;

	while (command_option("policy show", show_help, argc, argv, "h", options_json) != -1)
		json = true;
	if (optind == argc)
		return show_in_force(json);
	answer = policy_read(argv + optind, argc - optind, &policy);
	if (answer != ANSWER_DONE)
		return answer;
	if (!json) {
		policy_show(policy, stdout);
		return ANSWER_DONE;
	}
	object = policy_json(policy);
	json_dumpf(object, stdout, JSON_INDENT(2));
	putchar('\n');
	return ANSWER_DONE;
}

static const struct command commands[] = {
	{ "check", cmd_policy_check, "compile policy files; changes nothing" },
	{ "test", cmd_policy_test, "run the cases of policy files" },
	{ "diff", cmd_policy_diff, "what another policy would change" },
	{ "simulate", cmd_policy_simulate, "what another policy would say of what is recorded" },
	{ "explain", cmd_policy_explain, "what the files say of data on its way somewhere, and why" },
	{ "apply", cmd_policy_apply, "replace the policy in force" },
	{ "confirm", cmd_policy_confirm, "keep the policy that apply --confirm has put in force" },
	{ "show", policy_show_command, "show the policy in force, or that of files" },
};

static const char help[] =
	"Usage: domicile policy COMMAND [ARGUMENT]...\n"
	"\n"
	"Examples:\n"
	"  domicile policy check /etc/domicile/*.yaml\n"
	"  domicile policy apply --confirm 60s /etc/domicile/*.yaml\n"
	"  domicile policy show\n";

int cmd_policy(int argc, char **argv)
{
	return command_run(commands, sizeof(commands) / sizeof(*commands), "policy", help, argc,
			   argv);
}
