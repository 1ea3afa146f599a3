// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include <domicile/label.h>

#include "cleanup.h"
#include "enforce.h"
#include "in_force.h"
#include "netlink.h"
#include "path.h"
#include "source_drop.h"
#include "tree.h"

struct dropping {
	const struct in_force *now;
	const struct enforcement *enforcement;
	struct netlink link;
	__u32 id;
};

/* --- what is a source ------------------------------------------------------ */

struct wanted {
	const char *path;
	__u32 id;
};

static int is_it(const char *path, const char *label, void *context)
{
	const struct wanted *wanted = context;

	return label_id(label) == wanted->id && !strcmp(path, wanted->path);
}

static int is_around(const char *path, const char *label, void *context)
{
	const struct wanted *wanted = context;

	return is_it(path, label, context) ||
	       (label_id(label) == wanted->id && path_is_below(wanted->path, path));
}

static bool is_source(const struct in_force *in_force, const char *path, __u32 id)
{
	return in_force_sources(in_force, is_it, &(struct wanted){ path, id });
}

static bool in_source(const struct in_force *in_force, const char *path, __u32 id)
{
	return in_force_sources(in_force, is_around, &(struct wanted){ path, id });
}

/* --- of the policy before --------------------------------------------------- */

static bool drop(struct dropping *dropping, int fd, const char *path)
{
	if (in_source(dropping->now, path, dropping->id) ||
	    netlink_label_clear(&dropping->link, fd, &dropping->id, 1))
		return false;
	enforce_forget(dropping->enforcement, fd);
	return true;
}

static int drop_directory(int fd, const char *path, mode_t mode, void *context)
{
	if (S_ISDIR(mode))
		drop(context, fd, path);
	return 0;
}

static int drop_nothing(const char *path, int err, void *context)
{
	return 0;
}

static int drop_source(const char *path, const char *name, void *context)
{
	const struct tree_visitor visitor = { drop_directory, drop_nothing, context };
	struct dropping *dropping = context;

	dropping->id = label_id(name);
	if (is_source(dropping->now, path, dropping->id))
		return 0;
	tree_walk(path, true, &visitor);
	printf("%s is no longer a source of %s: new files get no label, those that are there keep "
	       "theirs\n", path, name);
	return 0;
}

void source_drop(const struct in_force *now, const struct in_force *before,
		 const struct enforcement *enforcement)
{
	struct dropping dropping = { .now = now, .enforcement = enforcement };

	if (netlink_open(&dropping.link))
		return;
	in_force_sources(before, drop_source, &dropping);
	netlink_close(&dropping.link);
}

/* --- of a policy on trial --------------------------------------------------- */

/* "ID DEVICE INODE PATH", the numbers in hexadecimal; only the directory that was labelled. */
static bool drop_noted(struct dropping *dropping, const char *note)
{
	unsigned long long device, inode;
	cleanup(close_fd) int fd = -1;
	struct stat st;
	int at = 0;

	if (sscanf(note, "%x %llx %llx %n", &dropping->id, &device, &inode, &at) != 3 || !at)
		return false;
	fd = open(note + at, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC);
	return fd >= 0 && !fstat(fd, &st) && st.st_dev == device && st.st_ino == inode &&
	       drop(dropping, fd, note + at);
}

unsigned long source_drop_noted(const struct in_force *now, const char *file,
				const struct enforcement *enforcement)
{
	struct dropping dropping = { .now = now, .enforcement = enforcement };
	cleanup(close_file) FILE *notes = fopen(file, "re");
	cleanup(free_memory) char *note = NULL;
	unsigned long count = 0;
	size_t room = 0;

	if (!notes || netlink_open(&dropping.link))
		return 0;
	while (getdelim(&note, &room, '\0', notes) > 0)
		count += drop_noted(&dropping, note);
	netlink_close(&dropping.link);
	return count;
}
