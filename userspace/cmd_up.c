// SPDX-License-Identifier: GPL-2.0-only
/* domicile up, domicile down */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "command.h"
#include "daemon.h"
#include "enforce.h"
#include "in_force.h"
#include "options.h"
#include "rundir.h"

static const char up_help[] =
	"Usage: domicile up [-p POLICY]...\n"
	"\n"
	"Checks the policy and the host, loads the module and the BPF programs, labels the\n"
	"policy's sources, and starts the daemon that writes the log. All or nothing. When\n"
	"enforcement is on and only the daemon is gone, starts a new daemon.\n"
	"\n"
	"  -p, --policy FILE  policy to enforce; several make one policy\n"
	"                     (default: every /etc/domicile/*.yaml)\n"
	"  -h, --help         this text\n"
	"\n"
	"Examples:\n"
	"  domicile up\n"
	"  domicile up -p cn.yaml -p eu.yaml\n";

static const char down_help[] =
	"Usage: domicile down [--keep-module]\n"
	"\n"
	"Detaches every program, stops the daemon and removes the module. Labels on disk\n"
	"stay. Labels of running processes are forgotten.\n"
	"\n"
	"      --keep-module  leave domicile.ko loaded\n"
	"  -h, --help         this text\n"
	"\n"
	"Exit status: 1 when enforcement was not on.\n"
	"\n"
	"Examples:\n"
	"  domicile down\n"
	"  domicile down --keep-module && domicile up -p new.yaml\n";

static void print_enforcing(void)
{
	cleanup(in_force_close) struct in_force in_force = { 0 };

	if (in_force_read(&in_force))
		return;
	printf("enforcing %.19s: %zu programs attached (domicile status)\n",
	       in_force_text(&in_force, "digest"), enforce_programs());
}

int cmd_up(int argc, char **argv)
{
	static const struct option options[] = {
		{ "policy", required_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	cleanup(option_list_free) struct option_list files = { 0 };
	bool was_on = enforce_is_on();
	int status;

	while (command_option("up", up_help, argc, argv, "p:h", options) != -1)
		if (option_list_add(&files, optarg))
			return refuse(ANSWER_HOST, "up: no memory");
	if (optind < argc)
		return command_usage("up", "takes policies with -p only");
	status = daemon_spawn(files.values, files.count);
	if (status < 0)
		return refuse(ANSWER_HOST, "up: cannot start domiciled: %s", strerror(-status));
	if (status == ANSWER_DONE && !was_on)
		print_enforcing();
	return status;
}

/* Records that waited for a daemon are written before they go with the ring. */
static void drain_without_daemon(void)
{
	pid_t daemon;

	if (daemon_find(&daemon) && enforce_is_on() && daemon_spawn(NULL, 0) != ANSWER_DONE)
		complain("down: records that no daemon wrote are lost");
}

int cmd_down(int argc, char **argv)
{
	static const struct option options[] = {
		{ "keep-module", no_argument, NULL, 'k' }, { "help", no_argument, NULL, 'h' }, { 0 }
	};
	cleanup(close_fd) int lock = -1;
	bool keep_module = false;
	enum answer answer;

	while (command_option("down", down_help, argc, argv, "h", options) != -1)
		keep_module = true;
	if (optind < argc)
		return command_usage("down", "takes no arguments");
	if (geteuid())
		return refuse(ANSWER_HOST, "down: uid %u may not (run as root)", geteuid());
	drain_without_daemon();
	answer = rundir_lock("down", &lock);
	if (answer != ANSWER_DONE)
		return answer;
	return enforce_stop(keep_module);
}
