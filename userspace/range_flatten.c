// SPDX-License-Identifier: GPL-2.0-only
/*
 * Goes through the address space from 0. Each network has one next boundary,
 * where it begins or ends to hold addresses; a heap gives the first of them.
 */
#include <errno.h>
#include <stdlib.h>

#include "array.h"
#include "netset.h"
#include "range.h"

typedef unsigned __int128 address;

struct boundary {
	address at;
	__u32 network;
	bool end; /* of the range that it stands at, else its start */
	size_t range;
};

struct sweep {
	const struct ranges *networks;
	struct netset_table *sets;
	address top; /* the last address */
	address at; /* everything below is in spans */
	__u64 *set; /* the networks that hold @at */
	struct boundary *heap; /* the first boundary on top */
	size_t heap_count;
	struct range_span *spans;
	size_t span_count;
	size_t max;
};

static void heap_sink(struct sweep *sweep, size_t i)
{
	struct boundary *heap = sweep->heap, sinking = heap[i];
	size_t child;

	for (; (child = 2 * i + 1) < sweep->heap_count; i = child) {
		if (child + 1 < sweep->heap_count && heap[child + 1].at < heap[child].at)
			child++;
		if (sinking.at <= heap[child].at)
			break;
		heap[i] = heap[child];
	}
	heap[i] = sinking;
}

static void heap_fill(struct sweep *sweep, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (sweep->networks[i].count)
			sweep->heap[sweep->heap_count++] = (struct boundary){
				.at = sweep->networks[i].list[0].first, .network = i,
			};
	for (size_t i = sweep->heap_count / 2; i--;)
		heap_sink(sweep, i);
}

static int sweep_init(struct sweep *sweep, size_t count)
{
	sweep->set = calloc(sweep->sets->words, sizeof(*sweep->set));
	sweep->heap = calloc(count + 1, sizeof(*sweep->heap));
	if (!sweep->set || !sweep->heap)
		return -ENOMEM;
	heap_fill(sweep, count);
	return 0;
}

static void sweep_free(struct sweep *sweep)
{
	free(sweep->set);
	free(sweep->heap);
	free(sweep->spans);
}

static int sweep_emit(struct sweep *sweep)
{
	int number = netset_number(sweep->sets, sweep->set);
	struct range_span *span;

	if (number < 0)
		return number;
	if (sweep->span_count && sweep->spans[sweep->span_count - 1].number == (__u32)number)
		return 0;
	if (sweep->span_count == sweep->max)
		return -E2BIG;
	span = ARRAY_ADD(sweep->spans, sweep->span_count);
	if (!span)
		return -ENOMEM;
	*span = (struct range_span){ .start = sweep->at, .number = number };
	return 0;
}

/* To the boundary after @boundary; false: the network has no more. */
static bool boundary_next(const struct sweep *sweep, struct boundary *boundary)
{
	const struct ranges *ranges = &sweep->networks[boundary->network];
	address last = ranges->list[boundary->range].last;

	boundary->end = !boundary->end;
	if (boundary->end) {
		boundary->at = last + 1;
		return last != sweep->top;
	}
	if (++boundary->range == ranges->count)
		return false;
	boundary->at = ranges->list[boundary->range].first;
	return true;
}

/* Crosses the first boundary. */
static int sweep_step(struct sweep *sweep)
{
	struct boundary *first = &sweep->heap[0];
	int err = 0;

	if (first->at != sweep->at)
		err = sweep_emit(sweep);
	sweep->at = first->at;
	sweep->set[first->network / 64] ^= 1ull << (first->network % 64);
	if (!boundary_next(sweep, first))
		*first = sweep->heap[--sweep->heap_count];
	heap_sink(sweep, 0);
	return err;
}

int ranges_flatten(const struct ranges *networks, size_t count, bool ipv6, size_t max,
		   struct netset_table *sets, struct range_span **ret, size_t *ret_count)
{
	struct sweep sweep = { .networks = networks, .sets = sets, .max = max };
	int err = sweep_init(&sweep, count);

	sweep.top = ipv6 ? ~(address)0 : 0xffffffff;
	while (!err && sweep.heap_count)
		err = sweep_step(&sweep);
	if (!err)
		err = sweep_emit(&sweep);
	if (!err) {
		*ret = sweep.spans;
		*ret_count = sweep.span_count;
		sweep.spans = NULL;
	}
	sweep_free(&sweep);
	return err;
}
