// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "moment.h"

#define NS_PER_S 1000000000ull

static __u64 clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
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
	time_t seconds = realtime / NS_PER_S;
	struct tm tm;
	size_t length;

	gmtime_r(&seconds, &tm);
	length = strftime(text, MOMENT_TEXT_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + length, MOMENT_TEXT_MAX - length, ".%09lluZ",
		 (unsigned long long)(realtime % NS_PER_S));
	return text;
}

const char *moment_local(char text[MOMENT_TEXT_MAX], __u64 realtime)
{
	time_t seconds = realtime / NS_PER_S;
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
	*realtime = timegm(&tm) * NS_PER_S + nanoseconds;
	return 0;
}
