// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include <endian.h>
#include <fcntl.h>
#include <unistd.h>

#include "label_value.h"

/* A value with room for one label too many. */
struct bytes {
	struct domicile_xattr header;
	__le32 id[DOMICILE_LABELS_MAX + 1];
};

_Static_assert(offsetof(struct bytes, id) == sizeof(struct domicile_xattr), "no padding");

static size_t size_of(unsigned int count)
{
	return sizeof(struct domicile_xattr) + count * sizeof(__le32);
}

/* @count labels: 10, 20, ... */
static struct bytes bytes_make(unsigned int count)
{
	struct bytes bytes = {
		.header = {
			.version = DOMICILE_XATTR_VERSION,
			.flags = DOMICILE_XATTR_TREE,
			.count = htole16(count),
			.subject = htole64(0x1122334455667788),
		},
	};

	for (unsigned int i = 0; i < count; i++)
		bytes.id[i] = htole32(10 * (i + 1));
	return bytes;
}

/*
 * Parses a copy whose end the sanitizer knows, into a value that has to stay
 * untouched unless it parses.
 */
static int parse(struct label_value *value, const struct bytes *bytes, size_t size)
{
	struct label_value untouched;
	void *copy = malloc(size ?: 1);
	int err;

	memset(value, 0x5a, sizeof(*value));
	memset(&untouched, 0x5a, sizeof(untouched));
	memcpy(copy, bytes, size);
	err = label_value_parse(value, copy, size);
	free(copy);
	if (err && memcmp(value, &untouched, sizeof(untouched)))
		return -EIO;
	return err;
}

TEST(golden)
{
	static const unsigned char golden[] = {
		1, 1, 2, 0, 0, 0, 0, 0, /* version, flags, count, reserved */
		0x2a, 0, 0, 0, 0, 0, 0, 0x80, /* subject */
		0x80, 0xa6, 0x71, 0xd1, /* label_id("cn.pii") */
		0xff, 0xff, 0xff, 0xff, /* DOMICILE_LABEL_UNKNOWN */
	};
	_Alignas(struct domicile_xattr) unsigned char bytes[sizeof(golden)];
	struct label_value value;

	memcpy(bytes, golden, sizeof(golden));
	ASSERT_EQ(0, label_value_parse(&value, bytes, sizeof(bytes)));
	EXPECT_EQ(0x800000000000002a, value.subject);
	EXPECT_EQ(DOMICILE_XATTR_TREE, value.flags);
	ASSERT_EQ(2, value.count);
	EXPECT_EQ(label_id("cn.pii"), value.id[0]);
	EXPECT_EQ(DOMICILE_LABEL_UNKNOWN, value.id[1]);
}

TEST(good)
{
	static const unsigned int counts[] = { 0, 1, 2, 3, 255, DOMICILE_LABELS_MAX };

	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		struct bytes bytes = bytes_make(counts[i]);
		struct label_value value;

		ASSERT_EQ(0, parse(&value, &bytes, size_of(counts[i])));
		EXPECT_EQ(0x1122334455667788, value.subject);
		EXPECT_EQ(DOMICILE_XATTR_TREE, value.flags);
		ASSERT_EQ(counts[i], value.count);
		for (unsigned int j = 0; j < counts[i]; j++)
			EXPECT_EQ(10 * (j + 1), value.id[j]);
	}
}

TEST(truncated)
{
	struct bytes bytes = bytes_make(3);
	struct label_value value;

	for (size_t size = 0; size < size_of(3); size++)
		EXPECT_EQ(-EUCLEAN, parse(&value, &bytes, size));
	EXPECT_EQ(0, parse(&value, &bytes, size_of(3)));
}

TEST(longer_than_it_says)
{
	struct bytes bytes = bytes_make(3);
	struct label_value value;

	for (size_t size = size_of(3) + 1; size < size_of(5); size++)
		EXPECT_EQ(-EUCLEAN, parse(&value, &bytes, size));
}

TEST(too_many_labels)
{
	struct bytes bytes = bytes_make(DOMICILE_LABELS_MAX + 1);
	struct label_value value;

	EXPECT_EQ(-EUCLEAN, parse(&value, &bytes, size_of(DOMICILE_LABELS_MAX + 1)));
	bytes.header.count = htole16(0xffff);
	EXPECT_EQ(-EUCLEAN, parse(&value, &bytes, sizeof(bytes)));
}

TEST(unsorted)
{
	struct bytes bytes = bytes_make(4);
	struct label_value value;

	bytes.id[3] = htole32(29);
	EXPECT_EQ(-EUCLEAN, parse(&value, &bytes, size_of(4)));
	bytes.id[3] = bytes.id[2];
	EXPECT_EQ(-EUCLEAN, parse(&value, &bytes, size_of(4)));
	/* Sorted as little-endian bytes, or as signed numbers, is not enough. */
	bytes = bytes_make(2);
	bytes.id[0] = htole32(0x100);
	bytes.id[1] = htole32(0x2);
	EXPECT_EQ(-EUCLEAN, parse(&value, &bytes, size_of(2)));
	bytes.id[0] = htole32(0xffffff00);
	EXPECT_EQ(-EUCLEAN, parse(&value, &bytes, size_of(2)));
}

TEST(no_label_is_0)
{
	struct bytes bytes = bytes_make(2);
	struct label_value value;

	bytes.id[0] = 0;
	EXPECT_EQ(-EUCLEAN, parse(&value, &bytes, size_of(2)));
}

TEST(unknown_version)
{
	for (unsigned int version = 0; version < 256; version++) {
		struct bytes bytes = bytes_make(1);
		struct label_value value;

		bytes.header.version = version;
		EXPECT_EQ(version == DOMICILE_XATTR_VERSION ? 0 : -EUCLEAN,
			  parse(&value, &bytes, size_of(1)));
	}
}

TEST(reserved_is_0)
{
	struct bytes bytes = bytes_make(1);
	struct label_value value;

	bytes.header.reserved = htole32(1);
	EXPECT_EQ(-EUCLEAN, parse(&value, &bytes, size_of(1)));
}

TEST(files_without_a_label)
{
	struct label_value value;
	int fd;

	EXPECT_EQ(-ENOENT, label_value_read(&value, "/nonexistent"));
	/* ENODATA: it could have one. */
	EXPECT_NE(0, label_value_read(&value, "/proc/self/exe"));
	fd = open("/proc/self/exe", O_PATH | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_NE(0, label_value_read_fd(&value, fd));
	close(fd);
}

TEST_HARNESS_MAIN
