// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the audit log costs: audit RECORDS DIRECTORY. Records are as domiciled writes
 * them, and short ones beside them: hashing costs by the byte, the tree by the record.
 * One core, but for what the kernel does to write.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "number.h"
#include "tile_tree.h"
#include "tlog.h"
#include "tlog_verify.h"

#define BATCH 100000 /* records between two checkpoints */
#define PROOFS 1000
#define LINE_MAX_SIZE 2048
#define NS_PER_S 1000000000ull

static void die(const char *what, int err, const struct fault *fault)
{
	fprintf(stderr, "audit: %s: %s\n", what, fault->text[0] ? fault->text : strerror(-err));
	exit(1);
}

/* Seconds: as they pass, and those that this process computes. */
struct spent {
	double wall, cpu;
};

static double seconds(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static struct spent now(void)
{
	return (struct spent){ seconds(CLOCK_MONOTONIC), seconds(CLOCK_PROCESS_CPUTIME_ID) };
}

static struct spent since(struct spent start)
{
	struct spent end = now();

	return (struct spent){ end.wall - start.wall, end.cpu - start.cpu };
}

static void rate_print(const char *what, uint64_t count, struct spent spent)
{
	char wall[NUMBER_TEXT_MAX], cpu[NUMBER_TEXT_MAX];

	printf("  %-34s%12s /s%14s /s of CPU\n", what, number_text(wall, count / spent.wall),
	       number_text(cpu, count / spent.cpu));
}

/* --- records --------------------------------------------------------------------- */

static uint64_t random_state = 88172645463325252ull;

/* Marsaglia's xorshift64: the same records in every run. */
static unsigned int choose(unsigned int limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state % limit;
}

static int record_long(char line[LINE_MAX_SIZE], uint64_t number)
{
	static const char *const programs[] = { "curl", "rsync", "postgres", "python3" };
	const char *program = programs[choose(4)];

	return snprintf(line, LINE_MAX_SIZE,
		"{\"type\":\"decision\",\"time\":\"2026-11-22T%02u:%02u:%02u.%09uZ\","
		"\"boot_id\":\"4ae0a4b1-6e7a-4b6e-8a53-9fd3a2a7a3a1\",\"host\":\"host.example\","
		"\"cpu\":%u,\"seq\":%" PRIu64 ",\"verdict\":\"%s\",\"reason\":\"network\","
		"\"hook\":\"socket_connect\",\"rule\":\"/etc/domicile/cn.yaml:14\","
		"\"policy_generation\":3,\"process\":{\"pid\":%u,\"tid\":%u,\"ppid\":99,\"uid\":1000,"
		"\"user\":\"intake\",\"start_time\":\"2026-11-22T07:31:0%u.%09uZ\",\"comm\":\"%s\","
		"\"exe\":\"/usr/bin/%s\",\"cgroup\":{\"id\":%u,\"path\":\"/system.slice/"
		"intake.service\"}},\"labels\":[\"cn.pii\",\"eu.health\"],\"denied\":[\"cn.pii\"],"
		"\"source\":{\"path\":\"/srv/cn/people-%u.csv\",\"dev\":\"254:3\",\"ino\":%u,"
		"\"time\":\"2026-11-22T07:31:0%u.%09uZ\",\"pid\":%u,\"peer\":null},\"object\":{"
		"\"kind\":\"address\",\"family\":\"ipv4\",\"protocol\":\"tcp\",\"address\":"
		"\"203.0.113.%u\",\"port\":443,\"network\":null},\"bytes\":%u}",
		(unsigned int)(number / 36000000 % 24), (unsigned int)(number / 600000 % 60),
		(unsigned int)(number / 10000 % 60),
		(unsigned int)(number % 10000 * 100000 + choose(100000)), (unsigned int)number % 2,
		number / 2, choose(4) ? "deny" : "audit", 1000 + choose(100), 1000 + choose(100),
		choose(10), choose(NS_PER_S), program, program, 4096 + choose(20), choose(100),
		5000000 + choose(100), choose(10), choose(NS_PER_S), 1000 + choose(100),
		choose(254) + 1, choose(100000));
}

static int record_short(char line[LINE_MAX_SIZE], uint64_t number)
{
	return snprintf(line, LINE_MAX_SIZE,
			"{\"type\":\"other\",\"n\":%" PRIu64 ",\"a\":%u,\"b\":%u,\"c\":%u}", number,
			choose(1000000), choose(1000000), choose(1000000));
}

typedef int record_make(char line[LINE_MAX_SIZE], uint64_t number);

/* --- measuring --------------------------------------------------------------------- */

static int remove_one(const char *path, const struct stat *stat, int kind, struct FTW *where)
{
	return remove(path);
}

static struct {
	uint64_t bytes, disk, files;
} use;

static int use_add(const char *path, const struct stat *stat, int kind, struct FTW *where)
{
	if (kind != FTW_F)
		return 0;
	use.bytes += stat->st_size;
	use.disk += stat->st_blocks * 512;
	use.files++;
	return 0;
}

static struct tlog *log_open(const char *path, const struct note_key *key)
{
	struct fault fault = { 0 };
	struct tlog_found found;
	struct tlog *log;
	int err = tlog_open(&log, path, key, &found, &fault);

	if (err)
		die(path, err, &fault);
	return log;
}

/* Making the records is not part of it. */
static void append(struct tlog *log, record_make *make, uint64_t count)
{
	static char lines[BATCH][LINE_MAX_SIZE];
	static int lengths[BATCH];
	struct fault none = { 0 };
	struct spent spent = { 0 }, once;
	uint64_t bytes = 0;
	int err = 0;

	for (uint64_t done = 0; done < count; done += BATCH) {
		struct spent start;

		for (int i = 0; i < BATCH; i++)
			bytes += lengths[i] = make(lines[i], done + i);
		start = now();
		for (int i = 0; i < BATCH && !err; i++)
			err = tlog_append(log, lines[i], lengths[i]);
		if (!err)
			err = tlog_sync(log);
		if (err)
			die("append", err, &none);
		once = since(start);
		spent.wall += once.wall;
		spent.cpu += once.cpu;
	}
	printf("  %-34s%12.0f bytes\n", "a record", (double)bytes / count);
	rate_print("appended, hashed and synced", count, spent);
}

static void verify(const char *what, const char *path)
{
	int directory = open(path, O_RDONLY | O_DIRECTORY);
	struct checkpoint checkpoint;
	struct tlog_summary summary;
	struct fault fault = { 0 };
	struct spent start = now();
	int err = checkpoint_read(&checkpoint, directory, TLOG_CHECKPOINT, &fault);

	if (!err)
		err = tlog_verify(directory, &checkpoint, &summary, &fault);
	if (err)
		die("verify", err, &fault);
	rate_print(what, summary.size, since(start));
	checkpoint_free(&checkpoint);
	close(directory);
}

static void prove(const char *path, uint64_t size)
{
	struct tile_tree tree = { open(path, O_RDONLY | O_DIRECTORY), size };
	struct merkle_proof proof;
	struct fault fault = { 0 };
	size_t hashes = 0;
	struct spent start = now();

	for (int i = 0; i < PROOFS; i++) {
		int err = tile_tree_include(&tree, i * (size / PROOFS), &proof, &fault);

		if (err)
			die("prove", err, &fault);
		hashes += proof.count;
	}
	printf("  %-34s%12.1f hashes of 32 bytes\n", "a proof of an entry", (double)hashes / PROOFS);
	printf("  %-34s%12.1f us\n", "the time it takes to make", since(start).wall * 1e6 / PROOFS);
	close(tree.log);
}

static void pack(struct tlog *log, uint64_t count)
{
	struct spent start = now();

	while (tlog_pack(log, 256) > 0)
		;
	rate_print("compressed", count, since(start));
}

static void size_print(const char *path, uint64_t count)
{
	memset(&use, 0, sizeof(use));
	nftw(path, use_add, 16, FTW_PHYS);
	printf("  %-34s%12.1f bytes (%.1f with what the file system rounds up)\n",
	       "a record on disk, compressed", (double)use.bytes / count, (double)use.disk / count);
}

static void measure(const char *what, record_make *make, uint64_t count, const char *path)
{
	struct note_key key;
	struct tlog *log;

	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	if (note_key_make(&key, "bench/domicile"))
		exit(1);
	printf("%s\n", what);
	log = log_open(path, &key);
	append(log, make, count);
	verify("verified", path);
	prove(path, count);
	pack(log, count);
	verify("verified, compressed", path);
	if (tlog_close(log))
		exit(1);
	size_print(path, count);
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

int main(int argc, char **argv)
{
	uint64_t count = argc == 3 ? strtoull(argv[1], NULL, 10) / BATCH * BATCH : 0;

	if (!count) {
		fprintf(stderr, "Usage: audit RECORDS DIRECTORY (%d records at least)\n", BATCH);
		return 2;
	}
	measure("records of a decision", record_long, count, argv[2]);
	measure("short records", record_short, count, argv[2]);
	return 0;
}
