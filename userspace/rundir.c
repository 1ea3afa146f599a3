// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "cleanup.h"
#include "rundir.h"

#define LOCK_TRIES 100
#define LOCK_PAUSE_NS 100000000

/* Whoever holds it is soon done, unless it labels many files. */
static int lock_wait(int fd)
{
	const struct timespec pause = { .tv_nsec = LOCK_PAUSE_NS };

	for (int i = 0; i < LOCK_TRIES; i++) {
		if (!flock(fd, LOCK_EX | LOCK_NB))
			return 0;
		if (errno != EWOULDBLOCK)
			break;
		nanosleep(&pause, NULL);
	}
	return -errno;
}

static int lock_open(void)
{
	int fd, err;

	if (mkdir(DOMICILE_RUN_DIR, 0755) && errno != EEXIST)
		return -errno;
	fd = open(DOMICILE_RUN_DIR "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	err = lock_wait(fd);
	if (!err)
		return fd;
	close(fd);
	return err;
}

enum answer rundir_lock(const char *what, int *lock)
{
	int fd = lock_open();

	if (fd == -EWOULDBLOCK)
		return refuse(ANSWER_HOST, "%s: another domicile command changes enforcement just "
			      "now (try again)", what);
	if (fd < 0)
		return refuse(ANSWER_HOST, "%s: cannot lock " DOMICILE_RUN_DIR ": %s", what,
			      strerror(-fd));
	*lock = fd;
	return ANSWER_DONE;
}

void rundir_clear(void)
{
	cleanup(close_directory) DIR *directory = opendir(DOMICILE_RUN_DIR);
	struct dirent *entry;

	while (directory && (entry = readdir(directory)))
		if (entry->d_name[0] != '.' && strcmp(entry->d_name, "lock"))
			unlinkat(dirfd(directory), entry->d_name, 0);
}
