/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DOMICILE_CGROUP_H
#define DOMICILE_CGROUP_H

#include <limits.h>
#include <linux/types.h>

/* From the kernel's id to the path below the root: /system.slice/... */
int cgroup_path(__u64 id, char path[PATH_MAX]);

#endif /* DOMICILE_CGROUP_H */
