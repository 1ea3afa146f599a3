/* SPDX-License-Identifier: GPL-2.0-only */
/* The command line: tables of commands, and their options. */
#ifndef DOMICILE_COMMAND_H
#define DOMICILE_COMMAND_H

#include <getopt.h>
#include <stddef.h>

#include "answer.h"

struct command {
	const char *name;
	int (*run)(int argc, char **argv); /* argv[0] is the command's name */
	const char *help; /* one line */
};

/*
 * Runs the command that argv[1] names. @name is that of the table itself, ""
 * for domicile; @text is its long help, which the table follows.
 */
int command_run(const struct command *commands, size_t count, const char *name, const char *text,
		int argc, char **argv);

/*
 * As getopt_long(), and --help shows @help; wrong options are complained about.
 * Does not return in both cases.
 */
int command_option(const char *name, const char *help, int argc, char **argv, const char *letters,
		   const struct option *options);

/* The complaint about wrong arguments. */
enum answer command_usage(const char *name, const char *what);

int cmd_doctor(int argc, char **argv);
int cmd_up(int argc, char **argv);
int cmd_down(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_policy(int argc, char **argv);
int cmd_network(int argc, char **argv);
int cmd_label(int argc, char **argv);
int cmd_task(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_audit(int argc, char **argv);
int cmd_metrics(int argc, char **argv);
int cmd_top(int argc, char **argv);

#endif /* DOMICILE_COMMAND_H */
