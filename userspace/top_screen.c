// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <wchar.h>

#define NCURSES_WIDECHAR 1
#include <ncurses.h>

#include "cleanup.h"
#include "export_field.h"
#include "in_force.h"
#include "plain.h"
#include "top.h"

#define CELL_MAX 512
#define SMALLEST_LINES 10
#define SMALLEST_COLUMNS 40

/*
 * At most @width columns of @text, from column @x on. Names come from anybody, and what is cut
 * is cut between characters.
 */
static void put(int y, int x, int width, const char *text)
{
	cleanup(free_memory) char *plain = NULL;
	size_t size, left;
	FILE *file = open_memstream(&plain, &size);
	mbstate_t state = { 0 };
	const char *byte;

	if (!file)
		return;
	plain_print(text, file);
	if (fclose(file))
		return;
	move(y, x);
	for (byte = plain, left = size; left && width > 0;) {
		wchar_t one[2] = { 0 };
		size_t length = mbrtowc(one, byte, left, &state);
		int columns = length < CELL_MAX ? wcwidth(*one) : -1;

		if (columns < 0) {
			one[0] = L'?';
			columns = 1;
			length = 1;
			state = (mbstate_t){ 0 };
		}
		if (columns <= width)
			addwstr(one);
		width -= columns;
		byte += length;
		left -= length;
	}
}

__attribute__((format(printf, 4, 5)))
static void put_format(int y, int x, int width, const char *format, ...)
{
	char text[CELL_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	put(y, x, width, text);
}

static json_int_t number(const struct top *top, const char *path)
{
	return json_integer_value(export_get(top->status, path));
}

static const char *text_of(const struct top *top, const char *path, const char *otherwise)
{
	const char *text = export_get_text(top->status, path);

	return text ? text : otherwise;
}

static void draw_head(const struct top *top, const struct top_view *view)
{
	bool on = json_is_true(export_get(top->status, "enforcing"));
	json_int_t size = number(top, "ring.size");

	attron(A_REVERSE);
	mvhline(0, 0, ' ', COLS);
	put_format(0, 0, COLS, " domicile top  %s%.19s%s", on ? "enforcing since " : "not enforcing",
		   on ? text_of(top, "since", "") : "", view->paused ? "  (paused)" : "");
	attroff(A_REVERSE);
	put_format(1, 0, COLS, " policy %.19s  generation %" JSON_INTEGER_FORMAT "  daemon %s",
		   text_of(top, "policy.digest", "none"), number(top, "generation"),
		   number(top, "daemon") ? "running" : "not running");
	put_format(2, 0, COLS, " denied %" JSON_INTEGER_FORMAT "  audited %" JSON_INTEGER_FORMAT
		   "  allowed %" JSON_INTEGER_FORMAT "  lost %" JSON_INTEGER_FORMAT
		   "  ring %" JSON_INTEGER_FORMAT " %%",
		   number(top, "counters.denied"), number(top, "counters.audited"),
		   number(top, "counters.allowed"), number(top, "counters.records_lost"),
		   size ? number(top, "ring.used") * 100 / size : 0);
}

static void draw_title(int y, const char *title)
{
	attron(A_BOLD);
	mvhline(y, 0, ' ', COLS);
	put(y, 0, COLS, title);
	attroff(A_BOLD);
}

/* 1234567 as 1.2M: five columns. */
static const char *short_number(uint64_t number, char text[8])
{
	static const char units[] = " kMGTPE";
	const char *unit = units;
	double value = number;

	for (; value >= 1000 && unit[1]; unit++)
		value /= 1000;
	snprintf(text, 8, value < 10 && unit != units ? "%.1f%c" : "%.0f%c", value, *unit);
	return text;
}

static bool is_denied(enum export_kind kind)
{
	return kind == EXPORT_DENY || kind == EXPORT_KILL;
}

static void draw_flow(int y, const struct top_flow *flow)
{
	chtype pair = COLOR_PAIR(is_denied(flow->kind) ? 1 : flow->kind == EXPORT_ALLOW ? 2 : 3);
	char count[8], bytes[8];

	attron(pair);
	put(y, 1, 6, export_kind_name(flow->kind));
	attroff(pair);
	put_format(y, 7, 6, "%6s", short_number(flow->count, count));
	put_format(y, 14, 6, "%6s", short_number(flow->bytes, bytes));
	put(y, 21, 12, flow->process);
	put(y, 34, 14, flow->labels);
	put(y, 49, COLS - 49, flow->to);
}

static void draw_flows(const struct top *top, const struct top_view *view, int y, int rows)
{
	draw_title(y, " flow    times  bytes process      labels         to");
	for (size_t i = 0; i < top->flow_count && rows > 1; i++) {
		if (view->denied_only && !is_denied(top->flows[i].kind))
			continue;
		draw_flow(++y, &top->flows[i]);
		rows--;
	}
	if (top->fault.text[0] && rows > 1)
		put_format(y + 1, 1, COLS - 1, "the log: %s", top->fault.text);
}

static void draw_denials(const struct top *top, int y, int rows)
{
	draw_title(y, " refused last");
	for (size_t i = 0; i < top->denial_count && (int)i < rows - 1; i++)
		put(y + 1 + i, 1, COLS - 1, top->denials[i]);
}

static void draw_processes(const struct top *top, int y, int rows)
{
	const json_t *tasks = export_get(top->status, "tasks");
	char title[CELL_MAX], labels[CELL_MAX];
	json_t *task;
	size_t i;

	snprintf(title, sizeof(title), " labelled processes: %zu", json_array_size(tasks));
	draw_title(y, title);
	json_array_foreach(tasks, i, task) {
		if ((int)i >= rows - 1)
			return;
		in_force_names_text(json_object_get(task, "labels"), labels, sizeof(labels));
		put_format(y + 1 + i, 1, 8, "%7" JSON_INTEGER_FORMAT,
			   json_integer_value(json_object_get(task, "pid")));
		put(y + 1 + i, 10, 15, json_string_value(json_object_get(task, "comm")));
		put(y + 1 + i, 26, COLS - 26, labels);
	}
}

/* Half of the room is for flows, a quarter each for denials and processes. */
void top_draw(const struct top *top, const struct top_view *view)
{
	int room = LINES - 4, flows = room / 2, denials = (room - flows) / 2;

	erase();
	if (LINES < SMALLEST_LINES || COLS < SMALLEST_COLUMNS) {
		put(0, 0, COLS, "the screen is too small");
		refresh();
		return;
	}
	draw_head(top, view);
	draw_flows(top, view, 3, flows);
	draw_denials(top, 3 + flows, denials);
	draw_processes(top, 3 + flows + denials, room - flows - denials);
	attron(A_REVERSE);
	mvhline(LINES - 1, 0, ' ', COLS);
	put(LINES - 1, 0, COLS - 1, view->denied_only ? " q quit  d all flows  p pause" :
						       " q quit  d refused only  p pause");
	attroff(A_REVERSE);
	refresh();
}
