/* SPDX-License-Identifier: GPL-2.0-only */
/* Moments: CLOCK_BOOTTIME nanoseconds, as the kernel gives them, and text. */
#ifndef DOMICILE_MOMENT_H
#define DOMICILE_MOMENT_H

#include <linux/types.h>
#include <stddef.h>

#define MOMENT_TEXT_MAX 40
#define MOMENT_NS_PER_S 1000000000ull

__u64 moment_boottime(void);

/* The moment as CLOCK_REALTIME, ns, by what the clocks say now. */
__u64 moment_realtime(__u64 boottime);

/* RFC 3339, UTC, nanoseconds: 2026-11-22T10:31:07.123456789Z */
const char *moment_rfc3339(char text[MOMENT_TEXT_MAX], __u64 realtime);

/* Midnight, UTC, of a day of the Gregorian calendar, s since 1970; 0 for none after that. */
__u64 moment_date(unsigned int year, unsigned int month, unsigned int day);

/* UTC: 2026-11-22; @seconds since 1970. */
const char *moment_date_text(char text[MOMENT_TEXT_MAX], __u64 seconds);

/* For people, local time: 2026-11-22 10:31:07 */
const char *moment_local(char text[MOMENT_TEXT_MAX], __u64 realtime);

/* Reads what moment_rfc3339() writes. -EINVAL. */
int moment_parse(const char *text, __u64 *realtime);

/* A span of time, "90", "90s", "5m" or "2h", in ns: from one second to a day. -EINVAL. */
int moment_span(const char *text, __u64 *ns);

#endif /* DOMICILE_MOMENT_H */
