/* SPDX-License-Identifier: GPL-2.0-only */
/* Which records are wanted. */
#ifndef DOMICILE_AUDIT_FILTER_H
#define DOMICILE_AUDIT_FILTER_H

#include <stdbool.h>
#include <sys/types.h>

#include <jansson.h>

/* NULL, or 0: any. The strings are the caller's. */
struct audit_filter {
	const char *since, *until; /* UTC, a beginning of an RFC 3339 time; @until is excluded */
	const char *label; /* on the process, or refused */
	const char *verdict;
	const char *program; /* path, or name without one */
	const char *address; /* of the other side, IPv4 or IPv6 in any form */
	pid_t pid;
};

/* Is it the beginning of a time: 2026-11-22, 2026-11-22T10:30? */
bool audit_time_is_valid(const char *text);

bool audit_filter_wants(const struct audit_filter *filter, json_t *record);

#endif /* DOMICILE_AUDIT_FILTER_H */
