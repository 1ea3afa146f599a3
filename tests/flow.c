// SPDX-License-Identifier: GPL-2.0-only
/* A process takes the label of a file that it gets, and of none that it only asks about. */

#include "domicile_test.h"

#define COPY DIR_TEST "/copy"

static int by_open(void *argument)
{
	int fd = open(LABELLED, O_RDONLY);

	return fd < 0 ? errno : try_out();
}

static int by_mmap(void *argument)
{
	int fd = open(LABELLED, O_RDONLY);
	char *data = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);

	return data == MAP_FAILED || *data != canary[0] ? EIO : try_out();
}

static int by_metadata(void *argument)
{
	struct stat st;

	return stat(LABELLED, &st) ? errno : try_out();
}

static int by_plain_file(void *argument)
{
	char buffer[16];
	int fd = open(PLAIN, O_RDONLY);

	return read(fd, buffer, sizeof(buffer)) <= 0 ? EIO : try_out();
}

TEST(file_open) { EXPECT_DENIED(in_child(by_open, NULL)); }
TEST(file_mmap) { EXPECT_DENIED(in_child(by_mmap, NULL)); }
TEST(file_stat_takes_no_label) { EXPECT_EQ(0, in_child(by_metadata, NULL)); }
TEST(file_plain) { EXPECT_EQ(0, in_child(by_plain_file, NULL)); }

/* A descriptor opened by somebody else before the label was on the file. */
static int reader_of_fd(void *argument)
{
	char buffer[256] = {};

	return pread(*(int *)argument, buffer, sizeof(buffer), 0) <= 0 ? EIO : try_out();
}

static int write_copy(void *argument)
{
	return take_label() ?:
	       pwrite(*(int *)argument, canary, sizeof(canary), 0) < 0 ? errno : 0;
}

TEST(file_opened_before_the_label)
{
	int fd;

	file_write(COPY, "plain");
	fd = open(COPY, O_RDWR);
	EXPECT_EQ(0, in_child(reader_of_fd, &fd));
	EXPECT_EQ(0, in_child(write_copy, &fd));
	EXPECT_DENIED(in_child(reader_of_fd, &fd));
	unlink(COPY);
}
