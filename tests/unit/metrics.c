// SPDX-License-Identifier: GPL-2.0-only
/*
 * `domicile metrics` of a host that is not there: metrics STATUS STATE LOG, where STATUS is what
 * `domicile status --json` said.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "cgroup.h"
#include "cleanup.h"
#include "metrics.h"

/* The place of userspace/cgroup.c: what is read from a log has its path already. */
int cgroup_path(__u64 id, char path[PATH_MAX])
{
	return -ENOENT;
}

int main(int argc, char **argv)
{
	cleanup(tlog_reader_close) struct tlog_reader reader = { .directory = -1 };
	cleanup(free_json) json_t *status = argc == 4 ? json_load_file(argv[1], 0, NULL) : NULL;
	cleanup(tally_free) struct tally tally = { 0 };
	struct fault fault = { 0 };

	if (!status || tlog_reader_open(&reader, argv[3], &fault) || tally_read(&tally, argv[2]) ||
	    tally_update(&tally, &reader, &fault) || tally_write(&tally, argv[2])) {
		fprintf(stderr, "%s\n", fault.text);
		return EXIT_FAILURE;
	}
	return metrics_write(&(struct metrics){ status, &tally, reader.checkpoint.size, 1795343467 },
			     stdout);
}
