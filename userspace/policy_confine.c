// SPDX-License-Identifier: GPL-2.0-only
/*
 * This process reads the documents, for which it may need its rights, and
 * hashes them. A child without rights makes sense of them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "confine.h"
#include "policy_error.h"
#include "policy_impl.h"
#include "policy_wire.h"
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

_Noreturn static void child_compile(const struct documents *documents, int fd)
{
	struct policy_result result = {};
	struct policy_errors errors = {};
	size_t size;
	void *data;
	int err = confine_self(fd);

	if (err)
		child_leave(err);
	result.err = policy_build(documents, &result.policy, &errors);
	err = policy_pack(&result, &errors, documents, &data, &size);
	if (!err)
		err = write_all(fd, data, size);
	child_leave(err);
}

/* 0 when the child came to an end that it chose and had nothing to complain about. */
static int child_wait(pid_t pid, struct policy_errors *errors)
{
	int status, err;

	do
		err = waitpid(pid, &status, 0) < 0 ? -errno : 0;
	while (err == -EINTR);
	if (err) {
		policy_error_add(errors, NULL, "the policy parser cannot be waited for: %s",
				 strerror(-err));
		return err;
	}
	if (WIFSIGNALED(status)) {
		policy_error_add(errors, NULL, "the policy parser died: signal %d (%s)",
				 WTERMSIG(status), strsignal(WTERMSIG(status)));
		return -EIO;
	}
	if (WEXITSTATUS(status)) {
		policy_error_add(errors, NULL, "the policy parser cannot work: %s",
				 strerror(WEXITSTATUS(status)));
		return -EIO;
	}
	return 0;
}

static int child_start(const struct documents *documents, pid_t *ret_pid)
{
	int ends[2], err;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (!pid)
		child_compile(documents, ends[1]);
	err = pid < 0 ? -errno : 0;
	close(ends[1]);
	if (err) {
		close(ends[0]);
		return err;
	}
	*ret_pid = pid;
	return ends[0];
}

static int child_result(const struct documents *documents, struct policy_result *result,
			struct policy_errors *errors)
{
	char *data = NULL;
	size_t size = 0;
	pid_t pid = -1;
	int fd = child_start(documents, &pid), err, wait_err;

	if (fd < 0)
		return fd;
	err = read_all(fd, POLICY_WIRE_SIZE_MAX, &data, &size);
	close(fd);
	wait_err = child_wait(pid, errors);
	if (wait_err || err) {
		free(data);
		return wait_err ? wait_err : err;
	}
	err = policy_unpack(data, size, documents, result, errors);
	free(data);
	return err;
}

int policy_compile_confined(char *const files[], size_t count, struct policy **ret,
			    struct policy_errors *errors)
{
	cleanup(documents_free) struct documents documents = {};
	struct policy_result result = {};
	int err = documents_read(files, count, &documents, errors);

	if (!err)
		err = child_result(&documents, &result, errors);
	if (!err)
		err = result.err;
	if (!err)
		err = policy_finish(result.policy, &documents);
	policy_errors_place(errors, &documents);
	if (err) {
		policy_free(result.policy);
		return policy_error_work(errors, err);
	}
	*ret = result.policy;
	return 0;
}
