// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include "backoff.h"
#include "moment.h"

TEST(doubles_up_to_a_minute)
{
	static const unsigned int seconds[] = { 1, 2, 4, 8, 16, 32, 60, 60, 60 };
	struct backoff backoff = { 0 };

	for (size_t i = 0; i < sizeof(seconds) / sizeof(*seconds); i++)
		EXPECT_EQ(seconds[i] * MOMENT_NS_PER_S, backoff_next(&backoff, 0));
}

TEST(chance_takes_a_fifth_at_most)
{
	for (__u32 chance = 0; chance < 5000; chance += 7) {
		struct backoff backoff = { .failures = 3 };
		__u64 wait = backoff_next(&backoff, chance);

		EXPECT_LE(wait, 8 * MOMENT_NS_PER_S);
		EXPECT_GT(wait, 6399 * (MOMENT_NS_PER_S / 1000));
	}
}

/* A server that is down for an hour is neither forgotten nor flooded. */
TEST(an_hour)
{
	struct backoff backoff = { 0 };
	__u64 now = 0, last = 0;
	unsigned int tries = 0;

	while (now < 3600 * MOMENT_NS_PER_S) {
		last = backoff_next(&backoff, 0x9e3779b9u * tries);
		now += last;
		tries++;
	}
	EXPECT_GT(tries, 59);
	EXPECT_LT(tries, 90);
	EXPECT_LE(last, 60 * MOMENT_NS_PER_S);
	backoff = (struct backoff){ 0 };
	EXPECT_EQ(MOMENT_NS_PER_S, backoff_next(&backoff, 0));
}

TEST(never_overflows)
{
	struct backoff backoff = { .failures = ~0u - 2 };

	for (int i = 0; i < 6; i++)
		EXPECT_LE(backoff_next(&backoff, ~0u), 60 * MOMENT_NS_PER_S);
}

TEST_HARNESS_MAIN
