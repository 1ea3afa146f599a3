// SPDX-License-Identifier: GPL-2.0-only
#include "sequence.h"

#define WINDOW 64

static void lose(struct sequence_loss *loss, __u64 first, __u64 count)
{
	if (!loss->count || first < loss->first)
		loss->first = first;
	loss->count += count;
}

/* The window moves up by one; what falls out of it unseen is lost. */
static void advance_one(struct sequence *sequence, struct sequence_loss *loss)
{
	if (sequence->missing >> (WINDOW - 1))
		lose(loss, sequence->high - (WINDOW - 1), 1);
	sequence->high++;
	sequence->missing = sequence->missing << 1 | 1;
}

static void give_up(struct sequence *sequence, struct sequence_loss *loss)
{
	for (int i = WINDOW - 1; i >= 0; i--)
		if (sequence->missing >> i & 1)
			lose(loss, sequence->high - i, 1);
	sequence->missing = 0;
}

static void advance(struct sequence *sequence, __u64 number, struct sequence_loss *loss)
{
	if (number - sequence->high > WINDOW) {
		__u64 skipped = number - sequence->high - WINDOW;

		give_up(sequence, loss);
		lose(loss, sequence->high + 1, skipped);
		sequence->high += skipped;
	}
	while (sequence->high < number)
		advance_one(sequence, loss);
}

bool sequence_see(struct sequence *sequence, __u64 number, struct sequence_loss *loss)
{
	__u64 age;

	if (number > sequence->high)
		advance(sequence, number, loss);
	age = sequence->high - number;
	if (age >= WINDOW || !(sequence->missing >> age & 1))
		return false;
	sequence->missing &= ~(1ull << age);
	return true;
}

void sequence_settle(struct sequence *sequence, __u64 last, struct sequence_loss *loss)
{
	if (last > sequence->high)
		advance(sequence, last, loss);
	give_up(sequence, loss);
}
