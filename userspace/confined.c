// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "confine.h"
#include "confined.h"
#include "policy_error.h"
#include "read_all.h"

/* The exit status: an errno, for lack of another way to tell. */
_Noreturn static void child_leave(int err)
{
	_exit(-err & 0xff);
}

static int write_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t done = write(fd, data, size);

		if (done < 0 && errno != EINTR)
			return -errno;
		if (done > 0) {
			data += done;
			size -= done;
		}
	}
	return 0;
}

_Noreturn static void child_work(const struct confined *confined, int fd)
{
	size_t size;
	void *data;
	int err = confine_self(fd);

	if (err)
		child_leave(err);
	err = confined->work(confined->input, &data, &size);
	if (!err)
		err = write_all(fd, data, size);
	child_leave(err);
}

/* 0 when the child came to an end that it chose and had nothing to complain about. */
static int child_wait(const struct confined *confined, pid_t pid, struct policy_errors *errors)
{
	int status, err;

	do
		err = waitpid(pid, &status, 0) < 0 ? -errno : 0;
	while (err == -EINTR);
	if (err) {
		policy_error_add(errors, NULL, "the %s cannot be waited for: %s", confined->what,
				 strerror(-err));
		return err;
	}
	if (WIFSIGNALED(status)) {
		policy_error_add(errors, NULL, "the %s died: signal %d (%s)", confined->what,
				 WTERMSIG(status), strsignal(WTERMSIG(status)));
		return -EIO;
	}
	if (WEXITSTATUS(status)) {
		policy_error_add(errors, NULL, "the %s cannot work: %s", confined->what,
				 strerror(WEXITSTATUS(status)));
		return -EIO;
	}
	return 0;
}

static int child_start(const struct confined *confined, pid_t *ret_pid)
{
	int ends[2], err;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (!pid)
		child_work(confined, ends[1]);
	err = pid < 0 ? -errno : 0;
	close(ends[1]);
	if (err) {
		close(ends[0]);
		return err;
	}
	*ret_pid = pid;
	return ends[0];
}

int confined_run(const struct confined *confined, char **ret, size_t *ret_size,
		 struct policy_errors *errors)
{
	char *data = NULL;
	size_t size = 0;
	pid_t pid = -1;
	int fd = child_start(confined, &pid), err, wait_err;

	if (fd < 0)
		return fd;
	err = read_all(fd, confined->size_max, &data, &size);
	close(fd);
	wait_err = child_wait(confined, pid, errors);
	if (wait_err || err) {
		free(data);
		return wait_err ? wait_err : err;
	}
	*ret = data;
	*ret_size = size;
	return 0;
}
