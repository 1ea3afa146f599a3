// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "prefix.h"

#define MAPPED_HIGH 0xffffull /* ::ffff:0:0/96, as bits 32 and up */

static unsigned int prefix_bits(const struct prefix *prefix)
{
	return prefix->ipv6 ? 128 : 32;
}

/* The bits of an address that are beyond the length. */
static unsigned __int128 host_mask(const struct prefix *prefix)
{
	unsigned int bits = prefix_bits(prefix) - prefix->length;

	return bits == 128 ? ~(unsigned __int128)0 : ((unsigned __int128)1 << bits) - 1;
}

unsigned __int128 prefix_last(const struct prefix *prefix)
{
	return prefix->first | host_mask(prefix);
}

unsigned __int128 prefix_widened(const struct prefix *prefix)
{
	return prefix->first & ~host_mask(prefix);
}

static unsigned __int128 number_from_bytes(const __u8 *bytes, size_t count)
{
	unsigned __int128 number = 0;

	while (count--)
		number = number << 8 | *bytes++;
	return number;
}

static void number_to_bytes(unsigned __int128 number, __u8 *bytes, size_t count)
{
	for (; count--; number >>= 8)
		bytes[count] = number;
}

static bool address_parse(const char *text, size_t size, struct prefix *prefix)
{
	char copy[INET6_ADDRSTRLEN];
	__u8 bytes[16];

	if (size >= sizeof(copy))
		return false;
	memcpy(copy, text, size);
	copy[size] = 0;
	prefix->ipv6 = strchr(copy, ':');
	if (inet_pton(prefix->ipv6 ? AF_INET6 : AF_INET, copy, bytes) != 1)
		return false;
	prefix->length = prefix_bits(prefix);
	prefix->first = number_from_bytes(bytes, prefix->length / 8);
	return true;
}

/* Decimal, without sign or leading zeros. */
static int length_parse(const char *text, unsigned int max)
{
	unsigned int length = 0;

	if (*text == '0' && text[1])
		return -EINVAL;
	if (!*text || strlen(text) > 3)
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		length = length * 10 + *text - '0';
	}
	return length <= max ? (int)length : -ERANGE;
}

static bool prefix_mapped(const struct prefix *prefix)
{
	return prefix->ipv6 && prefix->length >= 96 && prefix->first >> 32 == MAPPED_HIGH;
}

static void prefix_unmap(struct prefix *prefix)
{
	prefix->ipv6 = false;
	prefix->first &= 0xffffffff;
	prefix->length -= 96;
	prefix->first &= ~host_mask(prefix);
}

enum prefix_error prefix_parse(const char *text, struct prefix *ret)
{
	size_t size = strcspn(text, "/");
	struct prefix prefix = {};
	enum prefix_error error = PREFIX_OK;
	int length;

	if (!address_parse(text, size, &prefix))
		return PREFIX_NO_ADDRESS;
	if (text[size]) {
		length = length_parse(text + size + 1, prefix_bits(&prefix));
		if (length < 0)
			return PREFIX_BAD_LENGTH;
		prefix.length = length;
	} else {
		error = PREFIX_NO_LENGTH;
	}
	if (prefix_mapped(&prefix)) {
		prefix_unmap(&prefix);
		error = PREFIX_MAPPED;
	} else if (prefix.first & host_mask(&prefix)) {
		prefix.first &= ~host_mask(&prefix);
		error = PREFIX_HOST_BITS;
	}
	*ret = prefix;
	return error;
}

bool prefix_parse_address(const char *text, struct prefix *ret)
{
	return address_parse(text, strlen(text), ret);
}

const char *prefix_expected(enum prefix_error error)
{
	static const char *const expected[] = {
		[PREFIX_OK] = "",
		[PREFIX_NO_ADDRESS] = "a prefix such as 198.51.100.0/24 or 2001:db8:20::/48",
		[PREFIX_NO_LENGTH] = "a prefix with a length",
		[PREFIX_BAD_LENGTH] = "a length of 0 to 32 for IPv4, of 0 to 128 for IPv6",
		[PREFIX_HOST_BITS] = "a prefix without bits set beyond its length",
		[PREFIX_MAPPED] = "IPv4 addresses written as such",
	};

	_Static_assert(sizeof(expected) / sizeof(*expected) == PREFIX_ERRORS,
		       "each error has a text");
	return expected[error];
}

void prefix_text(const struct prefix *prefix, char text[PREFIX_TEXT_MAX])
{
	char address[INET6_ADDRSTRLEN];
	__u8 bytes[16];

	number_to_bytes(prefix->first, bytes, prefix_bits(prefix) / 8);
	inet_ntop(prefix->ipv6 ? AF_INET6 : AF_INET, bytes, address, sizeof(address));
	snprintf(text, PREFIX_TEXT_MAX, "%s/%u", address, prefix->length);
}
