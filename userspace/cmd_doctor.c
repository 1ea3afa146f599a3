// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <stdio.h>

#include "cleanup.h"
#include "colour.h"
#include "command.h"
#include "host.h"

static const char help[] =
	"Usage: domicile doctor [--json]\n"
	"\n"
	"Looks at everything that enforcement needs from this host, and names the remedy\n"
	"for what is missing. Changes nothing. As root it also tries whether the kernel\n"
	"loads the kinds of BPF program that are needed. A warning, as of swap that is not\n"
	"encrypted, does not keep a host from enforcing.\n"
	"\n"
	"      --json  the checks as one JSON object\n"
	"  -h, --help  this text\n"
	"\n"
	"Exit status: 0 this host can enforce; 3 it cannot, or only root can tell.\n"
	"\n"
	"Examples:\n"
	"  domicile doctor\n"
	"  domicile doctor --json | jq '.checks[] | select(.state == \"missing\")'\n";

static void print_check(const struct host_check *check)
{
	static const enum colour colours[] = {
		[HOST_OK] = COLOUR_GREEN,
		[HOST_MISSING] = COLOUR_RED,
		[HOST_UNKNOWN] = COLOUR_YELLOW,
		[HOST_WARNING] = COLOUR_YELLOW,
	};

	_Static_assert(sizeof(colours) / sizeof(*colours) == HOST_STATES, "every state");
	printf("%s%-7s%s  %s: %s", colour(colours[check->state], stdout),
	       host_state_name(check->state), colour(COLOUR_NONE, stdout), check->name,
	       check->detail);
	if (check->remedy[0])
		printf(" (%s)", check->remedy);
	putchar('\n');
}

static void print_json(const struct host_check *checks, size_t count, bool can)
{
	cleanup(free_json) json_t *array = json_array();
	cleanup(free_json) json_t *answer = NULL;

	for (size_t i = 0; i < count; i++)
		json_array_append_new(array, json_pack("{s:s, s:s, s:s, s:s}", "name",
						       checks[i].name, "state",
						       host_state_name(checks[i].state), "detail",
						       checks[i].detail, "remedy",
						       checks[i].remedy));
	answer = json_pack("{s:b, s:O}", "can_enforce", can, "checks", array);
	json_dumpf(answer, stdout, JSON_INDENT(2));
	putchar('\n');
}

int cmd_doctor(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' }, { "help", no_argument, NULL, 'h' }, { 0 }
	};
	struct host_check checks[HOST_CHECKS_MAX];
	size_t count, wanting = 0;
	bool json = false;

	while (command_option("doctor", help, argc, argv, "h", options) != -1)
		json = true;
	if (optind < argc)
		return command_usage("doctor", "takes no arguments");
	count = host_check(checks);
	for (size_t i = 0; i < count; i++) {
		wanting += checks[i].state == HOST_MISSING || checks[i].state == HOST_UNKNOWN;
		if (!json)
			print_check(&checks[i]);
	}
	if (json)
		print_json(checks, count, !wanting);
	else
		puts(wanting ? "This host cannot enforce yet." : "This host can enforce.");
	return wanting ? ANSWER_HOST : ANSWER_DONE;
}
