/* SPDX-License-Identifier: GPL-2.0-only */
/* Absolute paths as text, without "." and "..". */
#ifndef DOMICILE_PATH_H
#define DOMICILE_PATH_H

#include <stdbool.h>
#include <string.h>

/* A directory is not below itself. */
static inline bool path_is_below(const char *path, const char *directory)
{
	size_t length = strlen(directory);

	length -= length == 1;
	return !strncmp(path, directory, length) && path[length] == '/' && path[length + 1];
}

#endif /* DOMICILE_PATH_H */
