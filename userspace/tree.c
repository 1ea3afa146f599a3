// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>

#include "cleanup.h"
#include "tree.h"

static int walk(int parent, const char *name, const char *path, bool named, bool recursive,
		const struct tree_visitor *visitor);

static bool is_dots(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

static int enter(int fd, const char *path, const struct tree_visitor *visitor)
{
	int inside = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup(close_directory) DIR *directory = inside < 0 ? NULL : fdopendir(inside);
	const char *slash = path[strlen(path) - 1] == '/' ? "" : "/";
	struct dirent *entry;
	int stop = 0;

	if (!directory)
		return visitor->failed(path, -errno, visitor->context);
	while (!stop && (entry = readdir(directory))) {
		cleanup(free_memory) char *below = NULL;

		if (is_dots(entry->d_name))
			continue;
		if (asprintf(&below, "%s%s%s", path, slash, entry->d_name) < 0)
			return -ENOMEM;
		stop = walk(dirfd(directory), entry->d_name, below, false, true, visitor);
	}
	return stop;
}

static int walk(int parent, const char *name, const char *path, bool named, bool recursive,
		const struct tree_visitor *visitor)
{
	cleanup(close_fd) int fd = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	int stop;

	if (fd < 0 || fstat(fd, &st))
		/* Gone since its name was read: nothing to do, unless it was asked for. */
		return errno == ENOENT && !named ?
			       0 : visitor->failed(path, -errno, visitor->context);
	if (!named && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return 0;
	stop = visitor->visit(fd, path, st.st_mode, visitor->context);
	if (stop || !recursive || !S_ISDIR(st.st_mode))
		return stop;
	return enter(fd, path, visitor);
}

/* Two descriptors for each level of directories. */
static void allow_depth(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

int tree_walk(const char *path, bool recursive, const struct tree_visitor *visitor)
{
	if (recursive)
		allow_depth();
	return walk(AT_FDCWD, path, path, true, recursive, visitor);
}

static int count_one(int fd, const char *path, mode_t mode, void *context)
{
	++*(unsigned long *)context;
	return 0;
}

static int count_none(const char *path, int err, void *context)
{
	return 0;
}

unsigned long tree_count(const char *path)
{
	unsigned long count = 0;
	const struct tree_visitor visitor = { count_one, count_none, &count };

	tree_walk(path, true, &visitor);
	return count;
}
