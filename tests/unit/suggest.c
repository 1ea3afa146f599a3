// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include "suggest.h"

static const char *const words[] = { "cn-facilities", "eu-dc", "labels", "networks", "rules", "a" };

static const char *nearest(const char *word)
{
	struct suggestion suggestion;

	suggest_start(&suggestion, word);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		suggest_offer(&suggestion, words[i]);
	return suggestion.nearest ? suggestion.nearest : "";
}

TEST(near)
{
	EXPECT_STREQ("labels", nearest("lables"));
	EXPECT_STREQ("labels", nearest("label"));
	EXPECT_STREQ("labels", nearest("LABELS"));
	EXPECT_STREQ("cn-facilities", nearest("cn-facility"));
	EXPECT_STREQ("cn-facilities", nearest("cn_facilites"));
	EXPECT_STREQ("eu-dc", nearest("eu-cd"));
	EXPECT_STREQ("networks", nearest("network"));
	EXPECT_STREQ("rules", nearest("ruels"));
}

TEST(far)
{
	EXPECT_STREQ("", nearest(""));
	EXPECT_STREQ("", nearest("encryption"));
	EXPECT_STREQ("", nearest("b"));
}

TEST(long_words)
{
	char word[4096];

	memset(word, 'a', sizeof(word) - 1);
	word[sizeof(word) - 1] = 0;
	for (size_t size = 1; size < sizeof(word); size++)
		nearest(word + sizeof(word) - 1 - size);
}

TEST_HARNESS_MAIN
