/* SPDX-License-Identifier: GPL-2.0-only */
/* Policies written by tests, in a directory that is removed afterwards. */
#ifndef DOMICILE_UNIT_DOCUMENT_H
#define DOMICILE_UNIT_DOCUMENT_H

#include <err.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILES_MAX 32

struct files {
	char directory[64];
	char *names[FILES_MAX];
	size_t count;
};

static inline void files_start(struct files *files)
{
	*files = (struct files){ .directory = "/tmp/domicile-unit-XXXXXX" };
	if (!mkdtemp(files->directory))
		err(1, "mkdtemp");
}

static inline void files_add_as(struct files *files, const char *base, const void *text,
				size_t size)
{
	char *name;
	int fd;

	if (asprintf(&name, "%s/%s", files->directory, base) < 0)
		err(1, "asprintf");
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd < 0 || write(fd, text, size) != (ssize_t)size)
		err(1, "%s", name);
	close(fd);
	files->names[files->count++] = name;
}

static inline void files_add(struct files *files, const void *text, size_t size)
{
	char base[32];

	snprintf(base, sizeof(base), "%zu.yaml", files->count);
	files_add_as(files, base, text, size);
}

static inline void files_end(struct files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		unlink(files->names[i]);
		free(files->names[i]);
	}
	rmdir(files->directory);
}

#endif /* DOMICILE_UNIT_DOCUMENT_H */
