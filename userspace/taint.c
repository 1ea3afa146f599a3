// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include <bpf/bpf.h>

#include "cleanup.h"
#include "enforce.h"
#include "taint.h"

/* A thread's id names its process, too. -ESRCH. */
static pid_t thread_group(pid_t pid)
{
	char path[64], line[256];
	cleanup(close_file) FILE *file = NULL;
	int group;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "Tgid: %d", &group) == 1)
			return group;
	return -ESRCH;
}

static int pid_open(pid_t pid)
{
	pid_t group = thread_group(pid);
	int fd;

	if (group < 0)
		return group;
	fd = syscall(SYS_pidfd_open, group, 0);
	return fd < 0 ? -errno : fd;
}

static int read_fd(const struct enforcement *enforcement, int fd, struct domicile_taint *taint)
{
	struct domicile_taint found = { 0 };

	if (bpf_map_lookup_elem(enforcement->task_taints, &fd, &found) && errno != ENOENT)
		return -errno;
	*taint = found;
	return 0;
}

static bool is_keeper(pid_t pid)
{
	char comm[32];

	taint_comm(pid, comm);
	return pid == DOMICILE_KEEPER_PID && !strcmp(comm, "kthreadd");
}

int taint_read(const struct enforcement *enforcement, pid_t pid, struct domicile_taint *taint)
{
	cleanup(close_fd) int fd = pid_open(pid);

	if (is_keeper(pid)) {
		memset(taint, 0, sizeof(*taint));
		return 0;
	}
	return fd < 0 ? fd : read_fd(enforcement, fd, taint);
}

/* Numbers of this kind clash with no file's: programs make theirs from inodes. */
static __u64 origin_add(const struct enforcement *enforcement,
			const struct domicile_origin *origin)
{
	__u64 key = ((__u64)origin->pid << 40) ^ origin->time ^ (1ull << 63);

	return bpf_map_update_elem(enforcement->origins, &key, origin, BPF_ANY) ? 0 : key;
}

int taint_self(const struct enforcement *enforcement, const struct domicile_label_set *set,
	       const struct domicile_origin *origin)
{
	cleanup(close_fd) int fd = pid_open(getpid());
	struct domicile_taint taint;
	int err;

	if (fd < 0)
		return fd;
	err = read_fd(enforcement, fd, &taint);
	if (err)
		return err;
	label_set_join(&taint.set, set);
	taint.origin = origin_add(enforcement, origin);
	__atomic_store_n(&enforcement->state->tainted, 1, __ATOMIC_SEQ_CST);
	return bpf_map_update_elem(enforcement->task_taints, &fd, &taint, BPF_ANY) ? -errno : 0;
}

int taint_keep(const struct enforcement *enforcement)
{
	cleanup(close_fd) int fd = pid_open(DOMICILE_KEEPER_PID);
	struct domicile_taint all = { 0 };

	if (!is_keeper(DOMICILE_KEEPER_PID))
		return -ENXIO;
	if (fd < 0)
		return fd;
	label_set_fill(&all.set);
	return bpf_map_update_elem(enforcement->task_taints, &fd, &all, BPF_ANY) ? -errno : 0;
}

int taint_forget_self(void)
{
	cleanup(enforce_close) struct enforcement enforcement = ENFORCEMENT_NONE;
	cleanup(close_fd) int fd = -1;
	int err = enforce_open(&enforcement);

	if (err)
		return err == -ENOENT ? 0 : err;
	fd = pid_open(getpid());
	if (fd < 0)
		return fd;
	return bpf_map_delete_elem(enforcement.task_taints, &fd) && errno != ENOENT ? -errno : 0;
}

int taint_origin(const struct enforcement *enforcement, const struct domicile_taint *taint,
		 struct domicile_origin *origin)
{
	if (!taint->origin)
		return -ENOENT;
	return bpf_map_lookup_elem(enforcement->origins, &taint->origin, origin) ? -errno : 0;
}

size_t taint_each(const struct enforcement *enforcement,
		  void (*visit)(pid_t pid, const struct domicile_taint *taint, void *context),
		  void *context)
{
	cleanup(close_directory) DIR *processes = opendir("/proc");
	struct domicile_taint taint;
	struct dirent *entry;
	size_t count = 0;

	while (processes && (entry = readdir(processes))) {
		pid_t pid = atoi(entry->d_name);

		if (pid <= 0 || taint_read(enforcement, pid, &taint) ||
		    label_set_empty(&taint.set))
			continue;
		count++;
		visit(pid, &taint, context);
	}
	return count;
}

void taint_comm(pid_t pid, char comm[32])
{
	char path[64];
	cleanup(close_file) FILE *file = NULL;

	strcpy(comm, "?");
	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	file = fopen(path, "re");
	if (file && fgets(comm, 32, file))
		comm[strcspn(comm, "\n")] = '\0';
}
