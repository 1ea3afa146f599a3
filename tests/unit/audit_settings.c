// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit_settings.h"

#define DAY_NS (86400ull * 1000000000)

struct reading {
	struct audit_settings settings;
	struct fault fault;
	int err;
};

static void read_text(struct reading *reading, const char *text)
{
	char path[] = "/tmp/settings.XXXXXX";
	int fd = mkstemp(path);

	memset(reading, 0, sizeof(*reading));
	audit_settings_default(&reading->settings);
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		abort();
	close(fd);
	reading->err = audit_settings_read(&reading->settings, path, &reading->fault);
	unlink(path);
}

TEST(nothing_said)
{
	struct reading reading;

	read_text(&reading, "# nothing\n\n   \n");
	EXPECT_EQ(0, reading.err);
	EXPECT_STREQ("/etc/domicile/audit.key", reading.settings.key);
	EXPECT_EQ(0, reading.settings.max_age);
	EXPECT_EQ(0, reading.settings.max_size);
	EXPECT_EQ(0, audit_settings_read(&reading.settings, "/nonexistent", &reading.fault));
}

TEST(all_said)
{
	struct reading reading;

	read_text(&reading, "log-key /run/key\nlog-name\tlog.example/one # a comment\r\n"
			    "  log-max-age 365\nlog-max-size 20000");
	EXPECT_EQ(0, reading.err);
	EXPECT_STREQ("/run/key", reading.settings.key);
	EXPECT_STREQ("log.example/one", reading.settings.name);
	EXPECT_EQ(365 * DAY_NS, reading.settings.max_age);
	EXPECT_EQ(20000000000ull, reading.settings.max_size);
}

TEST(mistakes)
{
	static const char *const bad[][2] = {
		{ "log-max-age x\n", ":1: log-max-age: found x, expected a number of days" },
		{ "\nlog-max-age 0\n", ":2: log-max-age: found 0" },
		{ "log-max-age -1\n", "found -1" },
		{ "log-max-age\n", "found nothing" },
		{ "log-max-age 1 2\n", "found more than a word" },
		{ "log-max-size 99999999999999999999\n", "expected a number of MB" },
		{ "log-max-size 18446744073709551615\n", "expected a number of MB" },
		{ "log-key key\n", "expected an absolute path" },
		{ "log-name a+b\n", "expected a name without blanks" },
		{ "log-max-aeg 3\n", "did you mean log-max-age?" },
		{ "key = 3\n", ":1: found key, expected log-key" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct reading reading;

		read_text(&reading, bad[i][0]);
		EXPECT_EQ(-22, reading.err);
		EXPECT_NE(NULL, strstr(reading.fault.text, bad[i][1]))
			TH_LOG("%s", reading.fault.text);
	}
}

TEST_HARNESS_MAIN
