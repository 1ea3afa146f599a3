/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a command answers: its exit status, and one line on standard error when
 * the answer is not "done".
 */
#ifndef DOMICILE_ANSWER_H
#define DOMICILE_ANSWER_H

#include <stdarg.h>

enum answer {
	ANSWER_DONE = 0,
	ANSWER_NO = 1, /* a check failed, a denial, nothing to do */
	ANSWER_USAGE = 2,
	ANSWER_HOST = 3, /* this host cannot */
};

/* Where complaints go from now on: the system log instead of standard error. */
void complain_to_syslog(const char *program);

/* "domicile: WHAT: WHY (hint)". */
__attribute__((format(printf, 1, 2)))
void complain(const char *format, ...);

/* complain(), and give @answer back. */
__attribute__((format(printf, 2, 3)))
enum answer refuse(enum answer answer, const char *format, ...);

#endif /* DOMICILE_ANSWER_H */
