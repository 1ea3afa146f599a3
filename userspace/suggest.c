// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <string.h>

#include "suggest.h"

#define WORD_MAX 64 /* longer words have no near ones */

static unsigned int min(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

static int same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/*
 * Edits that turn @a into @b: insert, delete, replace, or swap of neighbours
 * (optimal string alignment). Case is free.
 */
static unsigned int edit_distance(const char *a, size_t a_size, const char *b, size_t b_size)
{
	unsigned int row[3][WORD_MAX + 1];

	for (size_t j = 0; j <= b_size; j++)
		row[0][j] = j;
	for (size_t i = 1; i <= a_size; i++) {
		unsigned int *now = row[i % 3], *one = row[(i + 2) % 3], *two = row[(i + 1) % 3];

		now[0] = i;
		for (size_t j = 1; j <= b_size; j++) {
			now[j] = one[j - 1] + !same(a[i - 1], b[j - 1]);
			now[j] = min(now[j], min(one[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
				now[j] = min(now[j], two[j - 2] + 1);
		}
	}
	return row[a_size % 3][b_size];
}

void suggest_start(struct suggestion *suggestion, const char *word)
{
	*suggestion = (struct suggestion){ .word = word, .distance = (strlen(word) + 2) / 3 + 1 };
}

void suggest_offer(struct suggestion *suggestion, const char *candidate)
{
	size_t word = strlen(suggestion->word), size = strlen(candidate);
	unsigned int distance;

	if (!word || word > WORD_MAX || size > WORD_MAX)
		return;
	distance = edit_distance(suggestion->word, word, candidate, size);
	if (distance >= suggestion->distance || distance >= size)
		return;
	suggestion->nearest = candidate;
	suggestion->distance = distance;
}
