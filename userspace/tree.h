/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files and directories from a path downwards, other mounts included. Symbolic
 * links are never followed, and no other process can redirect the walk.
 */
#ifndef DOMICILE_TREE_H
#define DOMICILE_TREE_H

#include <stdbool.h>
#include <sys/stat.h>

struct tree_visitor {
	/* @fd is O_PATH. Anything but 0 ends the walk. */
	int (*visit)(int fd, const char *path, mode_t mode, void *context);
	/* A path that cannot be looked at. Anything but 0 ends the walk. */
	int (*failed)(const char *path, int err, void *context);
	void *context;
};

/*
 * A directory comes before what is in it. Below @path only regular files and
 * directories are visited; @path itself is visited whatever it is. Returns
 * what ended the walk, or 0.
 */
int tree_walk(const char *path, bool recursive, const struct tree_visitor *visitor);

/* How many visits a recursive walk will make. */
unsigned long tree_count(const char *path);

#endif /* DOMICILE_TREE_H */
