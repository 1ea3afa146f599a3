// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "array.h"
#include "prefix.h"
#include "range.h"

typedef unsigned __int128 address;

#define RANGE_EMPTY ((struct range){ 1, 0 })

static bool range_empty(const struct range *range)
{
	return range->first > range->last;
}

static bool touches(const struct range *before, address first)
{
	return first <= before->last || first - 1 == before->last;
}

int ranges_add(struct ranges *ranges, struct range range)
{
	struct range *last = ranges->count ? &ranges->list[ranges->count - 1] : NULL;

	if (last && range.first >= last->first && touches(last, range.first)) {
		if (range.last > last->last)
			last->last = range.last;
		return 0;
	}
	last = ARRAY_ADD(ranges->list, ranges->count);
	if (!last)
		return -ENOMEM;
	*last = range;
	return 0;
}

int ranges_append(struct ranges *ranges, const struct ranges *others)
{
	int err = 0;

	for (size_t i = 0; i < others->count && !err; i++)
		err = ranges_add(ranges, others->list[i]);
	return err;
}

void ranges_free(struct ranges *ranges)
{
	free(ranges->list);
	*ranges = (struct ranges){};
}

static int range_compare(const void *a, const void *b)
{
	const struct range *left = a, *right = b;

	return left->first < right->first ? -1 : left->first > right->first;
}

static bool ascends(const struct ranges *ranges)
{
	for (size_t i = 1; i < ranges->count; i++)
		if (ranges->list[i - 1].first > ranges->list[i].first)
			return false;
	return true;
}

void ranges_normalise(struct ranges *ranges)
{
	struct range *list = ranges->list;
	size_t kept = 0;

	if (!ascends(ranges))
		qsort(list, ranges->count, sizeof(*list), range_compare);
	for (size_t i = 1; i < ranges->count; i++) {
		if (!touches(&list[kept], list[i].first))
			list[++kept] = list[i];
		else if (list[i].last > list[kept].last)
			list[kept].last = list[i].last;
	}
	ranges->count = ranges->count ? kept + 1 : 0;
}

bool range_take_outside(struct range *rest, const struct ranges *others, size_t *at,
			struct range *part)
{
	for (; *at < others->count && others->list[*at].first <= rest->first; ++*at) {
		const struct range *other = &others->list[*at];

		if (other->last >= rest->last)
			*rest = RANGE_EMPTY;
		else if (other->last >= rest->first)
			rest->first = other->last + 1;
		if (range_empty(rest))
			break;
	}
	if (range_empty(rest))
		return false;
	*part = *rest;
	if (*at < others->count && others->list[*at].first <= rest->last) {
		part->last = others->list[*at].first - 1;
		rest->first = others->list[*at].first;
	} else {
		*rest = RANGE_EMPTY;
	}
	return true;
}

int ranges_subtract(struct ranges *ranges, const struct ranges *others)
{
	struct ranges result = {};
	struct range part;
	size_t at = 0;
	int err = 0;

	for (size_t i = 0; i < ranges->count && !err; i++) {
		struct range rest = ranges->list[i];

		while (!err && range_take_outside(&rest, others, &at, &part))
			err = ranges_add(&result, part);
	}
	ranges_free(err ? &result : ranges);
	if (!err)
		*ranges = result;
	return err;
}

static struct range prefix_range(const struct prefix *prefix)
{
	return (struct range){ prefix->first, prefix_last(prefix) };
}

bool range_take_prefix(struct range *range, bool ipv6, struct prefix *ret)
{
	struct prefix prefix = { .first = range->first, .ipv6 = ipv6, .length = ipv6 ? 128 : 32 };
	struct prefix wider = prefix;

	while (wider.length--) {
		struct range next = prefix_range(&wider);

		if (prefix_widened(&wider) != range->first || next.last > range->last)
			break;
		prefix = wider;
	}
	*ret = prefix;
	range->first = prefix_last(&prefix) + 1;
	return prefix_last(&prefix) != range->last;
}

size_t ranges_prefix_count(const struct ranges *ranges, bool ipv6)
{
	struct prefix prefix;
	size_t count = 0;

	for (size_t i = 0; i < ranges->count; i++) {
		struct range rest = ranges->list[i];

		do
			count++;
		while (range_take_prefix(&rest, ipv6, &prefix));
	}
	return count;
}
