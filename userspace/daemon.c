// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <time.h>

#include "cleanup.h"
#include "daemon.h"
#include "interrupt.h"
#include "rundir.h"

#define PID_FILE DOMICILE_RUN_DIR "/domiciled.pid"
#define PROGRAM "domiciled"
#define STOP_MS 5000
#define POLL_MS 20

/*
 * The daemon holds a lock on its pid file for as long as it lives: a number
 * alone can be another's by now.
 */
static int alive(int fd)
{
	if (!flock(fd, LOCK_EX | LOCK_NB)) {
		flock(fd, LOCK_UN);
		return 0;
	}
	return errno == EWOULDBLOCK;
}

int daemon_find(pid_t *pid)
{
	cleanup(close_file) FILE *file = fopen(PID_FILE, "re");
	int found;

	if (!file || !alive(fileno(file)) || fscanf(file, "%d", &found) != 1)
		return -ESRCH;
	*pid = found;
	return 0;
}

/* Return: false when it is still there after @ms. */
static bool ended(int fd, int ms)
{
	const struct timespec pause = { .tv_nsec = POLL_MS * 1000000 };

	for (; ms > 0 && alive(fd); ms -= POLL_MS)
		nanosleep(&pause, NULL);
	return !alive(fd);
}

int daemon_stop(pid_t *pid)
{
	cleanup(close_fd) int fd = open(PID_FILE, O_RDONLY | O_CLOEXEC);
	int err = daemon_find(pid);

	if (err || fd < 0)
		return -ESRCH;
	kill(*pid, SIGTERM);
	if (!ended(fd, STOP_MS)) {
		kill(*pid, SIGKILL);
		ended(fd, STOP_MS);
	}
	unlink(PID_FILE);
	return 0;
}

int daemon_announce(void)
{
	int fd = open(PID_FILE, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	int err;

	if (fd < 0)
		return -errno;
	/* Whoever looks for a daemon just now holds it for a moment. */
	if (flock(fd, LOCK_EX) || ftruncate(fd, 0) || dprintf(fd, "%d\n", getpid()) < 0) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

/* In the tree where this program was built, or installed. */
static void program_path(char path[PATH_MAX])
{
	ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - sizeof(PROGRAM));
	char *slash = NULL;

	if (length > 0) {
		path[length] = '\0';
		slash = strrchr(path, '/');
	}
	if (slash)
		strcpy(slash + 1, PROGRAM);
	if (!slash || access(path, X_OK))
		strcpy(path, DOMICILE_SBINDIR "/" PROGRAM);
}

int daemon_spawn(char *const policies[], size_t count)
{
	cleanup(free_memory) char **arguments = calloc(2 * count + 2, sizeof(*arguments));
	char path[PATH_MAX];
	sigset_t before;
	int status, err;
	size_t i;
	pid_t pid;

	if (!arguments)
		return -ENOMEM;
	program_path(path);
	arguments[0] = path;
	for (i = 0; i < count; i++) {
		arguments[2 * i + 1] = "-p";
		arguments[2 * i + 2] = policies[i];
	}
	/* It undoes what it has begun, and says so. */
	interrupt_hold(&before);
	err = posix_spawn(&pid, path, NULL, NULL, arguments, environ);
	if (!err && waitpid(pid, &status, 0) != pid)
		err = errno;
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (err)
		return -err;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -ECHILD;
}
