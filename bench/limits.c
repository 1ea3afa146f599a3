// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many processes, or many files, until a signal ends all of them:
 *	limits tasks COUNT READY
 *	limits files COUNT READY DIRECTORY
 * Makes the file READY when they are there. All processes have one memory and one table
 * of files, so that what they take is what the kernel keeps of a process.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DIRECTORY_FILES 1000

static void fail(const char *what)
{
	fprintf(stderr, "limits: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* The child has no stack of its own, and needs none: it waits for the signal that ends it. */
static long task_start(void)
{
	const long flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | SIGCHLD;
	long ret;

	asm volatile("xor %%esi, %%esi\n"
		     "xor %%edx, %%edx\n"
		     "xor %%r10d, %%r10d\n"
		     "xor %%r8d, %%r8d\n"
		     "syscall\n"
		     "test %%eax, %%eax\n"
		     "jnz 2f\n"
		     "1: mov %[pause], %%eax\n"
		     "syscall\n"
		     "jmp 1b\n"
		     "2:"
		     : "=a"(ret)
		     : "a"(SYS_clone), "D"(flags), [pause] "i"(SYS_pause)
		     : "rcx", "rdx", "rsi", "r8", "r10", "r11", "memory");
	return ret;
}

static void tasks_make(long count)
{
	for (long i = 0; i < count; i++) {
		errno = -task_start();
		if (errno > 0)
			fail("clone");
	}
}

static void file_make(int directory, long number)
{
	char name[32];
	int fd;

	snprintf(name, sizeof(name), "%ld", number);
	fd = openat(directory, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		fail(name);
	close(fd);
}

static void files_make(const char *path, long count)
{
	char name[4096];

	for (long i = 0; i < count; i += DIRECTORY_FILES) {
		int directory;

		snprintf(name, sizeof(name), "%s/%ld", path, i / DIRECTORY_FILES);
		if (mkdir(name, 0700))
			fail(name);
		directory = open(name, O_RDONLY | O_DIRECTORY);
		for (long j = i; j < count && j < i + DIRECTORY_FILES; j++)
			file_make(directory, j);
		close(directory);
	}
}

int main(int argc, char **argv)
{
	setpgid(0, 0);
	if (argc == 4 && !strcmp(argv[1], "tasks")) {
		tasks_make(atol(argv[2]));
	} else if (argc == 5 && !strcmp(argv[1], "files")) {
		files_make(argv[4], atol(argv[2]));
	} else {
		fprintf(stderr, "Usage: limits tasks COUNT READY | files COUNT READY DIRECTORY\n");
		return 2;
	}
	if (creat(argv[3], 0600) < 0)
		fail(argv[3]);
	while (pause())
		;
}
