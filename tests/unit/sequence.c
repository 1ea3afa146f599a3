// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include "sequence.h"

#define WINDOW 64

/* Sees all numbers of @first to @last. Return: how many were new. */
static unsigned int see(struct sequence *sequence, __u64 first, __u64 last,
			struct sequence_loss *loss)
{
	unsigned int new = 0;

	for (__u64 number = first; number <= last; number++)
		new += sequence_see(sequence, number, loss);
	return new;
}

TEST(no_gap_no_loss)
{
	struct sequence sequence = {};
	struct sequence_loss loss = {};

	EXPECT_EQ(1000, see(&sequence, 1, 1000, &loss));
	sequence_settle(&sequence, 1000, &loss);
	EXPECT_EQ(0, loss.count);
	EXPECT_EQ(1000, sequence.high);
}

TEST(first_is_one)
{
	struct sequence sequence = {};
	struct sequence_loss loss = {};

	EXPECT_TRUE(sequence_see(&sequence, 1, &loss));
	EXPECT_FALSE(sequence_see(&sequence, 1, &loss));
	EXPECT_EQ(0, loss.count);
}

TEST(first_that_is_seen_is_not_the_first)
{
	struct sequence sequence = {};
	struct sequence_loss loss = {};

	EXPECT_TRUE(sequence_see(&sequence, 4, &loss));
	EXPECT_EQ(0, loss.count);
	sequence_settle(&sequence, 4, &loss);
	EXPECT_EQ(1, loss.first);
	EXPECT_EQ(3, loss.count);
}

TEST(nothing_seen_but_counted)
{
	struct sequence sequence = {};
	struct sequence_loss loss = {};

	sequence_settle(&sequence, 0, &loss);
	EXPECT_EQ(0, loss.count);
	sequence_settle(&sequence, 3, &loss);
	EXPECT_EQ(1, loss.first);
	EXPECT_EQ(3, loss.count);
}

TEST(gap_is_a_loss_when_settled)
{
	struct sequence sequence = {};
	struct sequence_loss loss = {};

	see(&sequence, 1, 10, &loss);
	EXPECT_EQ(3, see(&sequence, 14, 16, &loss));
	EXPECT_EQ(0, loss.count);
	sequence_settle(&sequence, 16, &loss);
	EXPECT_EQ(11, loss.first);
	EXPECT_EQ(3, loss.count);
}

TEST(lost_once)
{
	struct sequence sequence = {};
	struct sequence_loss loss = {}, again = {};

	see(&sequence, 3, 3, &loss);
	sequence_settle(&sequence, 5, &loss);
	EXPECT_EQ(1, loss.first);
	EXPECT_EQ(4, loss.count);
	sequence_settle(&sequence, 5, &again);
	EXPECT_EQ(0, again.count);
	EXPECT_EQ(WINDOW, see(&sequence, 6, 5 + WINDOW, &again));
	EXPECT_EQ(0, again.count);
}

TEST(late_is_no_loss)
{
	struct sequence sequence = {};
	struct sequence_loss loss = {};

	EXPECT_TRUE(sequence_see(&sequence, 2, &loss));
	EXPECT_TRUE(sequence_see(&sequence, 1, &loss));
	EXPECT_TRUE(sequence_see(&sequence, 3, &loss));
	sequence_settle(&sequence, 3, &loss);
	EXPECT_EQ(0, loss.count);
}

TEST(late_within_the_window)
{
	struct sequence sequence = {};
	struct sequence_loss loss = {};

	EXPECT_EQ(WINDOW - 1, see(&sequence, 2, WINDOW, &loss));
	EXPECT_EQ(0, loss.count);
	EXPECT_TRUE(sequence_see(&sequence, 1, &loss));
	sequence_settle(&sequence, WINDOW, &loss);
	EXPECT_EQ(0, loss.count);
}

TEST(too_late)
{
	struct sequence sequence = {};
	struct sequence_loss loss = {};

	/* The 65th number pushes the first out. */
	EXPECT_EQ(WINDOW, see(&sequence, 2, WINDOW + 1, &loss));
	EXPECT_EQ(1, loss.first);
	EXPECT_EQ(1, loss.count);
	EXPECT_FALSE(sequence_see(&sequence, 1, &loss));
	EXPECT_EQ(1, loss.count);
}

TEST(duplicates)
{
	struct sequence sequence = {};
	struct sequence_loss loss = {};

	see(&sequence, 1, 200, &loss);
	for (__u64 number = 0; number <= 200; number++)
		EXPECT_FALSE(sequence_see(&sequence, number, &loss));
	EXPECT_EQ(0, loss.count);
	EXPECT_TRUE(sequence_see(&sequence, 201, &loss));
}

TEST(gap_wider_than_the_window)
{
	struct sequence sequence = {};
	struct sequence_loss loss = {};
	__u64 far = 1ull << 40;

	see(&sequence, 1, 5, &loss);
	EXPECT_TRUE(sequence_see(&sequence, far, &loss));
	EXPECT_EQ(6, loss.first);
	/* The rest may still come. */
	EXPECT_EQ(far - 5 - WINDOW, loss.count);
	EXPECT_FALSE(sequence_see(&sequence, far - WINDOW, &loss));
	EXPECT_EQ(WINDOW - 1, see(&sequence, far - WINDOW + 1, far - 1, &loss));
	EXPECT_EQ(far - 5 - WINDOW, loss.count);
	sequence_settle(&sequence, far, &loss);
	EXPECT_EQ(far - 5 - WINDOW, loss.count);
}

TEST(gap_as_wide_as_the_window)
{
	struct sequence sequence = {};
	struct sequence_loss loss = {};

	see(&sequence, 1, 5, &loss);
	EXPECT_TRUE(sequence_see(&sequence, 5 + WINDOW, &loss));
	EXPECT_EQ(0, loss.count);
	EXPECT_TRUE(sequence_see(&sequence, 6, &loss));
}

TEST(cpus_count_apart)
{
	struct sequence cpus[2] = {};
	struct sequence_loss losses[2] = {};

	see(&cpus[0], 1, 100, &losses[0]);
	see(&cpus[1], 1, 3, &losses[1]);
	see(&cpus[1], 5, 7, &losses[1]);
	for (int i = 0; i < 2; i++)
		sequence_settle(&cpus[i], cpus[i].high, &losses[i]);
	EXPECT_EQ(0, losses[0].count);
	EXPECT_EQ(4, losses[1].first);
	EXPECT_EQ(1, losses[1].count);
	EXPECT_TRUE(sequence_see(&cpus[1], 8, &losses[1]));
	EXPECT_FALSE(sequence_see(&cpus[0], 8, &losses[0]));
}

/* Whatever is dropped, swapped or repeated: each number is new once, or lost once. */
TEST(every_number_once)
{
	unsigned int seed = 1;

	for (int round = 0; round < 200; round++) {
		struct sequence sequence = {};
		struct sequence_loss loss = {};
		__u64 last = 0, number = 1;
		unsigned int new = 0;

		for (int i = 0; i < 500; i++) {
			number += rand_r(&seed) % 100 ? 1 : rand_r(&seed) % 200;
			number -= number > 10 && rand_r(&seed) % 10 == 0 ? rand_r(&seed) % 10 : 0;
			new += sequence_see(&sequence, number, &loss);
			last = number > last ? number : last;
		}
		sequence_settle(&sequence, last + 3, &loss);
		ASSERT_EQ(last + 3, new + loss.count);
	}
}

TEST_HARNESS_MAIN
