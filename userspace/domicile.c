// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "enforce.h"

static const struct command commands[] = {
	{ "doctor", cmd_doctor, "can this host enforce? what is missing, and the remedy" },
	{ "up", cmd_up, "start enforcement" },
	{ "down", cmd_down, "stop enforcement and leave nothing behind" },
	{ "status", cmd_status, "what is enforced, since when, and what happened" },
	{ "policy", cmd_policy, "check, apply and show policies" },
	{ "network", cmd_network, "show networks and countries, and look up addresses" },
	{ "label", cmd_label, "set, clear and show the labels of files" },
	{ "task", cmd_task, "show the labels of a process and where they came from" },
	{ "run", cmd_run, "start a command that holds labels already" },
	{ "audit", cmd_audit, "show what was denied, and prove it" },
	{ "metrics", cmd_metrics, "metrics for Prometheus" },
	{ "top", cmd_top, "a live view of flows, denials and labelled processes" },
};

static const char help[] =
	"Usage: domicile COMMAND [ARGUMENT]...\n"
	"\n"
	"Keeps personal data where it lawfully lives: labels files, follows the labels\n"
	"through every process, and refuses to let labelled data go where the policy does\n"
	"not allow it. `domicile COMMAND --help` explains a command, with examples.\n"
	"\n"
	"Exit status: 0 done; 1 the answer is no; 2 usage; 3 this host cannot.\n"
	"\n"
	"A first day:\n"
	"  domicile doctor                           what is missing on this host?\n"
	"  domicile policy check /etc/domicile/*.yaml\n"
	"  domicile up                               enforce every /etc/domicile/*.yaml\n"
	"  domicile audit tail -f                    watch what is denied\n";

int main(int argc, char **argv)
{
	enforce_verbose(false);
	if (argc > 1 && (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))) {
		puts("domicile " DOMICILE_VERSION);
		return ANSWER_DONE;
	}
	return command_run(commands, sizeof(commands) / sizeof(*commands), "", help, argc, argv);
}
