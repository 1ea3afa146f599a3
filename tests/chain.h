/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A chain: processes, the files that some of them read, and hops that carry
 * what one holds to another, one after the other. All of it follows from a
 * seed: chain.c makes it, chain_model.c says who must be labelled at its end,
 * chains.c runs it.
 */
#ifndef DOMICILE_CHAIN_H
#define DOMICILE_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <domicile/label.h>

#include "hop.h"

#define CHAIN_HOPS_MIN 2
#define CHAIN_HOPS_MAX 8
#define CHAIN_HOPS (CHAIN_HOPS_MAX + 1) /* one of bystanders */
#define CHAIN_SOURCES 3 /* two branches, and a bystander's */
#define CHAIN_PROCESSES (CHAIN_HOPS + CHAIN_SOURCES)

#define CANARY_SIZE 48 /* printable, without a NUL; a whole number of words */
#define PAYLOAD_MAX (CHAIN_SOURCES * CANARY_SIZE)

enum chain_label { LABEL_CN, LABEL_EU, LABEL_US, LABELS, LABEL_NONE = LABELS };
enum chain_network { NETWORK_IN, NETWORK_OUT, NETWORKS };
enum chain_leave { LEAVE_UDP4, LEAVE_UDP6, LEAVE_TCP4, LEAVE_TCP6, LEAVES };

extern const char *const label_names[LABELS + 1]; /* LABEL_NONE's is "plain" */
extern const char *const network_names[NETWORKS];

/* A process reads a file that holds one canary. */
struct chain_source {
	int process;
	enum chain_label label;
};

struct chain_hop {
	struct hop_number kind;
	int from;
	int to;
	bool early; /* the receiver comes first */
	bool kept; /* who maps memory keeps it mapped */
	unsigned int carries; /* canaries, one bit for each source */
};

struct chain {
	uint64_t seed;
	int liked; /* group of hops */
	int sources;
	int hops;
	int processes;
	struct chain_source source[CHAIN_SOURCES];
	struct chain_hop hop[CHAIN_HOPS];
	enum chain_leave leave[CHAIN_PROCESSES]; /* how it tries to send at the end */
	int born[CHAIN_PROCESSES]; /* the hop that starts the process, or -1 */
	unsigned int holds[CHAIN_PROCESSES]; /* canaries, at the end */
	int bystanders; /* the first process that nothing of the others' reaches */
};

void chain_make(struct chain *chain, uint64_t seed);
void chain_describe(const struct chain *chain, char *text, size_t size);
void chain_canary(const struct chain *chain, int source, char canary[CANARY_SIZE + 1]);
size_t chain_payload(const struct chain *chain, unsigned int canaries, char *payload);

/* Who holds which labels at the end, by the label algebra alone. */
void chain_model(const struct chain *chain, struct domicile_label_set held[CHAIN_PROCESSES]);
bool model_denies(const struct domicile_label_set *held, enum chain_network network);
bool label_denied(enum chain_label label, enum chain_network network);

#endif /* DOMICILE_CHAIN_H */
