// SPDX-License-Identifier: GPL-2.0-only
/* Hops from process to process: by birth, and by reaching into another's memory. */
#include "hop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- birth ------------------------------------------------------------------------ */

static int outbox_fill(const struct passage *passage)
{
	memcpy(boxes->outbox, passage->data, passage->size);
	return 0;
}

static int inbox_empty(const struct passage *passage)
{
	memcpy(passage->data, boxes->inbox, passage->size);
	return 0;
}

static int fork_send(const struct passage *passage)
{
	pid_t pid;

	outbox_fill(passage);
	pid = fork();
	if (pid < 0)
		return errno;
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		process_serve(passage->seed, passage->to);
	}
	return 0;
}

static int fork_receive(const struct passage *passage)
{
	memcpy(passage->data, boxes->outbox, passage->size);
	return 0;
}

/* See main(): --process SEED PROCESS [DATA] */
struct started {
	char seed[24];
	char process[12];
	char data[sizeof(boxes->inbox)];
	char *argv[6];
};

static void command_make(struct started *command, const struct passage *passage)
{
	snprintf(command->seed, sizeof(command->seed), "%llu", (unsigned long long)passage->seed);
	snprintf(command->process, sizeof(command->process), "%d", passage->to);
	snprintf(command->data, sizeof(command->data), "%.*s", (int)passage->size, passage->data);
	command->argv[0] = "chains";
	command->argv[1] = "--process";
	command->argv[2] = command->seed;
	command->argv[3] = command->process;
	command->argv[4] = command->data;
	command->argv[5] = NULL;
}

static int exec_send(const struct passage *passage)
{
	struct started command;
	pid_t pid;

	command_make(&command, passage);
	pid = fork();
	if (pid < 0)
		return errno;
	if (pid)
		return 0;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execv("/proc/self/exe", command.argv);
	_exit(127);
}

/* posix_spawn() shares the memory with the child until it calls exec. */
static int spawn_send(const struct passage *passage)
{
	char data[sizeof(boxes->inbox)];
	char *environment[] = { data, NULL };
	struct started command;
	pid_t pid;

	command_make(&command, passage);
	command.argv[4] = NULL;
	snprintf(data, sizeof(data), "CHAIN=%.*s", (int)passage->size, passage->data);
	return posix_spawn(&pid, "/proc/self/exe", NULL, NULL, command.argv, environment);
}

/* --- another's memory ----------------------------------------------------------------- */

static int vm_readv_receive(const struct passage *passage)
{
	struct iovec local = { passage->data, passage->size };
	struct iovec remote = { boxes->outbox, passage->size };

	return passed_all(process_vm_readv(passage->peer, &local, 1, &remote, 1, 0), passage);
}

static int vm_writev_send(const struct passage *passage)
{
	struct iovec local = { passage->data, passage->size };
	struct iovec remote = { boxes->inbox, passage->size };

	return passed_all(process_vm_writev(passage->peer, &local, 1, &remote, 1, 0), passage);
}

static int proc_mem(pid_t pid, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	return open(path, flags | O_CLOEXEC);
}

static int proc_mem_receive(const struct passage *passage)
{
	int fd = proc_mem(passage->peer, O_RDONLY), error;

	if (fd < 0)
		return errno;
	error = passed_all(pread(fd, passage->data, passage->size, (off_t)boxes->outbox),
			   passage);
	close(fd);
	return error;
}

static int proc_mem_send(const struct passage *passage)
{
	int fd = proc_mem(passage->peer, O_RDWR), error;

	if (fd < 0)
		return errno;
	error = passed_all(pwrite(fd, passage->data, passage->size, (off_t)boxes->inbox),
			   passage);
	close(fd);
	return error;
}

static int trace_begin(pid_t pid)
{
	int status;

	if (ptrace(PTRACE_ATTACH, pid, NULL, NULL))
		return errno;
	return waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status) ? 0 : ECHILD;
}

/* In words: a payload is a whole number of them. */
static int peek_receive(const struct passage *passage)
{
	int error = trace_begin(passage->peer);

	if (error)
		return error;
	for (size_t at = 0; at < passage->size && !error; at += sizeof(long)) {
		long word;

		errno = 0;
		word = ptrace(PTRACE_PEEKDATA, passage->peer, boxes->outbox + at, NULL);
		error = errno;
		memcpy(passage->data + at, &word, sizeof(word));
	}
	ptrace(PTRACE_DETACH, passage->peer, NULL, NULL);
	return error;
}

static int poke_send(const struct passage *passage)
{
	int error = trace_begin(passage->peer);

	if (error)
		return error;
	for (size_t at = 0; at < passage->size && !error; at += sizeof(long)) {
		long word;

		memcpy(&word, passage->data + at, sizeof(word));
		if (ptrace(PTRACE_POKEDATA, passage->peer, boxes->inbox + at, word))
			error = errno;
	}
	ptrace(PTRACE_DETACH, passage->peer, NULL, NULL);
	return error;
}

#define BIRTH(name_, flow_, send_, receive_)					\
	{ .name = name_, .flow = flow_, .send = send_, .receive = receive_ }
#define ATTACH(name_, send_, receive_) BIRTH(name_, FLOW_ATTACH, send_, receive_)

const struct hop_kind hop_processes[] = {
	BIRTH("fork", FLOW_FORK, fork_send, fork_receive),
	BIRTH("exec_argv", FLOW_EXEC, exec_send, inbox_empty),
	BIRTH("spawn_env", FLOW_EXEC, spawn_send, inbox_empty),
	ATTACH("process_vm_readv", outbox_fill, vm_readv_receive),
	ATTACH("process_vm_writev", vm_writev_send, inbox_empty),
	ATTACH("proc_mem_read", outbox_fill, proc_mem_receive),
	ATTACH("proc_mem_write", proc_mem_send, inbox_empty),
	ATTACH("ptrace_peek", outbox_fill, peek_receive),
	ATTACH("ptrace_poke", poke_send, inbox_empty),
	{}
};
