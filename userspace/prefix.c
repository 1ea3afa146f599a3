// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "netset.h"
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

static unsigned __int128 prefix_last(const struct prefix *prefix)
{
	return prefix->first | host_mask(prefix);
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
	struct prefix prefix = { .network = ret->network };
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

void prefix_text(const struct prefix *prefix, char text[PREFIX_TEXT_MAX])
{
	char address[INET6_ADDRSTRLEN];
	__u8 bytes[16];

	number_to_bytes(prefix->first, bytes, prefix_bits(prefix) / 8);
	inet_ntop(prefix->ipv6 ? AF_INET6 : AF_INET, bytes, address, sizeof(address));
	snprintf(text, PREFIX_TEXT_MAX, "%s/%u", address, prefix->length);
}

/* Ascending; of two that start together, the longer range first. */
static int prefix_compare(const void *a, const void *b)
{
	const struct prefix *left = a, *right = b;

	if (left->first != right->first)
		return left->first < right->first ? -1 : 1;
	if (left->length != right->length)
		return left->length < right->length ? -1 : 1;
	return left->network < right->network ? -1 : left->network > right->network;
}

/*
 * Goes through the address space from 0. Any two prefixes nest or are
 * disjoint, so those that hold the current address form a stack, whose top
 * ends first. The innermost repeats of a prefix are counted for each network.
 */
struct sweep {
	struct netset_table *sets;
	unsigned __int128 at; /* everything below is in spans */
	__u64 *set; /* the networks that hold @at */
	__u32 *depth; /* for each network, how many of its prefixes hold @at */
	const struct prefix **open;
	size_t open_count;
	struct prefix_span *spans;
	size_t span_count;
	size_t max;
};

static int sweep_init(struct sweep *sweep, struct netset_table *sets, size_t max)
{
	*sweep = (struct sweep){ .sets = sets, .max = max };
	sweep->set = calloc(sets->words, sizeof(*sweep->set));
	sweep->depth = calloc(sets->words * 64, sizeof(*sweep->depth));
	return sweep->set && sweep->depth ? 0 : -ENOMEM;
}

static void sweep_free(struct sweep *sweep)
{
	free(sweep->set);
	free(sweep->depth);
	free(sweep->open);
	free(sweep->spans);
}

static int sweep_emit(struct sweep *sweep)
{
	int number = netset_number(sweep->sets, sweep->set);
	struct prefix_span *span;

	if (number < 0)
		return number;
	if (sweep->span_count && sweep->spans[sweep->span_count - 1].number == (__u32)number)
		return 0;
	if (sweep->span_count == sweep->max)
		return -E2BIG;
	span = ARRAY_ADD(sweep->spans, sweep->span_count);
	if (!span)
		return -ENOMEM;
	*span = (struct prefix_span){ .start = sweep->at, .number = number };
	return 0;
}

static int sweep_advance(struct sweep *sweep, unsigned __int128 to)
{
	int err;

	if (to == sweep->at)
		return 0;
	err = sweep_emit(sweep);
	sweep->at = to;
	return err;
}

static int sweep_open(struct sweep *sweep, const struct prefix *prefix)
{
	const struct prefix **open = ARRAY_ADD(sweep->open, sweep->open_count);

	if (!open)
		return -ENOMEM;
	*open = prefix;
	if (!sweep->depth[prefix->network]++)
		sweep->set[prefix->network / 64] |= 1ull << (prefix->network % 64);
	return 0;
}

static int sweep_close(struct sweep *sweep)
{
	const struct prefix *prefix = sweep->open[sweep->open_count - 1];
	int err = sweep_advance(sweep, prefix_last(prefix) + 1);

	if (err)
		return err;
	sweep->open_count--;
	if (!--sweep->depth[prefix->network])
		sweep->set[prefix->network / 64] &= ~(1ull << (prefix->network % 64));
	return 0;
}

/* Closes what ends before @address. */
static int sweep_close_before(struct sweep *sweep, unsigned __int128 address)
{
	int err = 0;

	while (!err && sweep->open_count &&
	       prefix_last(sweep->open[sweep->open_count - 1]) < address)
		err = sweep_close(sweep);
	return err;
}

static int sweep_run(struct sweep *sweep, const struct prefix *prefixes, size_t count)
{
	unsigned __int128 end;
	int err = 0;

	for (size_t i = 0; i < count && !err; i++) {
		err = sweep_close_before(sweep, prefixes[i].first);
		if (!err)
			err = sweep_advance(sweep, prefixes[i].first);
		if (!err)
			err = sweep_open(sweep, &prefixes[i]);
	}
	if (!err && count) {
		end = host_mask(&(struct prefix){ .ipv6 = prefixes[0].ipv6 });
		err = sweep_close_before(sweep, end);
	}
	return err ? err : sweep_emit(sweep);
}

int prefix_flatten(struct prefix *prefixes, size_t count, size_t max,
		   struct netset_table *sets, struct prefix_span **ret, size_t *ret_count)
{
	struct sweep sweep;
	int err = sweep_init(&sweep, sets, max);

	if (count)
		qsort(prefixes, count, sizeof(*prefixes), prefix_compare);
	if (!err)
		err = sweep_run(&sweep, prefixes, count);
	if (!err) {
		*ret = sweep.spans;
		*ret_count = sweep.span_count;
		sweep.spans = NULL;
	}
	sweep_free(&sweep);
	return err;
}
