// SPDX-License-Identifier: GPL-2.0-only
/* Sets of addresses, against sets of eight bits that are written out. */
#include "unit.h"

#include "netset.h"
#include "prefix.h"
#include "range.h"

typedef unsigned __int128 u128;

#define SMALL 256 /* addresses that are tried, at both ends of the space */
#define NETWORKS 70

static u128 top(bool ipv6)
{
	return ipv6 ? ~(u128)0 : 0xffffffff;
}

/* The lower half at the start of the address space, the upper one at its end. */
static u128 address_at(bool ipv6, unsigned int small)
{
	return small < SMALL / 2 ? small : top(ipv6) - (SMALL - 1 - small);
}

static struct range range_random(unsigned int *seed, bool ipv6)
{
	unsigned int a = rand_r(seed) % SMALL, b = a + rand_r(seed) % 20;

	b = b < SMALL ? b : SMALL - 1;
	return (struct range){ address_at(ipv6, a), address_at(ipv6, b) };
}

static struct ranges ranges_random(struct __test_metadata *_metadata, unsigned int *seed, bool ipv6)
{
	struct ranges ranges = {};

	for (int i = rand_r(seed) % 9; i; i--)
		ASSERT_EQ(0, ranges_add(&ranges, range_random(seed, ipv6)));
	return ranges;
}

static bool holds(const struct ranges *ranges, u128 address)
{
	for (size_t i = 0; i < ranges->count; i++)
		if (ranges->list[i].first <= address && address <= ranges->list[i].last)
			return true;
	return false;
}

static bool is_normal(const struct ranges *ranges)
{
	for (size_t i = 0; i < ranges->count; i++) {
		if (ranges->list[i].first > ranges->list[i].last)
			return false;
		if (i && ranges->list[i - 1].last + 1 >= ranges->list[i].first)
			return false;
	}
	return true;
}

static void remember(const struct ranges *ranges, bool ipv6, bool had[SMALL])
{
	for (int i = 0; i < SMALL; i++)
		had[i] = holds(ranges, address_at(ipv6, i));
}

static void try_sets(struct __test_metadata *_metadata, bool ipv6, unsigned int *seed)
{
	struct ranges a = ranges_random(_metadata, seed, ipv6);
	struct ranges b = ranges_random(_metadata, seed, ipv6);
	bool in_a[SMALL], in_b[SMALL];

	remember(&a, ipv6, in_a);
	remember(&b, ipv6, in_b);
	ranges_normalise(&a);
	ranges_normalise(&b);
	ASSERT_TRUE(is_normal(&a));
	for (int i = 0; i < SMALL; i++)
		ASSERT_EQ(in_a[i], holds(&a, address_at(ipv6, i)));
	ASSERT_EQ(0, ranges_subtract(&a, &b));
	ASSERT_TRUE(is_normal(&a));
	for (int i = 0; i < SMALL; i++)
		ASSERT_EQ(in_a[i] && !in_b[i], holds(&a, address_at(ipv6, i)));
	ASSERT_EQ(0, ranges_append(&a, &b));
	ranges_normalise(&a);
	for (int i = 0; i < SMALL; i++)
		ASSERT_EQ(in_a[i] || in_b[i], holds(&a, address_at(ipv6, i)));
	ranges_free(&a);
	ranges_free(&b);
}

TEST(sets_as_naive)
{
	unsigned int seed = 1;

	for (int i = 0; i < 2000; i++) {
		try_sets(_metadata, false, &seed);
		try_sets(_metadata, true, &seed);
	}
	EXPECT_NO_LEAK();
}

static const struct {
	const char *first;
	const char *last;
	const char *prefixes;
} splits[] = {
	{ "0.0.0.0", "255.255.255.255", "0.0.0.0/0 " },
	{ "10.0.0.0", "10.0.0.0", "10.0.0.0/32 " },
	{ "10.0.0.1", "10.0.0.6", "10.0.0.1/32 10.0.0.2/31 10.0.0.4/31 10.0.0.6/32 " },
	{ "128.0.0.0", "255.255.255.255", "128.0.0.0/1 " },
	{ "255.255.255.254", "255.255.255.255", "255.255.255.254/31 " },
	{ "1.0.1.0", "1.0.3.255", "1.0.1.0/24 1.0.2.0/23 " },
	{ "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::/0 " },
	{ "::1", "::3", "::1/128 ::2/127 " },
	{ "2001:db8::", "2001:db8:2:ffff:ffff:ffff:ffff:ffff", "2001:db8::/47 2001:db8:2::/48 " },
};

TEST(prefixes_of_a_range)
{
	for (size_t i = 0; i < ARRAY_SIZE(splits); i++) {
		struct prefix first, last, prefix;
		char text[PREFIX_TEXT_MAX], all[256] = "";
		struct ranges ranges = {};
		struct range rest;
		size_t count = 0;
		bool more = true;

		ASSERT_TRUE(prefix_parse_address(splits[i].first, &first));
		ASSERT_TRUE(prefix_parse_address(splits[i].last, &last));
		rest = (struct range){ first.first, last.first };
		ASSERT_EQ(0, ranges_add(&ranges, rest));
		for (; more; count++) {
			more = range_take_prefix(&rest, first.ipv6, &prefix);
			prefix_text(&prefix, text);
			strcat(strcat(all, text), " ");
		}
		EXPECT_STREQ(splits[i].prefixes, all);
		EXPECT_EQ(count, ranges_prefix_count(&ranges, first.ipv6));
		ranges_free(&ranges);
	}
}

static size_t span_find(const struct range_span *spans, size_t count, u128 address)
{
	size_t i = count - 1;

	while (spans[i].start > address)
		i--;
	return i;
}

static bool ordered(const struct range_span *spans, size_t count)
{
	if (spans[0].start)
		return false;
	for (size_t i = 1; i < count; i++)
		if (spans[i - 1].start >= spans[i].start || spans[i - 1].number == spans[i].number)
			return false;
	return true;
}

static void try_flatten(struct __test_metadata *_metadata, bool ipv6, unsigned int *seed)
{
	size_t networks = rand_r(seed) % 2 ? 3 : NETWORKS, span_count;
	struct ranges list[NETWORKS] = {};
	struct netset_table sets;
	struct range_span *spans;

	for (size_t i = 0; i < networks; i++) {
		list[i] = ranges_random(_metadata, seed, ipv6);
		ranges_normalise(&list[i]);
	}
	ASSERT_EQ(0, netset_table_init(&sets, networks, 1024));
	ASSERT_EQ(0, ranges_flatten(list, networks, ipv6, 1024, &sets, &spans, &span_count));
	ASSERT_TRUE(ordered(spans, span_count));
	for (int i = 0; i < SMALL; i++) {
		u128 at = address_at(ipv6, i);
		size_t span = span_find(spans, span_count, at);
		const __u64 *set = netset_get(&sets, spans[span].number);

		for (size_t j = 0; j < networks; j++)
			ASSERT_EQ(holds(&list[j], at), netset_has(set, j));
	}
	for (size_t i = 0; i < networks; i++)
		ranges_free(&list[i]);
	free(spans);
	netset_table_free(&sets);
}

TEST(flatten_as_naive)
{
	unsigned int seed = 4;

	for (int i = 0; i < 1000; i++) {
		try_flatten(_metadata, false, &seed);
		try_flatten(_metadata, true, &seed);
	}
	EXPECT_NO_LEAK();
}

TEST(flatten_nothing)
{
	struct range_span *spans;
	struct netset_table sets;
	size_t count;

	ASSERT_EQ(0, netset_table_init(&sets, 0, 1));
	ASSERT_EQ(0, ranges_flatten(NULL, 0, false, 1, &sets, &spans, &count));
	EXPECT_EQ(1, count);
	EXPECT_EQ(0, spans[0].number);
	EXPECT_TRUE(spans[0].start == 0);
	free(spans);
	netset_table_free(&sets);
	EXPECT_NO_LEAK();
}

/* A set that holds for no address takes no number. */
TEST(flatten_numbers_only_what_is)
{
	struct range range = { 0xc6336400, 0xc63364ff };
	struct ranges networks[] = { { &range, 1 }, { &range, 1 } };
	struct range_span *spans;
	struct netset_table sets;
	size_t count;

	ASSERT_EQ(0, netset_table_init(&sets, 2, 2));
	ASSERT_EQ(0, ranges_flatten(networks, 2, false, 3, &sets, &spans, &count));
	EXPECT_EQ(3, count);
	EXPECT_EQ(2, sets.count);
	EXPECT_EQ(3, *netset_get(&sets, 1));
	free(spans);
	netset_table_free(&sets);
	EXPECT_NO_LEAK();
}

TEST(flatten_limits)
{
	struct range first = { 0, 0 }, second = { 2, 2 };
	struct ranges networks[] = { { &first, 1 }, { &second, 1 } };
	struct range_span *spans = NULL;
	struct netset_table sets;
	size_t count;

	ASSERT_EQ(0, netset_table_init(&sets, 2, 3));
	EXPECT_EQ(-E2BIG, ranges_flatten(networks, 2, false, 3, &sets, &spans, &count));
	EXPECT_EQ(0, ranges_flatten(networks, 2, false, 4, &sets, &spans, &count));
	free(spans);
	netset_table_free(&sets);
	ASSERT_EQ(0, netset_table_init(&sets, 2, 2));
	spans = NULL;
	EXPECT_EQ(-ENOSPC, ranges_flatten(networks, 2, false, 4, &sets, &spans, &count));
	EXPECT_EQ(NULL, spans);
	netset_table_free(&sets);
	EXPECT_NO_LEAK();
}

TEST_HARNESS_MAIN
