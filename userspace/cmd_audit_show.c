// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "audit_filter.h"
#include "cleanup.h"
#include "cmd_audit.h"
#include "command.h"
#include "number.h"
#include "record.h"
#include "rundir.h"
#include "tlog_reader.h"

static const char show_help[] =
	"Usage: domicile audit show [--since TIME] [--until TIME] [--label LABEL]\n"
	"                           [--verdict VERDICT] [--program PROGRAM] [--address ADDRESS]\n"
	"                           [--subject PID] [--from N] [-n COUNT] [--json] [DIR]\n"
	"\n"
	"Shows the entries of the log in DIR (default " DOMICILE_TLOG_DIR ") that fit\n"
	"all of what is given, with their numbers, the oldest first. Does not check them:\n"
	"`domicile audit verify` does.\n"
	"\n"
	"      --since TIME       at TIME or later: UTC, 2026-11-22 or 2026-11-22T10:30:00\n"
	"      --until TIME       before TIME\n"
	"      --label LABEL      of data that a process with LABEL held\n"
	"      --verdict VERDICT  deny, audit, kill or allow\n"
	"      --program PROGRAM  of this path, or this name\n"
	"      --address ADDRESS  to, or with data from, this IPv4 or IPv6 address\n"
	"      --subject PID      of this process\n"
	"      --from N           begin with entry N\n"
	"  -n, --lines COUNT      at most COUNT entries; says where to go on\n"
	"      --json             each as {\"index\":N,\"entry\":...}, one a line\n"
	"  -h, --help             this text\n"
	"\n"
	"Exit status: 0 something was found; 1 nothing.\n"
	"\n"
	"Examples:\n"
	"  domicile audit show --label cn.pii --verdict deny --since 2026-11-22\n"
	"  domicile audit show --program rsync --json | jq -r .entry.object.address\n"
	"  domicile audit show -n 50 --from 5000\n";

struct show {
	const char *path;
	struct audit_filter filter;
	uint64_t from, most;
	bool json;
	struct tlog_reader reader;
	uint64_t shown;
	struct fault fault;
};

static void entry_show(struct show *show, uint64_t index, const unsigned char *data, size_t size)
{
	cleanup(free_json) json_t *object = json_loadb((const char *)data, size, 0, NULL);

	if (!object || !audit_filter_wants(&show->filter, object))
		return;
	show->shown++;
	if (show->json) {
		printf("{\"index\":%" PRIu64 ",\"entry\":%.*s}\n", index, (int)size, data);
		return;
	}
	printf("%8" PRIu64 " ", index);
	record_print(object, stdout);
}

static int entries_show(struct show *show)
{
	uint64_t size = show->reader.checkpoint.size, index;
	const unsigned char *data;

	index = show->from > show->reader.first ? show->from : show->reader.first;
	for (; index < size && show->shown < show->most && !ferror(stdout); index++) {
		int length = tlog_reader_entry(&show->reader, index, &data, &show->fault);

		if (length < 0)
			return length;
		entry_show(show, index, data, length);
	}
	if (index < size && !show->json && !ferror(stdout))
		printf("         more: --from %" PRIu64 "\n", index);
	return 0;
}

static enum answer run(struct show *show)
{
	int err = tlog_reader_open(&show->reader, show->path, &show->fault);

	if (!err)
		err = entries_show(show);
	tlog_reader_close(&show->reader);
	fflush(stdout);
	if (err)
		return audit_refuse("audit show", err, &show->fault);
	return show->shown ? ANSWER_DONE : ANSWER_NO;
}

static bool is_verdict(const char *name)
{
	for (unsigned int i = 1; i < DOMICILE_VERDICTS; i++)
		if (!strcmp(name, record_verdict_name(i)))
			return true;
	return false;
}

static bool is_address(const char *text)
{
	unsigned char address[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
}

/* NULL, or what is wrong. */
static const char *option_set(struct show *show, int option, const char *argument)
{
	struct audit_filter *filter = &show->filter;
	uint64_t pid;

	switch (option) {
	case 's':
		filter->since = argument;
		return audit_time_is_valid(argument) ? NULL : "--since takes a time, 2026-11-22 or "
							      "2026-11-22T10:30:00";
	case 'u':
		filter->until = argument;
		return audit_time_is_valid(argument) ? NULL : "--until takes a time, 2026-11-22 or "
							      "2026-11-22T10:30:00";
	case 'l':
		filter->label = argument;
		return NULL;
	case 'V':
		filter->verdict = argument;
		return is_verdict(argument) ? NULL : "--verdict takes deny, audit, kill or allow";
	case 'p':
		filter->program = argument;
		return NULL;
	case 'a':
		filter->address = argument;
		return is_address(argument) ? NULL : "--address takes an IPv4 or IPv6 address";
	case 'P':
		if (number_parse(argument, &pid) || !pid || pid > INT_MAX)
			return "--subject takes the number of a process";
		filter->pid = pid;
		return NULL;
	case 'F':
		return number_parse(argument, &show->from) ? "--from takes a number" : NULL;
	case 'n':
		return number_parse(argument, &show->most) || !show->most ?
			       "-n takes a number above 0" : NULL;
	}
	show->json |= option == 'j';
	return NULL;
}

int audit_show(int argc, char **argv)
{
	static const struct option options[] = {
		{ "since", required_argument, NULL, 's' },
		{ "until", required_argument, NULL, 'u' },
		{ "label", required_argument, NULL, 'l' },
		{ "verdict", required_argument, NULL, 'V' },
		{ "program", required_argument, NULL, 'p' },
		{ "address", required_argument, NULL, 'a' },
		{ "subject", required_argument, NULL, 'P' },
		{ "from", required_argument, NULL, 'F' },
		{ "lines", required_argument, NULL, 'n' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct show show = { .path = DOMICILE_TLOG_DIR, .most = UINT64_MAX };
	const char *wrong;
	int option;

	while ((option = command_option("audit show", show_help, argc, argv, "n:h",
					options)) != -1) {
		wrong = option_set(&show, option, optarg);
		if (wrong)
			return command_usage("audit show", wrong);
	}
	if (argc - optind > 1)
		return command_usage("audit show", "takes one directory");
	if (optind < argc)
		show.path = argv[optind];
	return run(&show);
}
