/* SPDX-License-Identifier: GPL-2.0-only */
/* Can this host enforce? What `domicile doctor` shows and `domicile up` wants. */
#ifndef DOMICILE_HOST_H
#define DOMICILE_HOST_H

#include <limits.h>
#include <stddef.h>

enum host_state {
	HOST_OK,
	HOST_MISSING,
	HOST_UNKNOWN, /* cannot be seen without privilege */
	HOST_WARNING, /* enforcement works, and there is something to know */
	HOST_STATES,
};

struct host_check {
	const char *name;
	enum host_state state;
	char detail[256];
	char remedy[256]; /* "" when there is nothing to do */
};

#define HOST_CHECKS_MAX 16

const char *host_state_name(enum host_state state);

/* Fills @checks in the order in which remedies make sense; returns how many. */
size_t host_check(struct host_check checks[HOST_CHECKS_MAX]);

/* Would what the host swaps out, or hibernates with, be readable without it? */
void host_check_swap(struct host_check *check);
void host_check_hibernation(struct host_check *check);

/* The root of the cgroup v2 hierarchy. -ENOENT when it is not mounted. */
int host_cgroup_root(char path[PATH_MAX]);

int host_mount_bpffs(void);

#endif /* DOMICILE_HOST_H */
