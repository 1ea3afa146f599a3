// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include "endpoint.h"

static const struct {
	const char *text;
	const char *again; /* NULL: refused */
} table[] = {
	{ "198.51.100.7", "198.51.100.7" },
	{ "198.51.100.7:443", "198.51.100.7:443" },
	{ "198.51.100.7:443/tcp", "198.51.100.7:443/tcp" },
	{ "2001:db8::7", "2001:db8::7" },
	{ "[2001:db8::7]", "2001:db8::7" },
	{ "[2001:db8::7]:53/udp", "[2001:db8::7]:53/udp" },
	{ "::ffff:198.51.100.7", "198.51.100.7" },
	{ "[::ffff:198.51.100.7]:80", "198.51.100.7:80" },
	{ "", NULL },
	{ ":443", NULL },
	{ "198.51.100.7:", NULL },
	{ "198.51.100.7:0", NULL },
	{ "198.51.100.7:065", NULL },
	{ "198.51.100.7:65536", NULL },
	{ "198.51.100.7/24", NULL },
	{ "198.51.100.7/tcp", NULL },
	{ "198.51.100.7:80/sctp", NULL },
	{ "::ffff:198.51.100.7/128", NULL },
	{ "[198.51.100.7]:80", NULL },
	{ "[2001:db8::7", NULL },
	{ "[2001:db8::7]80", NULL },
	{ "[2001:db8::7]:", NULL },
	{ "2001:db8::7]:80", NULL },
	{ "[]:80", NULL },
	{ "example.org", NULL },
	{ "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc:dddd:eeee", NULL },
};

TEST(parse)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct endpoint endpoint = { .address = {}, .port = 7 };
		char text[ENDPOINT_TEXT_MAX];
		int err = endpoint_parse(table[i].text, &endpoint);

		EXPECT_EQ(table[i].again ? 0 : -EINVAL, err) {
			TH_LOG("%s", table[i].text);
		}
		if (err) {
			EXPECT_EQ(7, endpoint.port);
			continue;
		}
		EXPECT_STREQ(table[i].again, endpoint_text(&endpoint, text));
	}
}

TEST(loopback)
{
	struct endpoint endpoint;

	ASSERT_EQ(0, endpoint_parse("127.8.9.1", &endpoint));
	EXPECT_TRUE(endpoint_is_loopback(&endpoint));
	ASSERT_EQ(0, endpoint_parse("::1", &endpoint));
	EXPECT_TRUE(endpoint_is_loopback(&endpoint));
	ASSERT_EQ(0, endpoint_parse("::127.0.0.1", &endpoint));
	EXPECT_FALSE(endpoint_is_loopback(&endpoint));
	ASSERT_EQ(0, endpoint_parse("128.0.0.1", &endpoint));
	EXPECT_FALSE(endpoint_is_loopback(&endpoint));
}

TEST_HARNESS_MAIN
