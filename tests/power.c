// SPDX-License-Identifier: GPL-2.0-only
/*
 * What tests/vm/power runs in the VM, for the directories of the file systems
 * that outlive a power cut:
 *
 *	power check DIRECTORY...	what the last cut left, and make it good
 *	power write SEED DIRECTORY...	until the power is cut
 *
 * Files in "old" are there, unlabelled and with blocks of their own, before
 * labelled processes write to them; files in "new" are made by those; files in
 * "plain" are nobody's business. The first part of a name is the kind of write.
 */

#include <err.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <sys/xattr.h>

#include <domicile/label.h>

#include "power_kind.h"

#define LABEL "cn.pii"
#define CANARY "canary-5d2c81f7-of-a-person "
#define WRITERS 2 /* for each directory, and one that becomes labelled again and again */
#define OLD_FILES 3 /* of each kind, for each writer */

/* --- the workload ------------------------------------------------------------------- */

static void *allocate(void)
{
	char *bytes = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (bytes == MAP_FAILED)
		err(1, "mmap");
	for (size_t i = 0; i < SIZE; i++)
		bytes[i] = CANARY[i % (sizeof(CANARY) - 1)];
	return bytes;
}

static void write_once(const struct kind *kind, const struct target *target)
{
	pid_t pid = kind->late ? fork() : 0;

	if (pid) {
		waitpid(pid, NULL, 0);
		return;
	}
	kind->write(target);
	if (kind->late)
		_exit(0);
}

/* One file after the other, old or new, until the power is gone. */
static void writer(const char *directory, int number, bool late)
{
	unsigned int used[KINDS] = {};
	char path[PATH_MAX], source[PATH_MAX], scratch[PATH_MAX];
	struct target target = { path, source, scratch };

	snprintf(source, sizeof(source), "%s/source", directory);
	if (!late)
		take_label(&target);
	for (;;) {
		size_t i = random() % KINDS;
		unsigned int turn;

		if (kinds[i].late != late)
			continue;
		turn = used[i]++;
		snprintf(scratch, sizeof(scratch), "%s/new/%s-%d-scratch-%u", directory,
			 kinds[i].name, number, turn);
		if (turn % 2 && turn / 2 < OLD_FILES)
			snprintf(path, sizeof(path), "%s/old/%s-%d-%u", directory,
				 kinds[i].name, number, turn / 2);
		else
			snprintf(path, sizeof(path), "%s/new/%s-%d-%u", directory,
				 kinds[i].name, number, turn);
		write_once(&kinds[i], &target);
		close_range(3, ~0u, 0); /* the kinds leave that to us */
	}
}

/* Somebody who has no label and no secrets, but syncs a lot. */
static void innocent(const char *directory)
{
	char path[PATH_MAX], text[4096];
	int root = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	memset(text, 'p', sizeof(text));
	for (unsigned int i = 0;; i++) {
		int fd;

		snprintf(path, sizeof(path), "%s/plain/file-%u", directory, i % 100);
		fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
		if (write(fd, text, sizeof(text)) < 0)
			_exit(1);
		close(fd);
		usleep(random() % 200000);
		if (i % 4 == 0)
			syncfs(root);
	}
}

static void start(const char *directory, unsigned int seed, int number, void (*run)(const char *))
{
	if (fork())
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	srandom(seed * 1000 + number);
	if (run)
		run(directory);
	else
		writer(directory, number, number >= WRITERS);
}

static _Noreturn void workload(unsigned int seed, char **directories)
{
	for (int i = 0; directories[i]; i++) {
		for (int number = 0; number <= WRITERS; number++)
			start(directories[i], seed + i * 7919, number, NULL);
		start(directories[i], seed + i, WRITERS + 1, innocent);
	}
	puts("# the workload has begun");
	fflush(stdout);
	for (;;)
		pause();
}

/* --- what is on the disk ------------------------------------------------------------ */

static const char *place; /* the directory that is looked at */
static struct {
	unsigned int canaries, labels, leaks;
} counts[KINDS + 1];
static unsigned int false_labels;

static bool has_label(const char *path)
{
	char value[DOMICILE_XATTR_SIZE_MAX];
	__u32 id;

	if (lgetxattr(path, DOMICILE_XATTR_NAME, value, sizeof(value)) !=
	    sizeof(struct domicile_xattr) + sizeof(id))
		return false;
	memcpy(&id, value + sizeof(struct domicile_xattr), sizeof(id));
	return id == label_id(LABEL);
}

static bool has_canary(const char *path, off_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *bytes = malloc(size + 1);
	bool found;

	if (fd < 0 || !bytes || pread(fd, bytes, size, 0) != size)
		err(1, "%s", path);
	found = memmem(bytes, size, CANARY, sizeof(CANARY) - 1);
	free(bytes);
	close(fd);
	return found;
}

static size_t kind_of(const char *name)
{
	size_t i = 0;

	while (i < KINDS && (strncmp(name, kinds[i].name, strlen(kinds[i].name)) ||
			     name[strlen(kinds[i].name)] != '-'))
		i++;
	return i;
}

/* Old files that were written to are replaced, the others are as good as new. */
static int file_check(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
	const char *name = path + ftw->base;
	bool label, canary;
	size_t kind;

	if (type != FTW_F || ftw->level < 2)
		return 0;
	kind = kind_of(name);
	label = has_label(path);
	canary = has_canary(path, stat->st_size);
	counts[kind].canaries += canary;
	counts[kind].labels += label;
	counts[kind].leaks += canary && !label;
	if (canary && !label)
		printf("# %s %s\n", kind < KINDS && kinds[kind].limit ? "limit" : "leak", path);
	if (label && kind == KINDS) {
		printf("# false label %s\n", path);
		false_labels++;
	}
	if (label || canary || strncmp(path + strlen(place), "/old/", 5))
		unlink(path);
	return 0;
}

static void counts_print(void)
{
	for (size_t i = 0; i <= KINDS; i++)
		if (counts[i].canaries || counts[i].labels)
			printf("# count %s %s %u %u %u\n", place,
			       i < KINDS ? kinds[i].name : "plain", counts[i].labels,
			       counts[i].canaries, counts[i].leaks);
	printf("# checked %s %u\n", place, false_labels);
}

static void plain_make(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	static char text[SIZE];

	if (fd < 0 && errno == EEXIST)
		return;
	memset(text, 'p', sizeof(text));
	if (write(fd, text, sizeof(text)) != sizeof(text))
		err(1, "%s", path);
	close(fd);
}

static void source_make(const char *directory)
{
	const struct domicile_xattr header = { .version = DOMICILE_XATTR_VERSION, .count = 1 };
	const __le32 id = label_id(LABEL);
	char path[PATH_MAX], label[sizeof(header) + sizeof(id)];
	int fd;

	memcpy(label, &header, sizeof(header));
	memcpy(label + sizeof(header), &id, sizeof(id));
	snprintf(path, sizeof(path), "%s/source", directory);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (write(fd, data, SIZE) != SIZE ||
	    fsetxattr(fd, DOMICILE_XATTR_NAME, label, sizeof(label), 0))
		err(1, "%s", path);
	close(fd);
}

/* In one that is called "nocow" btrfs overwrites in place, as other file systems do. */
static void directory_make(const char *path)
{
	int fd, flags = FS_NOCOW_FL;

	if (mkdir(path, 0755) && errno != EEXIST)
		err(1, "%s", path);
	if (!strstr(path, "nocow"))
		return;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (ioctl(fd, FS_IOC_SETFLAGS, &flags))
		err(1, "%s", path);
	close(fd);
}

static void directory_fill(const char *directory)
{
	static const char *const below[] = { "", "/old", "/new", "/plain" };
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(below) / sizeof(*below); i++) {
		snprintf(path, sizeof(path), "%s%s", directory, below[i]);
		directory_make(path);
	}
	source_make(directory);
	for (size_t i = 0; i < KINDS; i++) {
		int first = kinds[i].late ? WRITERS : 0, last = kinds[i].late ? WRITERS : WRITERS - 1;

		for (int number = first; number <= last; number++) {
			for (int turn = 0; turn < OLD_FILES; turn++) {
				snprintf(path, sizeof(path), "%s/old/%s-%d-%d", directory,
					 kinds[i].name, number, turn);
				plain_make(path);
			}
		}
	}
}

static int check(char **directories)
{
	for (; *directories; directories++) {
		place = *directories;
		memset(counts, 0, sizeof(counts));
		false_labels = 0;
		if (!access(place, F_OK) && nftw(place, file_check, 16, FTW_PHYS))
			err(1, "%s", place);
		counts_print();
		directory_fill(place);
	}
	sync();
	return 0;
}

int main(int argc, char **argv)
{
	data = allocate();
	if (argc > 2 && !strcmp(argv[1], "check"))
		return check(argv + 2);
	if (argc > 3 && !strcmp(argv[1], "write"))
		workload(strtoul(argv[2], NULL, 10), argv + 3);
	errx(2, "usage: power check DIRECTORY... | power write SEED DIRECTORY...");
}
