// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "export_field.h"
#include "in_force.h"
#include "top.h"

#define LOOK_BACK 2000 /* entries */
#define TEXT_MAX 512

static void flow_free(struct top_flow *flow)
{
	free(flow->process);
	free(flow->labels);
	free(flow->to);
}

static void log_forget(struct top *top)
{
	for (size_t i = 0; i < top->flow_count; i++)
		flow_free(&top->flows[i]);
	for (size_t i = 0; i < top->denial_count; i++)
		free(top->denials[i]);
	top->flow_count = top->denial_count = 0;
}

void top_free(struct top *top)
{
	log_forget(top);
	json_decref(top->status);
	top->status = NULL;
}

/* --- from a record ------------------------------------------------------------- */

static const char *text_at(const struct export_record *record, const char *path,
			   const char *otherwise)
{
	const char *text = export_get_text(record->object, path);

	return text ? text : otherwise;
}

/* To where; a network's name says more than the address, and both fit. */
static char *destination(const struct export_record *record)
{
	const char *address = text_at(record, "object.address", NULL);
	const char *network = text_at(record, "object.network", NULL);
	json_int_t port = json_integer_value(export_get(record->object, "object.port"));
	char *text;

	if (!address)
		return strdup(text_at(record, "object.path",
				      text_at(record, "object.family",
					      text_at(record, "object.kind", "-"))));
	if (asprintf(&text, "%s %" JSON_INTEGER_FORMAT "%s%s", address, port, network ? " " : "",
		     network ? network : "") < 0)
		return NULL;
	return text;
}

static int flow_of(const struct export_record *record, struct top_flow *flow)
{
	json_int_t count = json_integer_value(export_get(record->object, "count"));
	json_int_t bytes = json_integer_value(export_get(record->object, "bytes"));
	char labels[TEXT_MAX];

	in_force_names_text(export_get(record->object, "labels"), labels, sizeof(labels));
	*flow = (struct top_flow){
		.kind = record->kind, .process = strdup(text_at(record, "process.comm", "?")),
		.labels = strdup(labels), .to = destination(record),
		.count = count > 0 ? count : 1, .bytes = bytes > 0 ? bytes : 0,
		.last = record->index,
	};
	if (flow->process && flow->labels && flow->to)
		return 0;
	flow_free(flow);
	return -ENOMEM;
}

static bool is_same(const struct top_flow *one, const struct top_flow *other)
{
	return one->kind == other->kind && !strcmp(one->process, other->process) &&
	       !strcmp(one->labels, other->labels) && !strcmp(one->to, other->to);
}

/* Takes @flow over; to the front. The oldest goes when there is no room. */
static void flow_add(struct top *top, struct top_flow *flow)
{
	size_t i = 0;

	while (i < top->flow_count && !is_same(&top->flows[i], flow))
		i++;
	if (i < top->flow_count) {
		flow->count += top->flows[i].count;
		flow->bytes += top->flows[i].bytes;
		flow_free(&top->flows[i]);
	} else if (top->flow_count < TOP_FLOWS) {
		top->flow_count++;
	} else {
		flow_free(&top->flows[--i]);
	}
	memmove(top->flows + 1, top->flows, i * sizeof(*top->flows));
	top->flows[0] = *flow;
}

static int denial_add(struct top *top, const struct export_record *record)
{
	cleanup(free_memory) char *text = export_text(record);
	const char *time = text_at(record, "time", "");
	char *line;

	/* 2026-11-22T10:31:07...: the time of day is enough. */
	if (!text || asprintf(&line, "%.8s %s", strlen(time) > 19 ? time + 11 : "", text) < 0)
		return -ENOMEM;
	if (top->denial_count == TOP_DENIALS)
		free(top->denials[--top->denial_count]);
	memmove(top->denials + 1, top->denials, top->denial_count * sizeof(*top->denials));
	top->denials[0] = line;
	top->denial_count++;
	return 0;
}

int top_add(struct top *top, const struct export_record *record)
{
	struct top_flow flow;
	int err;

	if (record->kind < EXPORT_DENY || record->kind > EXPORT_ALLOW)
		return 0;
	err = flow_of(record, &flow);
	if (err)
		return err;
	flow_add(top, &flow);
	return record->kind == EXPORT_DENY || record->kind == EXPORT_KILL ? denial_add(top, record) :
									   0;
}

/* --- from the log ---------------------------------------------------------------- */

static int entry_add(struct top *top, const char *log, const unsigned char *entry, size_t size)
{
	struct export_record record;
	int err = export_record_read(&record, log, top->position.next, (const char *)entry, size);

	if (!err)
		err = top_add(top, &record);
	export_record_free(&record);
	merkle_leaf(entry, size, &top->position.leaf);
	top->position.next++;
	return err == -EILSEQ ? 0 : err;
}

/* Another log is begun with; of one that runs away, the last records are enough. */
static void position_set(struct top *top, struct tlog_reader *reader)
{
	uint64_t size = reader->checkpoint.size, first = size > LOOK_BACK ? size - LOOK_BACK : 0;

	if (position_check(&top->position, reader, NULL)) {
		log_forget(top);
		top->position = (struct position){ 0 };
	}
	if (first < reader->first)
		first = reader->first;
	if (top->position.next < first)
		top->position = (struct position){ .next = first };
}

void top_read(struct top *top, const char *path)
{
	cleanup(tlog_reader_close) struct tlog_reader reader = { .directory = -1 };
	const unsigned char *entry;
	int size, err;

	top->fault.text[0] = '\0';
	err = tlog_reader_open(&reader, path, &top->fault);
	if (err)
		return;
	position_set(top, &reader);
	while (!err && top->position.next < reader.checkpoint.size) {
		size = tlog_reader_entry(&reader, top->position.next, &entry, &top->fault);
		err = size < 0 ? size : entry_add(top, reader.checkpoint.origin, entry, size);
	}
}
