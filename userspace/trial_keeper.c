// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "answer.h"
#include "cleanup.h"
#include "host.h"
#include "interrupt.h"
#include "trial.h"
#include "trial_keeper.h"

#define PAUSE_NS 500000000

/* systemd may kill what is left of a login in its cgroup (logind.conf(5), KillUserProcesses). */
static void leave_cgroup(void)
{
	char path[PATH_MAX + sizeof("/cgroup.procs")], root[PATH_MAX];
	cleanup(close_file) FILE *file = NULL;

	if (host_cgroup_root(root))
		return;
	snprintf(path, sizeof(path), "%s/cgroup.procs", root);
	file = fopen(path, "we");
	if (file)
		fputs("0", file);
}

static void leave_terminal(void)
{
	cleanup(close_fd) int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	if (null >= 0)
		for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
			dup2(null, fd);
}

/* Nothing of who started it: not the lock either, which is theirs. */
_Noreturn static void keep(void)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };

	interrupt_hold(NULL);
	close_range(STDERR_FILENO + 1, ~0u, 0);
	leave_terminal();
	leave_cgroup();
	complain_to_syslog("domicile");
	if (chdir("/"))
		complain("policy: cannot leave the directory");
	while (trial_watch())
		nanosleep(&pause, NULL);
	_exit(ANSWER_DONE);
}

/* The child in between leaves at once, so that init takes the other. */
int trial_keeper_start(void)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid) {
		pid = fork();
		if (!pid)
			keep();
		_exit(pid < 0 ? errno : 0);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -ECHILD;
	return -WEXITSTATUS(status);
}
