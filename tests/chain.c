// SPDX-License-Identifier: GPL-2.0-only
/* Chains made from a seed, and told in one line. */
#include "chain.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *const label_names[LABELS + 1] = { "cn.pii", "eu.health", "us.tax", "plain" };
const char *const network_names[NETWORKS] = { "in", "out" };
static const char *const leave_names[LEAVES] = { "udp4", "udp6", "tcp4", "tcp6" };

/* --- random numbers: splitmix64 (Steele, Lea, Flood 2014) -------------------- */

static uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* 0 to @count - 1 */
static int pick(uint64_t *state, int count)
{
	return random_next(state) % count;
}

/* --- canaries ------------------------------------------------------------------ */

void chain_canary(const struct chain *chain, int source, char canary[CANARY_SIZE + 1])
{
	uint64_t state = chain->seed ^ (uint64_t)(source + 1) << 56;

	snprintf(canary, CANARY_SIZE + 1, "canary-%016" PRIx64 "-%c-%016" PRIx64 "------",
		 chain->seed, 'a' + source, random_next(&state));
}

/* All of @canaries, in the order of their sources. Return: the number of bytes. */
size_t chain_payload(const struct chain *chain, unsigned int canaries, char *payload)
{
	char canary[CANARY_SIZE + 1];
	size_t size = 0;

	for (int source = 0; source < chain->sources; source++) {
		if (!(canaries & 1u << source))
			continue;
		chain_canary(chain, source, canary);
		memcpy(payload + size, canary, CANARY_SIZE);
		size += CANARY_SIZE;
	}
	return size;
}

/* --- making one ------------------------------------------------------------------ */

/* Half of them of the group that the chain likes best: rare neighbours meet more often. */
static struct hop_number kind_pick(uint64_t *state, int liked, bool starts)
{
	struct hop_number kind;

	do {
		kind.group = pick(state, 2) ? liked : pick(state, HOP_GROUPS);
		kind.member = pick(state, hop_group_size(kind.group));
	} while (hop_starts(hop_kind(kind)) && !starts);
	return kind;
}

static void source_add(struct chain *chain, enum chain_label label)
{
	chain->source[chain->sources++] =
		(struct chain_source){ .process = chain->processes++, .label = label };
}

/* Mostly to somebody new; now and then back to somebody who was there. */
static void hop_add(struct chain *chain, uint64_t *state, int from, int to)
{
	struct chain_hop *hop = &chain->hop[chain->hops++];
	const struct hop_kind *kind;

	if (to < 0 && chain->processes > 1 && !pick(state, 6))
		to = (from + 1 + pick(state, chain->processes - 1)) % chain->processes;
	hop->kind = kind_pick(state, chain->liked, to < 0);
	hop->from = from;
	hop->to = to < 0 ? chain->processes++ : to;
	kind = hop_kind(hop->kind);
	hop->early = (kind->waits || kind->prepare) && pick(state, 2);
	hop->kept = (kind->flow == FLOW_MAPPING || kind->flow == FLOW_FORK_MAPPING) &&
		    pick(state, 4);
}

/* Two branches meet in the first one at hop @join, if that is one of the chain. */
static void hops_make(struct chain *chain, uint64_t *state, int count, int join)
{
	int tip[CHAIN_SOURCES - 1] = { 0, 1 };

	for (int i = 0; i < count; i++) {
		int branch = i < join ? pick(state, 2) : 0;

		if (i == join) {
			hop_add(chain, state, tip[1], tip[0] == tip[1] ? -1 : tip[0]);
			continue;
		}
		if (i > join && !pick(state, 5)) {
			hop_add(chain, state, pick(state, chain->processes), -1);
			continue;
		}
		hop_add(chain, state, tip[branch], -1);
		tip[branch] = chain->hop[i].to;
	}
}

/* They do what the others do, in the middle of it, with data of nobody. */
static void bystanders_make(struct chain *chain, uint64_t *state)
{
	int at = pick(state, chain->hops);
	struct chain_hop *hop = &chain->hop[at];

	chain->bystanders = chain->processes;
	source_add(chain, LABEL_NONE);
	if (pick(state, 3)) {
		memmove(hop + 1, hop, (chain->hops++ - at) * sizeof(*hop));
		hop->from = chain->bystanders;
		hop->to = chain->processes++;
	}
}

/* Who is started by which hop, and what comes where. */
static void chain_follow(struct chain *chain)
{
	for (int i = 0; i < chain->processes; i++)
		chain->born[i] = -1;
	for (int i = 0; i < chain->sources; i++)
		chain->holds[chain->source[i].process] |= 1u << i;
	for (int i = 0; i < chain->hops; i++) {
		struct chain_hop *hop = &chain->hop[i];

		if (hop_starts(hop_kind(hop->kind)))
			chain->born[hop->to] = i;
		hop->carries = chain->holds[hop->from];
		chain->holds[hop->to] |= hop->carries;
	}
}

void chain_make(struct chain *chain, uint64_t seed)
{
	uint64_t state = seed;
	int count, join = -1;

	*chain = (struct chain){ .seed = seed };
	chain->liked = pick(&state, HOP_GROUPS);
	count = CHAIN_HOPS_MIN + pick(&state, CHAIN_HOPS_MAX - CHAIN_HOPS_MIN + 1);
	source_add(chain, pick(&state, LABELS + 1));
	if (count > CHAIN_HOPS_MIN && pick(&state, 2)) {
		source_add(chain, pick(&state, LABELS + 1));
		join = pick(&state, count);
	}
	hops_make(chain, &state, count, join);
	bystanders_make(chain, &state);
	for (int i = 0; i < chain->processes; i++)
		chain->leave[i] = pick(&state, LEAVES);
	chain_follow(chain);
}

/* --- telling it --------------------------------------------------------------------- */

void chain_describe(const struct chain *chain, char *text, size_t size)
{
	FILE *out = fmemopen(text, size, "w");

	if (!out)
		return;
	for (int i = 0; i < chain->sources; i++)
		fprintf(out, "%s>%d ", label_names[chain->source[i].label],
			chain->source[i].process);
	for (int i = 0; i < chain->hops; i++) {
		const struct chain_hop *hop = &chain->hop[i];

		fprintf(out, "| %d %s%s%s %d ", hop->from, hop_kind(hop->kind)->name,
			hop->early ? " early" : "", hop->kept ? " kept" : "", hop->to);
	}
	fprintf(out, "|");
	for (int i = 0; i < chain->processes; i++)
		fprintf(out, " %d>%s", i, leave_names[chain->leave[i]]);
	fclose(out);
}
