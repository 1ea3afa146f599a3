// SPDX-License-Identifier: GPL-2.0-only
#include "cmd_audit.h"
#include "command.h"

static const struct command commands[] = {
	{ "tail", audit_tail, "the last records, and new ones as they come" },
	{ "append", audit_append, "append records to a log that anybody can verify" },
	{ "verify", audit_verify, "check such a log, or a proof from it, offline" },
	{ "prove", audit_prove, "prove that an entry is in it, or that it only grew" },
	{ "show", audit_show, "search its entries" },
	{ "explain", audit_explain, "the way of the data, from its source to an entry's sink" },
	{ "export", audit_export, "to a file, syslog, the journal or OpenTelemetry" },
};

static const char help[] =
	"Usage: domicile audit COMMAND [ARGUMENT]...\n"
	"\n"
	"Examples:\n"
	"  domicile audit tail -n 50\n"
	"  domicile audit tail -f\n"
	"  domicile audit verify --key host1.vkey /mnt/copy/tlog\n";

int cmd_audit(int argc, char **argv)
{
	return command_run(commands, sizeof(commands) / sizeof(*commands), "audit", help, argc,
			   argv);
}
