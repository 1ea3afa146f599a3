/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DOMICILE_MAP_FILL_H
#define DOMICILE_MAP_FILL_H

#include <jansson.h>

/*
 * How full the pinned maps are that can fill up: {"NAME": {"entries": N, "max": N}, ...}. A new
 * reference; NULL: no memory. Maps of the kernel's own storage (tasks, inodes, sockets) have no
 * limit, and nobody can count what is in them.
 */
json_t *map_fill(void);

#endif /* DOMICILE_MAP_FILL_H */
