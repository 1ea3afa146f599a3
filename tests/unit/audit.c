// SPDX-License-Identifier: GPL-2.0-only
/*
 * `domicile audit` without the rest of it, which needs BPF. With --batch, runs the
 * command of every line on standard input, whose arguments are parted by tabs, and
 * answers with its exit status.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "cgroup.h"
#include "command.h"

#define ARGUMENTS_MAX 16

/* The place of userspace/cgroup.c: what is read from a log has its path already. */
int cgroup_path(__u64 id, char path[PATH_MAX])
{
	return -ENOENT;
}

static int batch(void)
{
	char line[8192], *arguments[ARGUMENTS_MAX + 1];

	while (fgets(line, sizeof(line), stdin)) {
		char *rest = line;
		int count = 1;

		line[strcspn(line, "\n")] = '\0';
		arguments[0] = "audit";
		while (rest && count < ARGUMENTS_MAX)
			arguments[count++] = strsep(&rest, "\t");
		arguments[count] = NULL;
		optind = 0;
		printf("status %d\n", cmd_audit(count, arguments));
		fflush(stdout);
	}
	return ANSWER_DONE;
}

int main(int argc, char **argv)
{
	return argc == 2 && !strcmp(argv[1], "--batch") ? batch() : cmd_audit(argc, argv);
}
