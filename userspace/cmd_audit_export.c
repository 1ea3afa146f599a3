// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "cmd_audit.h"
#include "command.h"
#include "export.h"
#include "interrupt.h"
#include "number.h"
#include "rundir.h"

#define JOURNAL "unix:/run/systemd/journal/socket"

static const char export_help[] =
	"Usage: domicile audit export [--format FORMAT] [--to TARGET] [--follow]\n"
	"                             [--cursor FILE] [--from N] [OPTION]... [DIR]\n"
	"\n"
	"Delivers the entries of the log in DIR (default " DOMICILE_TLOG_DIR ")\n"
	"to where others are watched. What the target does not take waits in the log.\n"
	"\n"
	"  format   is                                   goes to\n"
	"  json     the entries as they are, numbered    syslog, standard output\n"
	"  ocsf     OCSF 1.4                             syslog, standard output\n"
	"  ecs      Elastic Common Schema 8              syslog, standard output\n"
	"  cef      ArcSight Common Event Format         syslog, standard output\n"
	"  syslog   RFC 5424 with structured data        syslog, standard output\n"
	"  otlp     OpenTelemetry logs, JSON             HTTP, standard output\n"
	"  journal  fields of systemd-journald           the journal, standard output\n"
	"\n"
	"      --format FORMAT  one of them (default json)\n"
	"      --to TARGET      unix:PATH, udp://HOST[:PORT], tcp://HOST[:PORT] or\n"
	"                       tls://HOST[:PORT] for syslog, where formats other than syslog\n"
	"                       are the text of its messages; http://... or https://...;\n"
	"                       - for standard output, a message a line (default; journal:\n"
	"                       the host's journal)\n"
	"  -f, --follow         go on with new entries, and try again when the target is away\n"
	"      --cursor FILE    begin behind what was delivered before, and keep it there\n"
	"      --from N         begin with entry N, unless there is a cursor\n"
	"      --ca FILE        trust these certificates (PEM) and not those of the system\n"
	"      --cert FILE, --cert-key FILE\n"
	"                       this client's certificate and its key (PEM)\n"
	"      --headers FILE   of requests by HTTP, \"Name: value\" a line\n"
	"  -h, --help           this text\n"
	"\n"
	"Exit status: 0 all was delivered, or it was told to stop; 1 it was not, and waits.\n"
	"\n"
	"Examples:\n"
	"  domicile audit export --format ecs | jq .event.action\n"
	"  domicile audit export --format syslog --to tls://siem.example --ca siem.pem \\\n"
	"      --follow --cursor /var/lib/domicile/siem.cursor\n"
	"  domicile audit export --format otlp --to http://localhost:4318/v1/logs --follow \\\n"
	"      --cursor /var/lib/domicile/otlp.cursor\n";

struct request {
	struct export export;
	const char *format, *to, *cursor;
	uint64_t from;
	struct target_options options;
};

static enum answer cursor_begin(struct request *request, struct fault *fault)
{
	struct cursor *cursor = &request->export.cursor;
	int err = cursor_open(cursor, request->cursor, fault);

	if (err)
		return audit_refuse("audit export", err, fault);
	if (!cursor->log[0])
		cursor->position.next = request->from;
	return ANSWER_DONE;
}

static enum answer run(struct request *request)
{
	struct export *export = &request->export;
	struct fault fault = { 0 };
	enum answer answer = cursor_begin(request, &fault);
	int err;

	if (answer)
		return answer;
	interrupt_hold(NULL);
	err = export_run(export, &fault);
	return err ? audit_refuse("audit export", err, &fault) : ANSWER_DONE;
}

static enum answer request_check(struct request *request)
{
	struct export *export = &request->export;
	char names[128], wrong[256];
	struct fault fault = { 0 };
	int err;

	export->format = export_format_find(request->format);
	if (!export->format) {
		snprintf(wrong, sizeof(wrong), "--format takes one of %s",
			 export_format_names(names, sizeof(names)));
		return command_usage("audit export", wrong);
	}
	if (!request->options.certificate != !request->options.key)
		return command_usage("audit export", "--cert and --cert-key go together");
	if (!request->to)
		request->to = export->format->carriage == EXPORT_BY_JOURNAL ? JOURNAL : "-";
	err = target_open(&export->target, request->to, export->format, &request->options, &fault);
	if (err)
		return refuse(ANSWER_USAGE, "audit export: %s",
			      fault.text[0] ? fault.text : strerror(-err));
	if (strcmp(request->to, "-"))
		signal(SIGPIPE, SIG_IGN);
	return ANSWER_DONE;
}

/* NULL, or what is wrong. */
static const char *option_set(struct request *request, int option, char *argument)
{
	switch (option) {
	case 'F':
		request->format = argument;
		break;
	case 't':
		request->to = argument;
		break;
	case 'c':
		request->cursor = argument;
		break;
	case 'N':
		return number_parse(argument, &request->from) ? "--from takes a number" : NULL;
	case 'a':
		request->options.ca = argument;
		break;
	case 'C':
		request->options.certificate = argument;
		break;
	case 'K':
		request->options.key = argument;
		break;
	case 'H':
		request->options.headers = argument;
		break;
	}
	request->export.follow |= option == 'f';
	return NULL;
}

static enum answer options_read(struct request *request, int argc, char **argv)
{
	static const struct option options[] = {
		{ "format", required_argument, NULL, 'F' }, { "to", required_argument, NULL, 't' },
		{ "follow", no_argument, NULL, 'f' },
		{ "cursor", required_argument, NULL, 'c' },
		{ "from", required_argument, NULL, 'N' },   { "ca", required_argument, NULL, 'a' },
		{ "cert", required_argument, NULL, 'C' },
		{ "cert-key", required_argument, NULL, 'K' },
		{ "headers", required_argument, NULL, 'H' },
		{ "help", no_argument, NULL, 'h' },	    { 0 },
	};
	const char *wrong;
	int option;

	while ((option = command_option("audit export", export_help, argc, argv, "fh",
					options)) != -1) {
		wrong = option_set(request, option, optarg);
		if (wrong)
			return command_usage("audit export", wrong);
	}
	if (argc - optind > 1)
		return command_usage("audit export", "takes one directory");
	if (optind < argc)
		request->export.path = argv[optind];
	return ANSWER_DONE;
}

int audit_export(int argc, char **argv)
{
	struct request request = { .format = "json", .export.path = DOMICILE_TLOG_DIR,
				   .export.cursor.lock = -1, .export.target.fd = -1 };
	enum answer answer = options_read(&request, argc, argv);

	if (!answer)
		answer = request_check(&request);
	if (!answer)
		answer = run(&request);
	target_close(&request.export.target);
	cursor_close(&request.export.cursor);
	return answer;
}
