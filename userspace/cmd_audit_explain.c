// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "cmd_audit.h"
#include "command.h"
#include "number.h"
#include "origin.h"
#include "plain.h"
#include "record.h"
#include "rundir.h"
#include "tlog_reader.h"

static const char explain_help[] =
	"Usage: domicile audit explain [--json] N [DIR]\n"
	"\n"
	"The way of the data of entry N, from its source to its sink, as far as the log in\n"
	"DIR (default " DOMICILE_TLOG_DIR ") knows: where the newest label came\n"
	"from, which process took it from there, which one was judged, and how. What lies\n"
	"between two processes, a fork, a pipe or a file, is not recorded.\n"
	"\n"
	"      --json  one JSON object: \"index\", and \"hops\" from the source on\n"
	"  -h, --help  this text\n"
	"\n"
	"Example:\n"
	"  domicile audit show --verdict deny -n 1 && domicile audit explain 17\n";

struct explain {
	const char *path;
	uint64_t index;
	bool json;
	struct tlog_reader reader;
	json_t *record, *taker; /* @taker: a record of the process that took the label, or NULL */
	uint64_t taker_index;
	struct fault fault;
};

static void explain_free(struct explain *explain)
{
	tlog_reader_close(&explain->reader);
	json_decref(explain->record);
	json_decref(explain->taker);
}

/* --- what the log knows ---------------------------------------------------------- */

static int record_read(struct explain *explain)
{
	const unsigned char *data;
	int size = tlog_reader_entry(&explain->reader, explain->index, &data, &explain->fault);

	if (size < 0)
		return size;
	explain->record = json_loadb((const char *)data, size, 0, NULL);
	if (json_is_object(json_object_get(explain->record, "process")))
		return 0;
	return fault_set(&explain->fault, -EINVAL, "entry %" PRIu64 " is no decision (see domicile "
			 "audit show --from %" PRIu64 " -n 1)", explain->index, explain->index);
}

/* Of the same boot, where numbers of processes are used again: the nearest before. */
static bool is_of_taker(const struct explain *explain, json_t *other, json_int_t pid)
{
	json_t *process = json_object_get(other, "process");

	return json_integer_value(json_object_get(process, "pid")) == pid &&
	       json_equal(json_object_get(other, "boot_id"),
			  json_object_get(explain->record, "boot_id"));
}

/* The label's taker may have done something that was recorded: then its name is known. */
static int taker_find(struct explain *explain)
{
	json_t *source = json_object_get(explain->record, "source");
	json_int_t pid = json_integer_value(json_object_get(source, "pid"));
	const unsigned char *data;
	char needle[32];

	snprintf(needle, sizeof(needle), "\"pid\":%" JSON_INTEGER_FORMAT ",", pid);
	for (uint64_t i = explain->reader.first; pid && i < explain->index; i++) {
		int size = tlog_reader_entry(&explain->reader, i, &data, &explain->fault);
		json_t *other;

		if (size < 0)
			return size;
		if (!memmem(data, size, needle, strlen(needle)))
			continue;
		other = json_loadb((const char *)data, size, 0, NULL);
		if (is_of_taker(explain, other, pid)) {
			json_t *before = explain->taker;

			explain->taker = json_incref(other);
			explain->taker_index = i;
			json_decref(before);
		}
		json_decref(other);
	}
	return 0;
}

/* --- telling it ------------------------------------------------------------------- */

static void hop_add(json_t *hops, const char *kind, json_t *what)
{
	json_array_append_new(hops, json_pack("{s:s, s:O}", "hop", kind, "what", what));
}

static json_t *taker_json(const struct explain *explain, json_t *pid)
{
	if (!explain->taker)
		return json_pack("{s:O}", "pid", pid);
	return json_pack("{s:O, s:I}", "process", json_object_get(explain->taker, "process"),
			 "known_from", (json_int_t)explain->taker_index);
}

static json_t *hops_json(const struct explain *explain)
{
	json_t *source = json_object_get(explain->record, "source"), *hops = json_array();
	json_t *process = json_object_get(explain->record, "process");
	json_t *pid = json_object_get(source, "pid");

	if (json_is_object(source))
		hop_add(hops, "source", source);
	if (json_integer_value(pid) && !json_equal(pid, json_object_get(process, "pid"))) {
		cleanup(free_json) json_t *taker = taker_json(explain, pid);

		hop_add(hops, "taken_by", taker);
	}
	hop_add(hops, "process", process);
	hop_add(hops, "sink", json_object_get(explain->record, "object"));
	return hops;
}

static const char *text_of(json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "?";
}

static void source_print(json_t *source)
{
	json_t *peer = json_object_get(source, "peer");

	fputs("source    ", stdout);
	if (!json_is_object(source))
		fputs("not known", stdout);
	else if (json_is_object(peer))
		origin_peer_print(peer, stdout);
	else
		plain_print(text_of(source, "path"), stdout);
	if (json_is_object(source))
		printf(" (device %s, inode %" JSON_INTEGER_FORMAT "), at %s", text_of(source, "dev"),
		       json_integer_value(json_object_get(source, "ino")), text_of(source, "time"));
	putchar('\n');
}

static void process_print(const char *what, json_t *process)
{
	printf("%-10s", what);
	plain_print(text_of(process, "comm"), stdout);
	printf("[%" JSON_INTEGER_FORMAT "] ", json_integer_value(json_object_get(process, "pid")));
	plain_print(text_of(process, "exe"), stdout);
	putchar('\n');
}

static void taker_print(const struct explain *explain, json_t *pid)
{
	if (!explain->taker)
		printf("taken by  process %" JSON_INTEGER_FORMAT ", which no entry before names\n",
		       json_integer_value(pid));
	else
		process_print("taken by", json_object_get(explain->taker, "process"));
	puts("          then passed on; how is not recorded");
}

static void explain_print(const struct explain *explain)
{
	json_t *source = json_object_get(explain->record, "source");
	json_t *process = json_object_get(explain->record, "process");
	json_t *pid = json_object_get(source, "pid");

	source_print(source);
	if (json_integer_value(pid) && !json_equal(pid, json_object_get(process, "pid")))
		taker_print(explain, pid);
	process_print("process", process);
	fputs("decision  ", stdout);
	record_print(explain->record, stdout);
}

static int run(struct explain *explain)
{
	cleanup(free_json) json_t *json = NULL;
	int err = tlog_reader_open(&explain->reader, explain->path, &explain->fault);

	if (!err)
		err = record_read(explain);
	if (!err)
		err = taker_find(explain);
	if (err)
		return err;
	if (!explain->json) {
		explain_print(explain);
		return 0;
	}
	json = json_pack("{s:I, s:o, s:O}", "index", (json_int_t)explain->index, "hops",
			 hops_json(explain), "entry", explain->record);
	json_dumpf(json, stdout, JSON_COMPACT);
	putchar('\n');
	return 0;
}

int audit_explain(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	cleanup(explain_free) struct explain explain = { .path = DOMICILE_TLOG_DIR,
							 .reader.directory = -1 };
	int option, err;

	while ((option = command_option("audit explain", explain_help, argc, argv, "h",
					options)) != -1)
		explain.json |= option == 'j';
	if (optind == argc || argc - optind > 2 || number_parse(argv[optind], &explain.index))
		return command_usage("audit explain", "takes the number of an entry, and a directory");
	if (optind + 1 < argc)
		explain.path = argv[optind + 1];
	err = run(&explain);
	return err ? audit_refuse("audit explain", err, &explain.fault) : ANSWER_DONE;
}
