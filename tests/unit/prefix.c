// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include "netset.h"
#include "prefix.h"

typedef unsigned __int128 u128;

static const struct {
	const char *text;
	enum prefix_error error;
	const char *meant;
} spellings[] = {
	{ "0.0.0.0/0", PREFIX_OK, "0.0.0.0/0" },
	{ "198.51.100.0/24", PREFIX_OK, "198.51.100.0/24" },
	{ "255.255.255.255/32", PREFIX_OK, "255.255.255.255/32" },
	{ "128.0.0.0/1", PREFIX_OK, "128.0.0.0/1" },
	{ "::/0", PREFIX_OK, "::/0" },
	{ "8000::/1", PREFIX_OK, "8000::/1" },
	{ "2001:DB8:20:0::/48", PREFIX_OK, "2001:db8:20::/48" },
	{ "::1/128", PREFIX_OK, "::1/128" },
	{ "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255/128", PREFIX_OK,
	  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128" },
	{ "::fffe:0:0/96", PREFIX_OK, "::fffe:0:0/96" },
	{ "::/95", PREFIX_OK, "::/95" },
	{ "198.51.100.1", PREFIX_NO_LENGTH, "198.51.100.1/32" },
	{ "2001:db8::1", PREFIX_NO_LENGTH, "2001:db8::1/128" },
	{ "198.51.100.1/0", PREFIX_HOST_BITS, "0.0.0.0/0" },
	{ "198.51.100.1/31", PREFIX_HOST_BITS, "198.51.100.0/31" },
	{ "2001:db8::1/64", PREFIX_HOST_BITS, "2001:db8::/64" },
	{ "8000::1/0", PREFIX_HOST_BITS, "::/0" },
	{ "::ffff:0:0/96", PREFIX_MAPPED, "0.0.0.0/0" },
	{ "::ffff:198.51.100.1/128", PREFIX_MAPPED, "198.51.100.1/32" },
	{ "::ffff:198.51.100.1", PREFIX_MAPPED, "198.51.100.1/32" },
	{ "198.51.100.0/33", PREFIX_BAD_LENGTH, NULL },
	{ "2001:db8::/129", PREFIX_BAD_LENGTH, NULL },
	{ "198.51.100.0/", PREFIX_BAD_LENGTH, NULL },
	{ "198.51.100.0/08", PREFIX_BAD_LENGTH, NULL },
	{ "198.51.100.0/-1", PREFIX_BAD_LENGTH, NULL },
	{ "198.51.100.0/ 24", PREFIX_BAD_LENGTH, NULL },
	{ "198.51.100.0/24/24", PREFIX_BAD_LENGTH, NULL },
	{ "198.51.100.0/4294967320", PREFIX_BAD_LENGTH, NULL },
	{ "198.51.100.0/0x18", PREFIX_BAD_LENGTH, NULL },
	{ "", PREFIX_NO_ADDRESS, NULL },
	{ "/24", PREFIX_NO_ADDRESS, NULL },
	{ "198.51.100/24", PREFIX_NO_ADDRESS, NULL },
	{ "198.51.100.0 /24", PREFIX_NO_ADDRESS, NULL },
	{ "fe80::%eth0/64", PREFIX_NO_ADDRESS, NULL },
	{ "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb/48", PREFIX_NO_ADDRESS, NULL },
};

TEST(parse)
{
	for (size_t i = 0; i < ARRAY_SIZE(spellings); i++) {
		struct prefix prefix = { .network = 7 };
		char text[PREFIX_TEXT_MAX];

		ASSERT_EQ(spellings[i].error, prefix_parse(spellings[i].text, &prefix)) {
			TH_LOG("%s", spellings[i].text);
		}
		EXPECT_EQ(7, prefix.network);
		if (!spellings[i].meant)
			continue;
		prefix_text(&prefix, text);
		EXPECT_STREQ(spellings[i].meant, text);
	}
}

static u128 number_random(unsigned int *seed)
{
	u128 number = 0;

	for (int i = 0; i < 16; i++)
		number = number << 8 | (rand_r(seed) >> 8 & 0xff);
	return number;
}

static u128 mask(const struct prefix *prefix)
{
	unsigned int bits = (prefix->ipv6 ? 128 : 32) - prefix->length;

	return bits == 128 ? ~(u128)0 : ((u128)1 << bits) - 1;
}

static bool prefix_holds(const struct prefix *prefix, u128 address)
{
	return (address & ~mask(prefix)) == prefix->first;
}

/* The last bytes vary, so that prefixes nest, touch and repeat. */
static struct prefix prefix_random(unsigned int *seed, bool ipv6, unsigned int networks)
{
	struct prefix prefix = { .ipv6 = ipv6, .network = rand_r(seed) % networks };
	unsigned int bits = ipv6 ? 128 : 32;

	prefix.length = rand_r(seed) % 8 ? bits - rand_r(seed) % 9 : rand_r(seed) % (bits + 1);
	prefix.first = number_random(seed) & 0x3ff;
	if (!(rand_r(seed) % 8))
		prefix.first = ~prefix.first;
	if (!ipv6)
		prefix.first &= 0xffffffff;
	prefix.first &= ~mask(&prefix);
	return prefix;
}

static size_t span_find(const struct prefix_span *spans, size_t count, u128 address)
{
	size_t i = count - 1;

	while (spans[i].start > address)
		i--;
	return i;
}

/* Does the flattening say of @address what looking at each prefix says? */
static bool agree(const struct prefix *prefixes, size_t count, const struct netset_table *sets,
		  const struct prefix_span *spans, size_t span_count, u128 address)
{
	const __u64 *set = netset_get(sets, spans[span_find(spans, span_count, address)].number);
	__u64 naive[4] = {};

	for (size_t i = 0; i < count; i++)
		if (prefix_holds(&prefixes[i], address))
			naive[prefixes[i].network / 64] |= 1ull << (prefixes[i].network % 64);
	return !memcmp(naive, set, sets->words * sizeof(*set));
}

static bool ordered(const struct prefix_span *spans, size_t count)
{
	if (spans[0].start)
		return false;
	for (size_t i = 1; i < count; i++)
		if (spans[i - 1].start >= spans[i].start || spans[i - 1].number == spans[i].number)
			return false;
	return true;
}

#define PREFIXES 60

static void try_flatten(struct __test_metadata *_metadata, bool ipv6, unsigned int *seed)
{
	unsigned int networks = rand_r(seed) % 2 ? 3 : 200;
	size_t count = rand_r(seed) % PREFIXES, span_count;
	struct prefix prefixes[PREFIXES];
	struct prefix_span *spans;
	struct netset_table sets;
	u128 top = ipv6 ? ~(u128)0 : 0xffffffff;

	for (size_t i = 0; i < count; i++)
		prefixes[i] = prefix_random(seed, ipv6, networks);
	ASSERT_EQ(0, netset_table_init(&sets, networks, 1024));
	ASSERT_EQ(0, prefix_flatten(prefixes, count, 1024, &sets, &spans, &span_count));
	ASSERT_TRUE(ordered(spans, span_count));
	for (size_t i = 0; i < count; i++) {
		u128 first = prefixes[i].first, last = first | mask(&prefixes[i]);

		ASSERT_TRUE(agree(prefixes, count, &sets, spans, span_count, first));
		ASSERT_TRUE(agree(prefixes, count, &sets, spans, span_count, last));
		ASSERT_TRUE(agree(prefixes, count, &sets, spans, span_count, (first - 1) & top));
		ASSERT_TRUE(agree(prefixes, count, &sets, spans, span_count, (last + 1) & top));
	}
	for (int i = 0; i < 50; i++)
		ASSERT_TRUE(agree(prefixes, count, &sets, spans, span_count,
				  number_random(seed) & (i % 2 ? top : 0x3ff)));
	free(spans);
	netset_table_free(&sets);
}

TEST(flatten_ipv4_as_naive)
{
	unsigned int seed = 4;

	for (int i = 0; i < 2000; i++)
		try_flatten(_metadata, false, &seed);
	EXPECT_NO_LEAK();
}

TEST(flatten_ipv6_as_naive)
{
	unsigned int seed = 6;

	for (int i = 0; i < 2000; i++)
		try_flatten(_metadata, true, &seed);
	EXPECT_NO_LEAK();
}

TEST(flatten_nothing)
{
	struct prefix_span *spans;
	struct netset_table sets;
	size_t count;

	ASSERT_EQ(0, netset_table_init(&sets, 0, 1));
	ASSERT_EQ(0, prefix_flatten(NULL, 0, 1, &sets, &spans, &count));
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
	struct prefix prefixes[] = {
		{ .first = 0xc6336400, .length = 24, .network = 0 },
		{ .first = 0xc6336400, .length = 24, .network = 1 },
	};
	struct prefix_span *spans;
	struct netset_table sets;
	size_t count;

	ASSERT_EQ(0, netset_table_init(&sets, 2, 2));
	ASSERT_EQ(0, prefix_flatten(prefixes, 2, 3, &sets, &spans, &count));
	EXPECT_EQ(3, count);
	EXPECT_EQ(2, sets.count);
	EXPECT_EQ(3, *netset_get(&sets, 1));
	free(spans);
	netset_table_free(&sets);
	EXPECT_NO_LEAK();
}

/* Neighbours of one network are one span. */
TEST(flatten_merges)
{
	struct prefix prefixes[] = {
		{ .first = 0x80, .length = 25, .network = 0 },
		{ .first = 0x00, .length = 25, .network = 0 },
		{ .first = 0x40, .length = 26, .network = 0 },
	};
	struct prefix_span *spans;
	struct netset_table sets;
	size_t count;

	ASSERT_EQ(0, netset_table_init(&sets, 1, 2));
	ASSERT_EQ(0, prefix_flatten(prefixes, 3, 2, &sets, &spans, &count));
	ASSERT_EQ(2, count);
	EXPECT_TRUE(spans[1].start == 0x100);
	free(spans);
	netset_table_free(&sets);
	EXPECT_NO_LEAK();
}

TEST(flatten_limits)
{
	struct prefix prefixes[] = {
		{ .first = 0x00, .length = 32, .network = 0 },
		{ .first = 0x02, .length = 32, .network = 1 },
	};
	struct prefix_span *spans = NULL;
	struct netset_table sets;
	size_t count;

	ASSERT_EQ(0, netset_table_init(&sets, 2, 3));
	EXPECT_EQ(-E2BIG, prefix_flatten(prefixes, 2, 3, &sets, &spans, &count));
	EXPECT_EQ(0, prefix_flatten(prefixes, 2, 4, &sets, &spans, &count));
	free(spans);
	netset_table_free(&sets);
	ASSERT_EQ(0, netset_table_init(&sets, 2, 2));
	spans = NULL;
	EXPECT_EQ(-ENOSPC, prefix_flatten(prefixes, 2, 4, &sets, &spans, &count));
	EXPECT_EQ(NULL, spans);
	netset_table_free(&sets);
	EXPECT_NO_LEAK();
}

TEST_HARNESS_MAIN
