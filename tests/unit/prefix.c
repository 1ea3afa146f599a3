// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include "prefix.h"

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
		struct prefix prefix;
		char text[PREFIX_TEXT_MAX];

		ASSERT_EQ(spellings[i].error, prefix_parse(spellings[i].text, &prefix)) {
			TH_LOG("%s", spellings[i].text);
		}
		if (!spellings[i].meant)
			continue;
		prefix_text(&prefix, text);
		EXPECT_STREQ(spellings[i].meant, text);
	}
}

TEST_HARNESS_MAIN
