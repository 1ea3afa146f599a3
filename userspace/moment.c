// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "moment.h"

static __u64 clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * MOMENT_NS_PER_S + now.tv_nsec;
}

__u64 moment_boottime(void)
{
	return clock_ns(CLOCK_BOOTTIME);
}

__u64 moment_realtime(__u64 boottime)
{
	return clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME) + boottime;
}

const char *moment_rfc3339(char text[MOMENT_TEXT_MAX], __u64 realtime)
{
	time_t seconds = realtime / MOMENT_NS_PER_S;
	struct tm tm;
	size_t length;

	gmtime_r(&seconds, &tm);
	length = strftime(text, MOMENT_TEXT_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + length, MOMENT_TEXT_MAX - length, ".%09lluZ",
		 (unsigned long long)(realtime % MOMENT_NS_PER_S));
	return text;
}

/* Without the C library, which would look for a time zone; years start in March here. */
__u64 moment_date(unsigned int year, unsigned int month, unsigned int day)
{
	unsigned int since = (month + 9) % 12, days;

	if (year < 1970 || year > 9999 || !month || month > 12 || !day || day > 31)
		return 0;
	year -= month < 3;
	days = year * 365 + year / 4 - year / 100 + year / 400 + (since * 153 + 2) / 5 + day - 1;
	return (days - 719468) * 86400ull;
}

const char *moment_date_text(char text[MOMENT_TEXT_MAX], __u64 seconds)
{
	time_t time = seconds;
	struct tm tm = { 0 };

	gmtime_r(&time, &tm);
	strftime(text, MOMENT_TEXT_MAX, "%Y-%m-%d", &tm);
	return text;
}

const char *moment_local(char text[MOMENT_TEXT_MAX], __u64 realtime)
{
	time_t seconds = realtime / MOMENT_NS_PER_S;
	struct tm tm;

	localtime_r(&seconds, &tm);
	strftime(text, MOMENT_TEXT_MAX, "%Y-%m-%d %H:%M:%S", &tm);
	return text;
}

int moment_parse(const char *text, __u64 *realtime)
{
	unsigned long nanoseconds = 0;
	struct tm tm = { 0 };
	const char *rest;

	rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	if (!rest)
		return -EINVAL;
	if (*rest == '.' && sscanf(rest, ".%9lu", &nanoseconds) != 1)
		return -EINVAL;
	*realtime = timegm(&tm) * MOMENT_NS_PER_S + nanoseconds;
	return 0;
}

#define SPAN_MAX_S 86400

static unsigned long unit_seconds(const char *unit)
{
	static const struct {
		const char *name;
		unsigned long seconds;
	} units[] = { { "", 1 }, { "s", 1 }, { "m", 60 }, { "h", 3600 } };

	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (!strcmp(units[i].name, unit))
			return units[i].seconds;
	return 0;
}

int moment_span(const char *text, __u64 *ns)
{
	unsigned long number, unit;
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	number = strtoul(text, &end, 10);
	unit = unit_seconds(end);
	if (!number || number > SPAN_MAX_S || !unit || number * unit > SPAN_MAX_S)
		return -EINVAL;
	*ns = number * unit * MOMENT_NS_PER_S;
	return 0;
}
