// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "progress.h"

#define WIDTH 30
#define REDRAW_NS 100000000ull

static struct {
	const char *what;
	unsigned long done;
	unsigned long total;
	unsigned long long drawn; /* CLOCK_MONOTONIC, ns */
	bool shown;
	bool active;
} bar;

static unsigned long long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

static void draw(void)
{
	static const char full[] = "##############################";
	int filled;

	if (!bar.total) {
		fprintf(stderr, "\r\033[K%s %lu", bar.what, bar.done);
	} else {
		filled = (int)(bar.done * WIDTH / bar.total);
		filled = filled > WIDTH ? WIDTH : filled;
		fprintf(stderr, "\r\033[K%s [%.*s%*s] %lu/%lu", bar.what, filled, full,
			WIDTH - filled, "", bar.done, bar.total);
	}
	fflush(stderr);
	bar.shown = true;
	bar.drawn = now_ns();
}

void progress_start(const char *what, unsigned long total)
{
	bar.what = what;
	bar.done = 0;
	bar.total = total;
	bar.active = isatty(STDERR_FILENO);
	bar.drawn = now_ns();
}

void progress_step(void)
{
	bar.done++;
	if (bar.active && now_ns() - bar.drawn >= REDRAW_NS)
		draw();
}

void progress_hide(void)
{
	if (!bar.shown)
		return;
	fputs("\r\033[K", stderr);
	fflush(stderr);
	bar.shown = false;
}

void progress_end(void)
{
	progress_hide();
	bar.active = false;
}
