// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "audit_entry.h"
#include "audit_prune.h"
#include "moment.h"

#define SECTOR 512 /* the unit of st_blocks */

/* 0 if there is no such file. */
static uint64_t disk_use(int log, const char *path)
{
	struct stat stat;

	return fstatat(log, path, &stat, 0) ? 0 : stat.st_blocks * SECTOR;
}

/* A full bundle, and its tile of leaves. */
static uint64_t bundle_use(int log, uint64_t index)
{
	struct tile tile = { TILE_ENTRIES, index, TILE_WIDTH };
	char path[TILE_PATH_MAX + sizeof(TILE_PACKED)];
	uint64_t use;

	use = disk_use(log, tile_path(&tile, path));
	use += disk_use(log, strcat(path, TILE_PACKED));
	tile.level = 0;
	return use + disk_use(log, tile_path(&tile, path));
}

/* The time of the newest entry of the bundle that has one, ns; 0: none has. */
static uint64_t bundle_time(struct tlog *log, uint64_t index)
{
	struct tile tile = { TILE_ENTRIES, index, TILE_WIDTH };
	__u64 newest = 0, time;
	const unsigned char *data;
	struct audit_entry entry;
	size_t offset = 0;
	int size;

	if (bundle_read(log->directory, &tile, &log->spare, NULL))
		return 0;
	while ((size = bundle_next(&log->spare, &offset, &data)) >= 0) {
		audit_entry_read(&entry, data, size);
		if (!moment_parse(entry.time, &time) && time > newest)
			newest = time;
	}
	return newest;
}

static uint64_t young(struct tlog *log, uint64_t index, uint64_t end, uint64_t max_age)
{
	__u64 now = moment_realtime(moment_boottime());

	while (index < end) {
		uint64_t time = bundle_time(log, index);

		if (!time || time >= now || now - time <= max_age)
			break;
		index++;
	}
	return index;
}

/* From the newest on, as many as there is room for. */
static uint64_t small(struct tlog *log, uint64_t index, uint64_t end, uint64_t max_size)
{
	uint64_t use = 0;

	while (end > index) {
		use += bundle_use(log->directory, end - 1);
		if (use > max_size)
			break;
		end--;
	}
	return end;
}

uint64_t audit_prune_first(struct tlog *log, uint64_t max_age, uint64_t max_size)
{
	uint64_t index = log->first / TILE_WIDTH, end = log->synced / TILE_WIDTH;

	if (max_age)
		index = young(log, index, end, max_age);
	if (max_size)
		index = small(log, index, end, max_size);
	return index * TILE_WIDTH;
}
