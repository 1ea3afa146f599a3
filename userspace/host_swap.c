// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that goes to disk: the label of a process does not go with it, so the
 * disk had better be encrypted.
 */
#include <ctype.h>
#include <dirent.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "cleanup.h"
#include "host.h"

#define STACK_MAX 8 /* disks upon disks */

static bool line_read(const char *path, char *line, int size)
{
	cleanup(close_file) FILE *file = fopen(path, "re");

	return file && fgets(line, size, file);
}

/* @path: of a disk in /sys. Memory is no disk, and forgets. */
static bool disk_is_safe(const char *path)
{
	char file[PATH_MAX], text[128];

	snprintf(file, sizeof(file), "%s/dm/uuid", path);
	if (line_read(file, text, sizeof(text)) && !strncmp(text, "CRYPT-", 6))
		return true;
	snprintf(file, sizeof(file), "%s/mm_stat", path); /* zram */
	if (!line_read(file, text, sizeof(text)))
		return false;
	snprintf(file, sizeof(file), "%s/backing_dev", path);
	return !line_read(file, text, sizeof(text)) || !strncmp(text, "none", 4);
}

/* Is it encrypted, or every disk that it lies on? */
static bool stack_is_safe(const char *path, int depth)
{
	char below[PATH_MAX];
	struct dirent *entry;
	bool safe = true;
	int count = 0;
	DIR *directory;

	if (disk_is_safe(path))
		return true;
	snprintf(below, sizeof(below), "%s/slaves", path);
	directory = depth < STACK_MAX ? opendir(below) : NULL;
	while (directory && (entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(below, sizeof(below), "/sys/class/block/%s", entry->d_name);
		safe = safe && stack_is_safe(below, depth + 1);
		count++;
	}
	if (directory)
		closedir(directory);
	return safe && count;
}

static bool dev_is_safe(dev_t dev)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u", major(dev), minor(dev));
	return stack_is_safe(path, 0);
}

/* A swap file is where its file system is. */
static bool swap_is_safe(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return false;
	return dev_is_safe(S_ISBLK(st.st_mode) ? st.st_rdev : st.st_dev);
}

void host_check_swap(struct host_check *check)
{
	cleanup(close_file) FILE *swaps = fopen("/proc/swaps", "re");
	char line[PATH_MAX + 128], path[PATH_MAX];
	int count = 0;

	while (swaps && fgets(line, sizeof(line), swaps)) {
		if (line[0] != '/' || sscanf(line, "%4095s", path) != 1)
			continue;
		count++;
		if (swap_is_safe(path))
			continue;
		check->state = HOST_WARNING;
		snprintf(check->detail, sizeof(check->detail), "%.180s is not encrypted", path);
		snprintf(check->remedy, sizeof(check->remedy),
			 "swapoff %.180s, or encrypt it: labelled data in it has no label", path);
		return;
	}
	check->state = HOST_OK;
	snprintf(check->detail, sizeof(check->detail), count ? "encrypted, or in memory" : "none");
}

void host_check_hibernation(struct host_check *check)
{
	unsigned int major_number = 0, minor_number = 0;
	char line[64];

	check->state = HOST_OK;
	if (!line_read("/sys/power/resume", line, sizeof(line)) ||
	    sscanf(line, "%u:%u", &major_number, &minor_number) != 2 ||
	    (!major_number && !minor_number)) {
		snprintf(check->detail, sizeof(check->detail), "no disk for it");
		return;
	}
	snprintf(check->detail, sizeof(check->detail), "to an encrypted disk");
	if (dev_is_safe(makedev(major_number, minor_number)))
		return;
	check->state = HOST_WARNING;
	snprintf(check->detail, sizeof(check->detail), "to disk %u:%u, which is not encrypted",
		 major_number, minor_number);
	snprintf(check->remedy, sizeof(check->remedy),
		 "echo 0:0 >/sys/power/resume, or encrypt it: the image has all labelled data");
}
