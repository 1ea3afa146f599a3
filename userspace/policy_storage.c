// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "policy_storage.h"
#include "policy_valid.h"
#include "suggest.h"

#define HEX "0123456789abcdefABCDEF"
#define UUID_TEXT_SIZE 36

/* Those that keep labels on disk, see kmod/store.c; data goes to no others. */
static const char *const types[] = { "btrfs", "devtmpfs", "ext2", "ext3", "ext4", "tmpfs", "xfs" };

bool policy_type_keeps_labels(const char *type)
{
	for (size_t i = 0; i < COUNT(types); i++)
		if (!strcmp(types[i], type))
			return true;
	return false;
}

static const char *type_wrong(const char *text, const char **near)
{
	struct suggestion suggestion;

	if (policy_type_keeps_labels(text))
		return NULL;
	suggest_start(&suggestion, text);
	for (size_t i = 0; i < COUNT(types); i++)
		suggest_offer(&suggestion, types[i]);
	if (!strcmp(text, "overlay"))
		return "the file systems below it, where an overlay has its data";
	*near = suggestion.nearest;
	return "a file system that keeps labels: btrfs, devtmpfs, ext2, ext3, ext4, tmpfs or xfs";
}

static const char *uuid_wrong(const char *text)
{
	for (size_t i = 0; i < UUID_TEXT_SIZE; i++)
		if (!text[i] || !strchr(i == 8 || i == 13 || i == 18 || i == 23 ? "-" : HEX,
					text[i]))
			return "a UUID such as 8f0e2ba1-3ad6-4c1d-9d3a-5a1f0b3c7e52";
	return text[UUID_TEXT_SIZE] ? "a UUID of 36 characters" : NULL;
}

const char *policy_medium_wrong(enum domicile_medium_kind kind, const char *text,
				const char **near)
{
	*near = NULL;
	switch (kind) {
	case DOMICILE_MEDIUM_TYPE:
		return type_wrong(text, near);
	case DOMICILE_MEDIUM_UUID:
		return uuid_wrong(text);
	default:
		return strcmp(text, "/") ? policy_path_wrong(text) : NULL;
	}
}

enum domicile_medium_kind policy_medium_kind(const char *text)
{
	if (*text == '/')
		return DOMICILE_MEDIUM_DEVICE;
	return uuid_wrong(text) ? DOMICILE_MEDIUM_TYPE : DOMICILE_MEDIUM_UUID;
}

int policy_medium_compare(const void *a, const void *b)
{
	const struct policy_medium *left = a, *right = b;

	if (left->kind != right->kind)
		return left->kind < right->kind ? -1 : 1;
	return strcmp(left->text, right->text);
}

static __u8 digit(char letter)
{
	return letter <= '9' ? letter - '0' : (letter | 0x20) - 'a' + 10;
}

void policy_medium_uuid(const char *text, __u8 uuid[DOMICILE_MEDIUM_ID_SIZE])
{
	for (size_t i = 0; i < DOMICILE_MEDIUM_ID_SIZE; i++) {
		text += *text == '-';
		uuid[i] = digit(text[0]) << 4 | digit(text[1]);
		text += 2;
	}
}
