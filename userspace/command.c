// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "suggest.h"

static void table_print(const struct command *commands, size_t count, const char *text)
{
	int width = 0;

	for (size_t i = 0; i < count; i++)
		if ((int)strlen(commands[i].name) > width)
			width = strlen(commands[i].name);
	fputs(text, stdout);
	puts("\nCommands:");
	for (size_t i = 0; i < count; i++)
		printf("  %-*s  %s\n", width, commands[i].name, commands[i].help);
}

static int unknown(const struct command *commands, size_t count, const char *name,
		   const char *word)
{
	const char *space = *name ? " " : "";
	struct suggestion suggestion;

	suggest_start(&suggestion, word);
	for (size_t i = 0; i < count; i++)
		suggest_offer(&suggestion, commands[i].name);
	if (suggestion.nearest)
		return refuse(ANSWER_USAGE, "%s%s'%s' is no command (did you mean '%s'?)", name,
			      *name ? ": " : "", word, suggestion.nearest);
	return refuse(ANSWER_USAGE, "%s%s'%s' is no command (see domicile%s%s --help)", name,
		      *name ? ": " : "", word, space, name);
}

int command_run(const struct command *commands, size_t count, const char *name, const char *text,
		int argc, char **argv)
{
	if (argc < 2)
		return refuse(ANSWER_USAGE, "%s%sa command is missing (see domicile%s%s --help)",
			      name, *name ? ": " : "", *name ? " " : "", name);
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		table_print(commands, count, text);
		return ANSWER_DONE;
	}
	for (size_t i = 0; i < count; i++)
		if (!strcmp(commands[i].name, argv[1]))
			return commands[i].run(argc - 1, argv + 1);
	return unknown(commands, count, name, argv[1]);
}

enum answer command_usage(const char *name, const char *what)
{
	return refuse(ANSWER_USAGE, "%s: %s (see domicile %s --help)", name, what, name);
}

int command_option(const char *name, const char *help, int argc, char **argv, const char *letters,
		   const struct option *options)
{
	int before = optind, option;

	opterr = 0;
	option = getopt_long(argc, argv, letters, options, NULL);
	if (option == 'h') {
		fputs(help, stdout);
		exit(ANSWER_DONE);
	}
	if (option != '?')
		return option;
	before = before ? before : 1;
	before = optind > before ? optind - 1 : before;
	exit(refuse(ANSWER_USAGE, "%s: option '%s' is not known, or lacks its argument (see "
		    "domicile %s --help)", name, argv[before], name));
}
