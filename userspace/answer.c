// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <stdio.h>
#include <syslog.h>

#include "answer.h"
#include "progress.h"

static bool to_syslog;

void complain_to_syslog(const char *program)
{
	openlog(program, LOG_PID, LOG_DAEMON);
	to_syslog = true;
}

static void complain_va(const char *format, va_list arguments)
{
	char line[2048];

	vsnprintf(line, sizeof(line), format, arguments);
	if (to_syslog) {
		syslog(LOG_WARNING, "%s", line);
		return;
	}
	progress_hide();
	fflush(stdout);
	fprintf(stderr, "domicile: %s\n", line);
}

void complain(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	complain_va(format, arguments);
	va_end(arguments);
}

enum answer refuse(enum answer answer, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	complain_va(format, arguments);
	va_end(arguments);
	return answer;
}
