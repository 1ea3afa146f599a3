/* SPDX-License-Identifier: GPL-2.0-only */
/* Freed at the end of the scope: cleanup(close_fd) int fd = -1; */
#ifndef DOMICILE_CLEANUP_H
#define DOMICILE_CLEANUP_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <jansson.h>

#define cleanup(function) __attribute__((cleanup(function)))

static inline void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void close_file(FILE **file)
{
	if (*file)
		fclose(*file);
}

static inline void close_directory(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}

/* @memory is the address of a pointer. */
static inline void free_memory(void *memory)
{
	free(*(void **)memory);
}

static inline void free_json(json_t **json)
{
	json_decref(*json);
}

#endif /* DOMICILE_CLEANUP_H */
