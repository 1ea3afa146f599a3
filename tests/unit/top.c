// SPDX-License-Identifier: GPL-2.0-only
/*
 * `domicile top` of a host that is not there: top STATUS [ARGUMENT]..., where STATUS is what
 * `domicile status --json --tasks` said. It is read anew each time.
 */
#include <errno.h>
#include <limits.h>

#include <jansson.h>

#include "cgroup.h"
#include "command.h"
#include "enforce.h"
#include "status.h"

static const char *status_path;

/* The place of userspace/cgroup.c: what is read from a log has its path already. */
int cgroup_path(__u64 id, char path[PATH_MAX])
{
	return -ENOENT;
}

/* The places of userspace/cmd_status.c and userspace/enforce.c. */
int status_object(bool tasks, json_t **ret)
{
	*ret = json_load_file(status_path, 0, NULL);
	return *ret ? 0 : -ESTALE;
}

const char *enforce_reason(int err)
{
	return "it is out of sight";
}

int main(int argc, char **argv)
{
	status_path = argv[1];
	return cmd_top(argc - 1, argv + 1);
}
