// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "array.h"
#include "cleanup.h"
#include "policy_data.h"
#include "policy_error.h"
#include "read_all.h"

static bool same(const struct data_want *want, enum data_kind kind, const char *path,
		 const char *by)
{
	return want->kind == kind && !strcmp(want->path, path) &&
	       (!*path || want->place.file == by);
}

int data_want(struct data_wants *wants, enum data_kind kind, const char *path,
	      const struct policy_place *place)
{
	struct data_want *new;

	for (size_t i = 0; i < wants->count; i++)
		if (same(&wants->list[i], kind, path, place->file))
			return 0;
	if (wants->count == DATA_WANTS_MAX)
		return -E2BIG;
	new = ARRAY_ADD(wants->list, wants->count);
	if (!new)
		return -ENOMEM;
	*new = (struct data_want){ kind, strdup(path), *place };
	return new->path ? 0 : -ENOMEM;
}

void data_wants_free(struct data_wants *wants)
{
	for (size_t i = 0; i < wants->count; i++)
		free(wants->list[i].path);
	free(wants->list);
	*wants = (struct data_wants){};
}

size_t data_find(const struct documents *documents, const struct data_want *want, size_t from)
{
	while (from < documents->data_count) {
		const struct data_file *file = &documents->data[from];

		if (same(want, file->kind, file->path, file->place.file))
			break;
		from++;
	}
	return from;
}

/* A path is relative to the directory of the document that names it. */
static char *path_of(const struct data_want *want)
{
	const char *slash = strrchr(want->place.file, '/');
	int directory = slash ? slash - want->place.file + 1 : 0;
	char *path;

	if (*want->path == '/')
		return strdup(want->path);
	return asprintf(&path, "%.*s%s", directory, want->place.file, want->path) < 0 ? NULL : path;
}

/* What is no file could keep whoever opens or reads it waiting. */
static int file_open(const char *path, __s64 *modified)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat stat;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &stat) || !S_ISREG(stat.st_mode)) {
		close(fd);
		return S_ISDIR(stat.st_mode) ? -EISDIR : -EBADF;
	}
	*modified = stat.st_mtime;
	return fd;
}

static int file_read(struct data_file *file)
{
	cleanup(close_fd) int fd = file_open(file->document.file, &file->modified);

	if (fd < 0)
		return fd;
	return read_all(fd, DATA_FILE_SIZE_MAX, &file->document.text, &file->document.size);
}

static const char *why(int err)
{
	switch (err) {
	case -EISDIR:
		return "is a directory, expected a file";
	case -EBADF:
		return "is no regular file";
	case -EFBIG:
		return "is larger than 128 MiB";
	default:
		return strerror(-err);
	}
}

/* Takes @path over. Returns 0, also when an error was added, or a negative errno. */
static int add_file(struct documents *documents, const struct data_want *want, char *path,
		    struct policy_errors *errors)
{
	struct data_file *file = path ? ARRAY_ADD(documents->data, documents->data_count) : NULL;
	char quoted[POLICY_QUOTE_MAX];
	int err;

	if (!file) {
		free(path);
		return -ENOMEM;
	}
	file->kind = want->kind;
	file->document.file = path;
	file->place = want->place;
	file->path = strdup(want->path);
	if (!file->path)
		return -ENOMEM;
	err = file_read(file);
	if (err == -ENOMEM)
		return err;
	documents->size += file->document.size;
	if (err)
		return policy_error_add(errors, &want->place, "cannot read '%s': %s",
					policy_quote(path, quoted), why(err));
	return documents_check_size(documents, errors);
}

static int add_all(struct documents *documents, const struct data_want *want, const glob_t *found,
		   struct policy_errors *errors)
{
	int err = 0;

	for (size_t i = 0; i < found->gl_pathc && !err; i++)
		err = add_file(documents, want, strdup(found->gl_pathv[i]), errors);
	return err;
}

static int add_default(struct documents *documents, const struct data_want *want,
		       struct policy_errors *errors)
{
	glob_t found = {};
	int err;

	glob(DATA_COUNTRIES_DIR "/*", 0, NULL, &found);
	if (!found.gl_pathc) {
		globfree(&found);
		found = (glob_t){};
		glob(DATA_COUNTRIES_TOR4, 0, NULL, &found);
		glob(DATA_COUNTRIES_TOR6, GLOB_APPEND, NULL, &found);
	}
	if (found.gl_pathc)
		err = add_all(documents, want, &found, errors);
	else
		err = policy_error_add(errors, &want->place, "found no country data in "
				       DATA_COUNTRIES_DIR " or /usr/share/tor, expected some; "
				       "install tor-geoipdb, or name files with "
				       "'countries: {file: [...]}'");
	globfree(&found);
	return err;
}

int data_read(struct documents *documents, const struct data_wants *wants,
	      struct policy_errors *errors)
{
	int err = 0;

	for (size_t i = 0; i < wants->count && !err; i++) {
		const struct data_want *want = &wants->list[i];

		if (data_find(documents, want, 0) < documents->data_count)
			continue;
		err = *want->path ? add_file(documents, want, path_of(want), errors) :
				    add_default(documents, want, errors);
	}
	if (!err && policy_errors_found(errors))
		err = -EINVAL;
	return err ? err : documents_digest(documents);
}
