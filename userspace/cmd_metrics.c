// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "await.h"
#include "cleanup.h"
#include "command.h"
#include "enforce.h"
#include "interrupt.h"
#include "map_fill.h"
#include "metrics.h"
#include "moment.h"
#include "replace.h"
#include "rundir.h"
#include "status.h"
#include "tlog.h"

#define STATE DOMICILE_LOG_DIR "/metrics.json"

static const char help[] =
	"Usage: domicile metrics [--output FILE] [--every TIME] [--state FILE] [--log DIR]\n"
	"\n"
	"Metrics for Prometheus: what is enforced, verdicts by label, rule and network,\n"
	"records written and lost, how full ring and maps are, labelled processes, the age\n"
	"of the policy and of the log's last signature. FILE is replaced in one step, as the\n"
	"textfile collector of the node exporter wants it.\n"
	"\n"
	"  -o, --output FILE  write there, mode 0644 (default: standard output)\n"
	"      --every TIME   do it again every TIME, 15s or 5m, until SIGTERM\n"
	"      --state FILE   what of the log was counted before (default\n"
	"                     " STATE ")\n"
	"      --log DIR      the log (default " DOMICILE_TLOG_DIR ")\n"
	"  -h, --help         this text\n"
	"\n"
	"Examples:\n"
	"  domicile metrics | grep verdicts\n"
	"  domicile metrics --every 15s --output \\\n"
	"      /var/lib/prometheus/node-exporter/domicile.prom\n";

struct request {
	const char *output, *state, *log;
	__u64 every; /* ns; 0: once */
};

/* Counted anew from its first entry if the state is lost: Prometheus knows of resets. */
static int log_count(const struct request *request, struct tally *tally, struct metrics *metrics,
		     struct fault *fault)
{
	cleanup(tlog_reader_close) struct tlog_reader reader = { .directory = -1 };
	struct stat checkpoint;
	int err = tlog_reader_open(&reader, request->log, fault);

	if (err)
		return err;
	err = tally_read(tally, request->state);
	if (!err)
		err = tally_update(tally, &reader, fault);
	if (err)
		return err;
	err = tally_write(tally, request->state);
	if (err)
		complain("metrics: %s: %s (the log is counted anew next time)", request->state,
			 strerror(-err));
	metrics->tally = tally;
	metrics->entries = reader.checkpoint.size;
	if (!fstatat(reader.directory, TLOG_CHECKPOINT, &checkpoint, 0))
		metrics->checkpoint = checkpoint.st_mtim.tv_sec;
	return 0;
}

static int output_write(const struct request *request, const struct metrics *metrics)
{
	cleanup(free_memory) char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);
	int err = file ? metrics_write(metrics, file) : -ENOMEM;

	if (file && fclose(file) && !err)
		err = -ENOMEM;
	if (err)
		return err;
	if (request->output)
		return replace_file(request->output, text, 0644);
	fputs(text, stdout);
	return fflush(stdout) ? -errno : 0;
}

static enum answer collect(const struct request *request)
{
	cleanup(tally_free) struct tally tally = { 0 };
	cleanup(free_json) json_t *status = NULL;
	struct metrics metrics = { 0 };
	struct fault fault = { 0 };
	int err = status_object(true, &status);

	if (err)
		return refuse(ANSWER_HOST, "metrics: %s%s", err == -ESTALE ? enforce_reason(err) :
			      strerror(-err), err == -EPERM ? " (run as root)" : "");
	metrics.status = status;
	if (json_is_true(json_object_get(status, "enforcing")))
		json_object_set_new(status, "maps", map_fill());
	err = log_count(request, &tally, &metrics, &fault);
	if (err && err != -ENOENT)
		complain("metrics: %s (the log is left out)", fault.text[0] ? fault.text :
									  strerror(-err));
	err = output_write(request, &metrics);
	return err ? refuse(ANSWER_HOST, "metrics: %s: %s", request->output ? request->output :
			    "standard output", strerror(-err)) : ANSWER_DONE;
}

int cmd_metrics(int argc, char **argv)
{
	static const struct option options[] = {
		{ "output", required_argument, NULL, 'o' },
		{ "every", required_argument, NULL, 'e' },
		{ "state", required_argument, NULL, 's' },
		{ "log", required_argument, NULL, 'L' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct request request = { .state = STATE, .log = DOMICILE_TLOG_DIR };
	enum answer answer;
	int option;

	while ((option = command_option("metrics", help, argc, argv, "o:h", options)) != -1) {
		if (option == 'o')
			request.output = optarg;
		if (option == 's')
			request.state = optarg;
		if (option == 'L')
			request.log = optarg;
		if (option == 'e' && moment_span(optarg, &request.every))
			return command_usage("metrics", "--every takes a time from 1s to 24h");
	}
	if (optind < argc)
		return command_usage("metrics", "takes no arguments");
	interrupt_hold(NULL);
	do
		answer = collect(&request);
	while (request.every && !await_time(request.every));
	return answer;
}
