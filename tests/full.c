// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every table that labels are kept in is full: labelled data that would need room there
 * goes nowhere, and is counted; other work goes on. The kernel's own interface fills them.
 */
#include "domicile_test.h"

#include <linux/bpf.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/syscall.h>
#include <time.h>

#define BATCH 4096

struct table {
	int fd;
	__u32 keys, values; /* sizes, bytes */
	__u32 room;
	__u64 filled;
};

static int bpf(enum bpf_cmd command, union bpf_attr *attributes)
{
	return syscall(SYS_bpf, command, attributes, sizeof(*attributes));
}

static int table_open(const char *name, struct table *table)
{
	char path[256];
	struct bpf_map_info info = {};
	union bpf_attr attributes = { .pathname = (unsigned long)path };

	snprintf(path, sizeof(path), "/sys/fs/bpf/domicile/maps/%s", name);
	table->fd = bpf(BPF_OBJ_GET, &attributes);
	memset(&attributes, 0, sizeof(attributes));
	attributes.info.bpf_fd = table->fd;
	attributes.info.info_len = sizeof(info);
	attributes.info.info = (unsigned long)&info;
	if (table->fd < 0 || bpf(BPF_OBJ_GET_INFO_BY_FD, &attributes))
		return errno;
	table->keys = info.key_size;
	table->values = info.value_size;
	table->room = info.max_entries;
	return 0;
}

/* Keys that no object of the kernel has. */
static void keys_make(char *keys, const struct table *table, __u64 from)
{
	memset(keys, 0xee, (size_t)BATCH * table->keys);
	for (__u64 i = 0; i < BATCH; i++) {
		__u64 number = from + i;

		memcpy(keys + i * table->keys, &number, sizeof(number));
	}
}

/*
 * A member's time, where there is one, is its last eight bytes. It is over some seconds
 * later, which may be less than it takes to fill the table: a minute ahead.
 */
static void values_make(char *values, const struct table *table, bool timed)
{
	struct timespec now;
	__u64 ns;

	memset(values, 0, (size_t)BATCH * table->values);
	clock_gettime(CLOCK_BOOTTIME, &now);
	ns = (now.tv_sec + 60) * 1000000000ull + now.tv_nsec;
	for (__u32 i = 1; timed && i <= BATCH; i++)
		memcpy(values + (size_t)i * table->values - sizeof(ns), &ns, sizeof(ns));
}

/* A member of before that is over would give its place to the first who wants one. */
static void table_clear(const struct table *table)
{
	char *key = malloc(table->keys);
	union bpf_attr attributes;

	for (;;) {
		memset(&attributes, 0, sizeof(attributes));
		attributes.map_fd = table->fd;
		attributes.next_key = (unsigned long)key;
		if (bpf(BPF_MAP_GET_NEXT_KEY, &attributes))
			break;
		memset(&attributes, 0, sizeof(attributes));
		attributes.map_fd = table->fd;
		attributes.key = (unsigned long)key;
		bpf(BPF_MAP_DELETE_ELEM, &attributes);
	}
	free(key);
}

/*
 * Up to the first member that is too many. ENOMEM is no such thing: the memory that a CPU
 * has ready for new members is filled up again from an interrupt.
 */
static void table_fill(struct table *table, bool timed)
{
	char *keys = malloc((size_t)BATCH * table->keys);
	char *values = malloc((size_t)BATCH * table->values);
	union bpf_attr attributes;
	bool full = false;

	values_make(values, table, timed);
	for (table->filled = 0; !full; table->filled += attributes.batch.count) {
		keys_make(keys, table, table->filled + 1);
		memset(&attributes, 0, sizeof(attributes));
		attributes.batch.map_fd = table->fd;
		attributes.batch.keys = (unsigned long)keys;
		attributes.batch.values = (unsigned long)values;
		attributes.batch.count = BATCH;
		full = bpf(BPF_MAP_UPDATE_BATCH, &attributes) && errno != ENOMEM;
	}
	free(values);
	free(keys);
}

static void table_empty(struct table *table)
{
	char *keys = malloc((size_t)BATCH * table->keys);
	union bpf_attr attributes;

	for (__u64 done = 0; done < table->filled; done += BATCH) {
		keys_make(keys, table, done + 1);
		memset(&attributes, 0, sizeof(attributes));
		attributes.batch.map_fd = table->fd;
		attributes.batch.keys = (unsigned long)keys;
		attributes.batch.count = table->filled - done < BATCH ?
						 table->filled - done : BATCH;
		bpf(BPF_MAP_DELETE_BATCH, &attributes);
	}
	free(keys);
	close(table->fd);
}

static int counted(const char *counter)
{
	char line[256];
	int count = -1;
	FILE *status = popen("domicile status --json", "r");

	while (status && fgets(line, sizeof(line), status)) {
		const char *found = strstr(line, counter);

		if (found)
			count = atoi(found + strlen(counter) + strlen("\": "));
	}
	if (status)
		pclose(status);
	return count;
}

/* --- what needs room ---------------------------------------------------------- */

static int pipe_use(void)
{
	int ends[2], error = 0;
	char byte;

	if (pipe(ends))
		return errno;
	if (write(ends[1], "", 1) != 1 || read(ends[0], &byte, 1) != 1)
		error = errno;
	close(ends[0]);
	close(ends[1]);
	return error;
}

static int message_use(void)
{
	struct { long type; char text[8]; } message = { 1, "canary" };
	int queue = msgget(IPC_PRIVATE, 0600), error = 0;

	if (queue < 0)
		return errno;
	if (msgsnd(queue, &message, sizeof(message.text), IPC_NOWAIT))
		error = errno == ENOMEM ? EPERM : errno;
	msgctl(queue, IPC_RMID, NULL);
	return error;
}

static int symlink_use(void)
{
	int error = symlink(canary, DIR_TEST "/link") ? errno : 0;

	unlink(DIR_TEST "/link");
	return error;
}

static int loopback_use(void)
{
	return send_canary("127.0.0.1");
}

static const struct {
	const char *table;
	bool timed;
	int (*use)(void);
} uses[] = {
	{ "pipe_labels", false, pipe_use },
	{ "message_labels", false, message_use },
	{ "symlinks", false, symlink_use },
	{ "local_flows", true, loopback_use },
};

#define USES (sizeof(uses) / sizeof(*uses))

static int plain_use(void *use)
{
	return uses[*(int *)use].use();
}

static int labelled_use(void *use)
{
	return take_label() ?: plain_use(use);
}

TEST(full)
{
	struct table table = {};

	ROW("G06/full", "blocked", "pipe_labels, message_labels, symlinks, local_flows");
	for (int i = 0; i < USES; i++) {
		int before = 0;

		EXPECT_EQ(0, in_child(labelled_use, &i)) {
			TH_LOG("%s has room", uses[i].table);
		}
		if (enforcing) {
			ASSERT_EQ(0, table_open(uses[i].table, &table));
			before = counted("no_memory");
			table_clear(&table);
			table_fill(&table, uses[i].timed);
			EXPECT_LE(table.filled, table.room);
			EXPECT_GT(table.filled, table.room / 2);
		}
		EXPECT_DENIED(in_child(labelled_use, &i)) {
			TH_LOG("%s is full", uses[i].table);
		}
		EXPECT_EQ(0, in_child(plain_use, &i));
		if (!enforcing)
			continue;
		EXPECT_LT(before, counted("no_memory")) {
			TH_LOG("%s is full: not counted", uses[i].table);
		}
		table_empty(&table);
		EXPECT_EQ(0, in_child(labelled_use, &i)) {
			TH_LOG("%s has room again", uses[i].table);
		}
	}
}
