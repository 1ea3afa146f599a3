/* SPDX-License-Identifier: GPL-2.0-only */
/* domicile.ko on this host: where it is, whether it fits, load and unload. */
#ifndef DOMICILE_MODULE_H
#define DOMICILE_MODULE_H

#include <limits.h>
#include <stdbool.h>

#define MODULE_RELEASE_MAX 65

struct module_file {
	char path[PATH_MAX];
	char built_for[MODULE_RELEASE_MAX]; /* kernel release of its vermagic */
};

bool module_loaded(void);

/* -ENOENT when there is none, installed or beside the running program. */
int module_find(struct module_file *file);

/* Does it fit the running kernel? */
bool module_fits(const struct module_file *file);

/*
 * Succeeds when the module is loaded already. On failure @why has a reason for
 * people, @size bytes at most.
 */
int module_load(char *why, size_t size);

/* Waits up to ten seconds for its users to go; -ENOENT when not loaded. */
int module_unload(void);

#endif /* DOMICILE_MODULE_H */
