// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files whose data the kernel itself sends to a server: on network file systems, and
 * on local ones on network disks.
 */

#include "domicile_test.h"

#define SHARE DIR_TEST "/share"
#define FILE_THERE SHARE "/file"
#define SIZE 4096

static int share(const char *what, const char *kind)
{
	char self[PATH_MAX] = {};

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return -1;
	*strrchr(self, '/') = 0;
	return shell("%s/../../tests/vm/share %s %s " SHARE " >&2", self, what, kind);
}

/* Has the server got the canary? Then no more. Waits for it if it is expected. */
static bool served(bool expected)
{
	bool there = false;

	for (int i = 0; i < (expected ? 50 : 2) && !there; i++) {
		there = !shell("sync -f " SHARE "; grep -qr %s " SHARE ".server", canary);
		usleep(there ? 0 : 100000);
	}
	if (there)
		shell("head -c 4096 /dev/zero | dd of=" FILE_THERE " conv=notrunc status=none;"
		      "sync -f " SHARE);
	return there;
}

struct writer {
	bool labelled;
	bool opens_first;
	bool maps;
};

static int writer_write(const struct writer *writer, int fd, char *memory)
{
	if (writer->maps) {
		memcpy(memory, canary, sizeof(canary));
		return msync(memory, SIZE, MS_SYNC) ? errno : 0;
	}
	return pwrite(fd, canary, sizeof(canary), 0) < 0 || fsync(fd) ? errno : 0;
}

static int write_there(void *argument)
{
	const struct writer *writer = argument;
	int error = writer->labelled && !writer->opens_first ? take_label() : 0, fd;
	char *memory = NULL;

	fd = error ? -1 : open(FILE_THERE, O_RDWR | O_CREAT, 0600);
	if (fd < 0)
		return error ?: errno;
	if (writer->maps)
		memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		return errno;
	if (writer->labelled && writer->opens_first)
		error = take_label();
	return error ?: writer_write(writer, fd, memory);
}

/* Not labelled, data arrives; labelled, by no way. */
static void check_writers(struct __test_metadata *_metadata)
{
	struct writer plain = {}, labelled = { .labelled = true };
	struct writer late = { .labelled = true, .opens_first = true };
	struct writer mapped = { .labelled = true, .opens_first = true, .maps = true };

	EXPECT_EQ(0, in_child(write_there, &plain));
	EXPECT_TRUE(served(true));
	EXPECT_DENIED(in_child(write_there, &labelled));
	EXPECT_EQ(!enforcing, served(!enforcing));
	if (enforcing)
		EXPECT_TRUE(recorded("\"file_open\"", "no_label_store", FILE_THERE));
	EXPECT_DENIED(in_child(write_there, &late));
	EXPECT_EQ(!enforcing, served(!enforcing));
	if (enforcing)
		EXPECT_TRUE(recorded("\"file_permission\"", "no_label_store", FILE_THERE));
	EXPECT_DENIED(in_child(write_there, &mapped));
	EXPECT_EQ(!enforcing, served(!enforcing));
	if (enforcing)
		EXPECT_TRUE(recorded("\"file_open\"", "memory_holder", LABELLED));
}

FIXTURE(share) {
	bool unused;
};

FIXTURE_VARIANT(share) {
	const char *kind;
	const char *row;
};

FIXTURE_SETUP(share)
{
	share("down", variant->kind);
	ASSERT_EQ(0, share("up", variant->kind));
	ASSERT_EQ(0, shell("truncate -s 4096 " FILE_THERE));
}

FIXTURE_TEARDOWN(share)
{
	share("down", variant->kind);
}

FIXTURE_VARIANT_ADD(share, nbd) { "nbd", "N24/nbd" };
FIXTURE_VARIANT_ADD(share, nbd_below) { "stack", "N24/nbd" };
FIXTURE_VARIANT_ADD(share, nfs) { "nfs", "N24/nfs" };
FIXTURE_VARIANT_ADD(share, drbd) { "drbd", "N24/drbd" };
FIXTURE_VARIANT_ADD(share, cifs) { "cifs", "N24/cifs" };

TEST_F_TIMEOUT(share, write, 120)
{
	ROW(variant->row, "blocked", "file_open,file_permission,mmap_file");
	check_writers(_metadata);
}
