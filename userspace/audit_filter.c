// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <string.h>

#include "audit_filter.h"

bool audit_time_is_valid(const char *text)
{
	static const char pattern[] = "0000-00-00T00:00:00.000000000Z";
	size_t length = strlen(text);

	if (length < strlen("0000-00-00") || length >= sizeof(pattern))
		return false;
	for (size_t i = 0; i < length; i++)
		if (pattern[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != pattern[i])
			return false;
	return true;
}

static const char *text_of(json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "";
}

/* RFC 3339 in UTC orders as text does, and so do the beginnings of it. */
static bool is_in_time(const struct audit_filter *filter, json_t *record)
{
	const char *time = text_of(record, "time");

	return (!filter->since || strcmp(time, filter->since) >= 0) &&
	       (!filter->until || strcmp(time, filter->until) < 0);
}

static bool has_name(json_t *names, const char *name)
{
	json_t *value;
	size_t i;

	json_array_foreach(names, i, value)
		if (json_is_string(value) && !strcmp(json_string_value(value), name))
			return true;
	return false;
}

static bool has_label(json_t *record, const char *label)
{
	return has_name(json_object_get(record, "labels"), label) ||
	       has_name(json_object_get(record, "denied"), label);
}

static bool is_program(json_t *process, const char *program)
{
	const char *exe = text_of(process, "exe"), *slash = strrchr(exe, '/');

	if (strchr(program, '/'))
		return !strcmp(exe, program);
	return !strcmp(text_of(process, "comm"), program) || !strcmp(slash ? slash + 1 : exe, program);
}

static bool is_same_address(const char *one, const char *other)
{
	unsigned char first[sizeof(struct in6_addr)], second[sizeof(first)];

	if (inet_pton(AF_INET6, one, first) == 1)
		return inet_pton(AF_INET6, other, second) == 1 &&
		       !memcmp(first, second, sizeof(struct in6_addr));
	return inet_pton(AF_INET, one, first) == 1 && inet_pton(AF_INET, other, second) == 1 &&
	       !memcmp(first, second, sizeof(struct in_addr));
}

static bool has_address(json_t *record, const char *address)
{
	json_t *peer = json_object_get(json_object_get(record, "source"), "peer");

	return is_same_address(text_of(json_object_get(record, "object"), "address"), address) ||
	       is_same_address(text_of(peer, "address"), address);
}

bool audit_filter_wants(const struct audit_filter *filter, json_t *record)
{
	json_t *process = json_object_get(record, "process");

	return is_in_time(filter, record) &&
	       (!filter->verdict || !strcmp(text_of(record, "verdict"), filter->verdict)) &&
	       (!filter->label || has_label(record, filter->label)) &&
	       (!filter->program || is_program(process, filter->program)) &&
	       (!filter->address || has_address(record, filter->address)) &&
	       (!filter->pid || json_integer_value(json_object_get(process, "pid")) == filter->pid);
}
