// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include <openssl/evp.h>

#include "base64.h"
#include "cleanup.h"

void base64_encode(const void *data, size_t size, char *text)
{
	EVP_EncodeBlock((unsigned char *)text, data, size);
}

/* EVP_DecodeBlock() forgives blanks and stray bits, and counts the padding as bytes. */
static bool is_canonical(const char *text, size_t length, const void *data, size_t size)
{
	cleanup(free_memory) char *again = malloc(BASE64_SIZE(size));

	if (!again)
		return false;
	base64_encode(data, size, again);
	return strlen(again) == length && !memcmp(again, text, length);
}

int base64_decode(const char *text, size_t length, void *data, size_t max)
{
	cleanup(free_memory) unsigned char *bytes = malloc(length + 1);
	int size;

	if (!bytes || length % 4 || length > INT_MAX)
		return -EINVAL;
	size = length ? EVP_DecodeBlock(bytes, (const unsigned char *)text, length) : 0;
	if (size < 0)
		return -EINVAL;
	for (size_t i = length; i > 0 && length - i < 2 && text[i - 1] == '='; i--)
		size--;
	if (size < 0 || (size_t)size > max || !is_canonical(text, length, bytes, size))
		return -EINVAL;
	memcpy(data, bytes, size);
	return size;
}
