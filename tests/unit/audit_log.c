// SPDX-License-Identifier: GPL-2.0-only
/* The writer's view of the log, and what the clock does to it. */
#include "unit.h"

#include <ftw.h>
#include <limits.h>
#include <stdlib.h>

#include "audit_entry.h"
#include "audit_log.h"
#include "cgroup.h"
#include "moment.h"
#include "tlog_reader.h"

int cgroup_path(__u64 id, char path[PATH_MAX])
{
	return -ENOENT;
}

static int remove_one(const char *path, const struct stat *stat, int kind, struct FTW *where)
{
	return remove(path);
}

FIXTURE(log)
{
	char directory[64], path[80], key[80];
	struct audit_log log;
};

FIXTURE_SETUP(log)
{
	struct fault fault = { 0 };

	strcpy(self->directory, "/tmp/domicile-unit-XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->directory));
	snprintf(self->path, sizeof(self->path), "%s/log", self->directory);
	snprintf(self->key, sizeof(self->key), "%s/key", self->directory);
	self->log = (struct audit_log){ .path = self->path };
	ASSERT_EQ(0, audit_log_open(&self->log, self->key, "host.example/log", &fault))
		TH_LOG("%s", fault.text);
}

FIXTURE_TEARDOWN(log)
{
	if (self->log.tlog)
		tlog_abandon(self->log.tlog);
	nftw(self->directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* The number of entries, of the kinds in @kinds. */
static uint64_t entries_read(const char *path, enum audit_entry_kind *kinds, uint64_t max)
{
	struct tlog_reader reader;
	struct audit_entry entry;
	const unsigned char *data;
	uint64_t i = 0;
	int size;

	if (!tlog_reader_open(&reader, path, NULL))
		for (; i < max && (size = tlog_reader_entry(&reader, i, &data, NULL)) >= 0; i++) {
			audit_entry_read(&entry, data, size);
			kinds[i] = entry.kind;
		}
	tlog_reader_close(&reader);
	return i;
}

TEST_F(log, clock_that_is_set_is_recorded)
{
	enum audit_entry_kind kinds[8];

	ASSERT_EQ(0, audit_log_append(&self->log, "{}", 2));
	self->log.clock += 5000000000;
	ASSERT_EQ(0, audit_log_append(&self->log, "{}", 2));
	ASSERT_EQ(0, audit_log_append(&self->log, "{}", 2));
	self->log.clock -= 3600000000000;
	ASSERT_EQ(0, audit_log_append(&self->log, "{}", 2));
	ASSERT_EQ(0, audit_log_close(&self->log));
	ASSERT_EQ(8, entries_read(self->path, kinds, 8));
	EXPECT_EQ(AUDIT_ENTRY_OPENED, kinds[0]);
	EXPECT_EQ(AUDIT_ENTRY_OTHER, kinds[1]);
	EXPECT_EQ(AUDIT_ENTRY_CLOCK, kinds[2]);
	EXPECT_EQ(AUDIT_ENTRY_OTHER, kinds[3]);
	EXPECT_EQ(AUDIT_ENTRY_OTHER, kinds[4]);
	EXPECT_EQ(AUDIT_ENTRY_CLOCK, kinds[5]);
	EXPECT_EQ(AUDIT_ENTRY_CLOSED, kinds[7]);
	EXPECT_NO_LEAK();
}

TEST_F(log, signed_every_second)
{
	uint64_t synced = self->log.tlog->synced;

	ASSERT_EQ(0, audit_log_append(&self->log, "{}", 2));
	ASSERT_EQ(0, audit_log_tick(&self->log));
	EXPECT_EQ(synced, self->log.tlog->synced);
	self->log.synced -= AUDIT_LOG_SYNC_NS;
	ASSERT_EQ(0, audit_log_tick(&self->log));
	EXPECT_EQ(synced + 1, self->log.tlog->synced);
}

TEST_F(log, entries_that_are_none)
{
	static char big[TILE_ENTRY_MAX + 1];

	EXPECT_EQ(-EINVAL, tlog_append(self->log.tlog, "", 0));
	EXPECT_EQ(-EMSGSIZE, tlog_append(self->log.tlog, big, sizeof(big)));
	EXPECT_EQ(0, tlog_append(self->log.tlog, memset(big, 'x', sizeof(big)), sizeof(big) - 1));
}

/* Entries of the largest size fill a bundle to its last byte. */
TEST_F(log, bundle_of_the_longest_entries)
{
	static char big[TILE_ENTRY_MAX];
	enum audit_entry_kind kinds[2 * TILE_WIDTH + 2];

	memset(big, 'x', sizeof(big));
	for (int i = 0; i < 2 * TILE_WIDTH; i++)
		ASSERT_EQ(0, tlog_append(self->log.tlog, big, sizeof(big)));
	ASSERT_EQ(0, audit_log_close(&self->log));
	EXPECT_EQ(2 * TILE_WIDTH + 2, entries_read(self->path, kinds, 2 * TILE_WIDTH + 2));
	EXPECT_NO_LEAK();
}

/* The memory of the process is gone, what was flushed is not. */
TEST_F(log, abandoned_log_is_recovered)
{
	enum audit_entry_kind kinds[5];
	struct fault fault = { 0 };

	ASSERT_EQ(0, audit_log_append(&self->log, "{}", 2));
	ASSERT_EQ(0, tlog_flush(self->log.tlog));
	ASSERT_EQ(0, audit_log_append(&self->log, "{\"lost\":1}", 10));
	tlog_abandon(self->log.tlog);
	ASSERT_EQ(0, audit_log_open(&self->log, self->key, "another", &fault));
	ASSERT_EQ(0, audit_log_close(&self->log));
	ASSERT_EQ(5, entries_read(self->path, kinds, 5));
	EXPECT_EQ(AUDIT_ENTRY_OTHER, kinds[1]);
	EXPECT_EQ(AUDIT_ENTRY_RECOVERED, kinds[2]);
	EXPECT_EQ(AUDIT_ENTRY_OPENED, kinds[3]);
	EXPECT_NO_LEAK();
}

TEST_HARNESS_MAIN
