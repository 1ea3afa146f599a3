// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include <domicile/label.h>

static struct domicile_label_set set_of(const unsigned int *indices, size_t count)
{
	struct domicile_label_set set = {};

	for (size_t i = 0; i < count; i++)
		label_set_add(&set, indices[i]);
	return set;
}

#define SET(...) \
	set_of((unsigned int[]){ __VA_ARGS__ }, sizeof((int[]){ __VA_ARGS__ }) / sizeof(int))

static int equal(const struct domicile_label_set *a, const struct domicile_label_set *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/* From the test vectors that accompany draft-eastlake-fnv; the empty name is the basis. */
TEST(id_is_fnv1a)
{
	EXPECT_EQ(0x811c9dc5, label_id(""));
	EXPECT_EQ(0xe40c292c, label_id("a"));
	EXPECT_EQ(0xe70c2de5, label_id("b"));
	EXPECT_EQ(0x6222e842, label_id("fo"));
	EXPECT_EQ(0xa9f37ed7, label_id("foo"));
	EXPECT_EQ(0xbf9cf968, label_id("foobar"));
	EXPECT_EQ(0xd171a680, label_id("cn.pii"));
}

/* The plain hash of the first is 0, of the second all ones. */
TEST(id_is_never_reserved)
{
	EXPECT_EQ(1, label_id("cn.irxlica"));
	EXPECT_EQ(DOMICILE_LABEL_UNKNOWN - 1, label_id("cn.cnebi5w"));
}

TEST(id_takes_bytes_above_127_as_unsigned)
{
	EXPECT_EQ((2166136261u ^ 0xe9) * 16777619u, label_id("\xe9"));
}

TEST(add_and_has)
{
	struct domicile_label_set set = {};

	for (unsigned int i = 0; i < DOMICILE_LABELS_MAX; i++) {
		EXPECT_FALSE(label_set_has(&set, i));
		label_set_add(&set, i);
		EXPECT_TRUE(label_set_has(&set, i));
		EXPECT_EQ(i + 1 == DOMICILE_LABELS_MAX, label_set_has(&set, 255));
	}
}

TEST(index_stays_inside)
{
	struct domicile_label_set set[3] = {};

	label_set_add(&set[1], DOMICILE_LABELS_MAX);
	label_set_add(&set[1], ~0u);
	EXPECT_TRUE(label_set_empty(&set[0]));
	EXPECT_TRUE(label_set_empty(&set[2]));
	EXPECT_TRUE(label_set_has(&set[1], 0));
	EXPECT_TRUE(label_set_has(&set[1], 255));
}

TEST(empty_fill_clear)
{
	struct domicile_label_set set = {};

	EXPECT_TRUE(label_set_empty(&set));
	for (unsigned int i = 0; i < DOMICILE_LABELS_MAX; i += 51) {
		set = SET(i);
		EXPECT_FALSE(label_set_empty(&set));
	}
	label_set_fill(&set);
	for (unsigned int i = 0; i < DOMICILE_LABELS_MAX; i++)
		EXPECT_TRUE(label_set_has(&set, i));
	label_set_clear(&set);
	EXPECT_TRUE(label_set_empty(&set));
}

TEST(covers)
{
	struct domicile_label_set none = {}, few = SET(0, 64, 255), more = SET(0, 1, 64, 128, 255);
	struct domicile_label_set other = SET(0, 65);

	EXPECT_TRUE(label_set_covers(&none, &none));
	EXPECT_TRUE(label_set_covers(&few, &none));
	EXPECT_FALSE(label_set_covers(&none, &few));
	EXPECT_TRUE(label_set_covers(&few, &few));
	EXPECT_TRUE(label_set_covers(&more, &few));
	EXPECT_FALSE(label_set_covers(&few, &more));
	EXPECT_FALSE(label_set_covers(&more, &other));
}

TEST(join)
{
	struct domicile_label_set set = SET(0, 64), other = SET(64, 200), both = SET(0, 64, 200);

	label_set_join(&set, &other);
	EXPECT_TRUE(equal(&set, &both));
	label_set_join(&set, &other);
	EXPECT_TRUE(equal(&set, &both));
	label_set_join(&other, &set);
	EXPECT_TRUE(equal(&other, &both));
}

TEST(join_shared_is_join)
{
	struct domicile_label_set set = SET(0, 64, 130), other = SET(64, 200, 131);
	struct domicile_label_set shared = set;

	label_set_join(&set, &other);
	label_set_join_shared(&shared, &other);
	EXPECT_TRUE(equal(&set, &shared));
}

TEST(meet)
{
	struct domicile_label_set a = SET(0, 64, 129, 255), b = SET(64, 130, 255);
	struct domicile_label_set both = SET(64, 255), out;

	label_set_meet(&out, &a, &b);
	EXPECT_TRUE(equal(&out, &both));
	label_set_meet(&a, &a, &b);
	EXPECT_TRUE(equal(&a, &both));
}

TEST(set_remove)
{
	struct domicile_label_set set = SET(0, 64, 255), other = SET(64, 65), left = SET(0, 255);

	label_set_remove(&set, &other);
	EXPECT_TRUE(equal(&set, &left));
}

static struct domicile_label_set set_random(unsigned int *seed)
{
	struct domicile_label_set set = {};

	for (int i = rand_r(seed) % 40; i; i--)
		label_set_add(&set, rand_r(seed));
	return set;
}

/* What the rest of Domicile relies on, whatever the sets. */
TEST(laws)
{
	unsigned int seed = 1;

	for (int i = 0; i < 10000; i++) {
		struct domicile_label_set a = set_random(&seed), b = set_random(&seed);
		struct domicile_label_set ab = a, ba = b, meet, rest = a, again;

		label_set_join(&ab, &b);
		label_set_join(&ba, &a);
		ASSERT_TRUE(equal(&ab, &ba));
		ASSERT_TRUE(label_set_covers(&ab, &a) && label_set_covers(&ab, &b));
		label_set_meet(&meet, &a, &b);
		ASSERT_TRUE(label_set_covers(&a, &meet) && label_set_covers(&b, &meet));
		label_set_remove(&rest, &b);
		again = rest;
		label_set_meet(&again, &again, &b);
		ASSERT_TRUE(label_set_empty(&again));
		label_set_join(&rest, &meet);
		ASSERT_TRUE(equal(&rest, &a));
	}
}

TEST_HARNESS_MAIN
