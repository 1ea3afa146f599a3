// SPDX-License-Identifier: GPL-2.0-only
#include "policy_span.h"

size_t policy_span_count(const struct policy *policy, bool ipv6)
{
	return ipv6 ? policy->range6_count : policy->range4_count;
}

static unsigned __int128 span_first(const struct policy *policy, bool ipv6, size_t index)
{
	if (!ipv6)
		return policy->ranges4[index].start;
	return (unsigned __int128)policy->ranges6[index].hi << 64 | policy->ranges6[index].lo;
}

struct policy_span policy_span_at(const struct policy *policy, bool ipv6, size_t index)
{
	bool last = index + 1 == policy_span_count(policy, ipv6);
	unsigned __int128 end = ipv6 ? ~(unsigned __int128)0 : 0xffffffff;

	return (struct policy_span){
		.first = span_first(policy, ipv6, index),
		.last = last ? end : span_first(policy, ipv6, index + 1) - 1,
		.class = ipv6 ? policy->ranges6[index].class : policy->ranges4[index].class,
	};
}

struct policy_span policy_span_of(const struct policy *policy, const struct prefix *address)
{
	size_t low = 0, high = policy_span_count(policy, address->ipv6);

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (span_first(policy, address->ipv6, middle) <= address->first)
			low = middle;
		else
			high = middle;
	}
	return policy_span_at(policy, address->ipv6, low);
}

struct prefix policy_span_prefix(const struct policy_span *span, const struct prefix *address)
{
	unsigned int bits = address->ipv6 ? 128 : 32;
	struct prefix prefix = *address;
	unsigned __int128 mask = 0;

	prefix.length = bits;
	while (prefix.length) {
		mask = mask << 1 | 1;
		if ((address->first & ~mask) < span->first || (address->first | mask) > span->last)
			break;
		prefix.length--;
		prefix.first = address->first & ~mask;
	}
	return prefix;
}
