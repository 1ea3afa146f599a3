// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <string.h>

#include <ncurses.h>

#include "cleanup.h"
#include "command.h"
#include "enforce.h"
#include "interrupt.h"
#include "moment.h"
#include "rundir.h"
#include "status.h"
#include "top.h"

#define TICK_MS 200
#define EVERY MOMENT_NS_PER_S

static const char help[] =
	"Usage: domicile top [--log DIR]\n"
	"\n"
	"A live view of this host: flows of labelled data, what was refused last, and the\n"
	"processes that hold labels. Begins with the last records of the log, which\n"
	"`domicile audit show` searches.\n"
	"\n"
	"  q, Ctrl-C  quit\n"
	"  d          flows that were refused, or all again\n"
	"  p          pause, or go on\n"
	"\n"
	"      --log DIR  the log (default " DOMICILE_TLOG_DIR ")\n"
	"  -h, --help     this text\n"
	"\n"
	"Examples:\n"
	"  domicile top\n"
	"  ssh -t host1 sudo domicile top\n";

/* As status_object(). */
static int look(struct top *top, const char *log)
{
	json_t *status = NULL;
	int err = status_object(true, &status);

	if (err)
		return err;
	json_decref(top->status);
	top->status = status;
	top_read(top, log);
	return 0;
}

/* Return: false to quit. */
static bool key_take(int key, struct top_view *view)
{
	view->paused ^= key == 'p';
	view->denied_only ^= key == 'd';
	return key != 'q' && key != 'Q';
}

/* A key, ERR: none. Return: false when the terminal is gone. */
static bool key_wait(int *key)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };

	if (poll(&input, 1, TICK_MS) > 0 && (input.revents & (POLLHUP | POLLERR | POLLNVAL)))
		return false;
	*key = getch();
	return true;
}

static int watch(struct top *top, const char *log)
{
	struct top_view view = { 0 };
	__u64 looked = moment_boottime();
	int key = ERR, err = 0;

	do {
		if (!view.paused && moment_boottime() - looked >= EVERY) {
			err = look(top, log);
			looked = moment_boottime();
		}
		top_draw(top, &view);
	} while (!err && !interrupt_waits() && key_wait(&key) && key_take(key, &view));
	return err;
}

static void colours_start(void)
{
	if (start_color() == ERR)
		return;
	use_default_colors();
	init_pair(1, COLOR_RED, -1);
	init_pair(2, COLOR_GREEN, -1);
	init_pair(3, COLOR_YELLOW, -1);
}

static SCREEN *screen_open(void)
{
	SCREEN *screen = newterm(NULL, stdout, stdin);

	if (!screen)
		return NULL;
	colours_start();
	cbreak();
	noecho();
	nodelay(stdscr, true);
	keypad(stdscr, true);
	curs_set(0);
	return screen;
}

/* What went wrong is said when the terminal is as it was. */
static enum answer run(struct top *top, const char *log)
{
	int err = look(top, log);
	SCREEN *screen;

	if (!err) {
		screen = screen_open();
		if (!screen)
			return refuse(ANSWER_HOST, "top: this terminal is not known (set TERM)");
		err = watch(top, log);
		endwin();
		delscreen(screen);
	}
	if (!err)
		return ANSWER_DONE;
	return refuse(ANSWER_HOST, "top: %s%s", err == -ESTALE ? enforce_reason(err) : strerror(-err),
		      err == -EPERM ? " (run as root)" : "");
}

int cmd_top(int argc, char **argv)
{
	static const struct option options[] = {
		{ "log", required_argument, NULL, 'L' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	cleanup(top_free) struct top top = { 0 };
	const char *log = DOMICILE_TLOG_DIR;
	int option;

	while ((option = command_option("top", help, argc, argv, "h", options)) != -1)
		if (option == 'L')
			log = optarg;
	if (optind < argc)
		return command_usage("top", "takes no arguments");
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return refuse(ANSWER_USAGE, "top: it needs a terminal (domicile status --tasks and "
			      "audit show do not)");
	setlocale(LC_CTYPE, "");
	interrupt_hold(NULL);
	return run(&top, log);
}
