// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sinks' files may hold labelled data: who reads them is a child, and what
 * it found first comes back as its exit status.
 */
#define DOMICILE_TEST_NO_HARNESS
#include "domicile_test.h"

#include <inttypes.h>

#include "chain_run.h"
#include "chain_wire.h"
#include "chain_process.h"

#define PATIENCE 100 /* looks, of 50 ms each */

struct wire {
	const struct chain *chains;
	int count;
	bool enforced;
	bool *differs;
	bool leaks[CHAIN_GROUP]; /* told already */
};

/* What is wrong with one chain: an exit status, 0 if nothing is. */
#define FOUND(chain, less, network) (1 + (chain) * 4 + (less) * 2 + (network))
#define FOUND_CHAIN(status) (((status) - 1) / 4)
#define FOUND_LESS(status) (((status) - 1) >> 1 & 1)
#define FOUND_NETWORK(status) (((status) - 1) & 1)
#define FOUND_MAX FOUND(CHAIN_GROUP - 1, 1, 1)
#define FOUND_NO_FILE 255

_Static_assert(FOUND_MAX < FOUND_NO_FILE, "a finding is an exit status");

static char *sink_text[NETWORKS];
static size_t sink_size[NETWORKS];

static int sinks_read(void)
{
	for (enum chain_network network = 0; network < NETWORKS; network++) {
		char path[64];
		struct stat status;
		int fd;

		snprintf(path, sizeof(path), SINK ".%s", network_names[network]);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || fstat(fd, &status))
			return -1;
		sink_size[network] = status.st_size;
		sink_text[network] = malloc(status.st_size + 1);
		if (read(fd, sink_text[network], status.st_size) != status.st_size)
			return -1;
		close(fd);
	}
	return 0;
}

static bool arrived_at(enum chain_network network, const void *what, size_t size)
{
	return memmem(sink_text[network], sink_size[network], what, size);
}

/* A canary of a source whose label may not go there. */
static bool leaked(const struct chain *chain, enum chain_network network)
{
	char canary[CANARY_SIZE + 1];

	for (int source = 0; source < chain->sources; source++) {
		chain_canary(chain, source, canary);
		if (label_denied(chain->source[source].label, network) &&
		    arrived_at(network, canary, CANARY_SIZE))
			return true;
	}
	return false;
}

/* Everything that everybody was allowed to send, whole. */
static bool complete(const struct chain *chain, enum chain_network network, bool enforced)
{
	char payload[PAYLOAD_MAX], message[MESSAGE_MAX];
	struct domicile_label_set held[CHAIN_PROCESSES];

	chain_model(chain, held);
	for (int i = 0; i < chain->processes; i++) {
		size_t size = chain_payload(chain, chain->holds[i], payload);

		if (enforced && model_denies(&held[i], network))
			continue;
		size = message_make(chain, i, payload, size, message);
		if (!arrived_at(network, message, size))
			return false;
	}
	return true;
}

static int look(void *argument)
{
	const struct wire *wire = argument;

	if (sinks_read())
		return FOUND_NO_FILE;
	for (int i = 0; i < wire->count; i++)
		for (enum chain_network network = 0; network < NETWORKS; network++)
			if (!wire->differs[i] &&
			    !complete(&wire->chains[i], network, wire->enforced))
				return FOUND(i, 1, network);
	for (int i = 0; i < wire->count && wire->enforced; i++)
		for (enum chain_network network = 0; network < NETWORKS; network++)
			if (!wire->leaks[i] && leaked(&wire->chains[i], network))
				return FOUND(i, 0, network);
	return 0;
}

/* Return: what is wrong with one more chain, or 0. */
static int wire_look(struct wire *wire, int *patience)
{
	int found = in_child(look, wire);

	while (found && FOUND_LESS(found) && (*patience)-- > 0) {
		usleep(50 * 1000);
		found = in_child(look, wire);
	}
	if (found < 0 || found > FOUND_MAX)
		fail("cannot look at what arrived");
	return found;
}

static void sinks_empty(void)
{
	if (truncate(SINK ".in", 0) || truncate(SINK ".out", 0))
		fail(SINK);
}

static void found_print(const struct wire *wire, int found)
{
	const struct chain *chain = &wire->chains[FOUND_CHAIN(found)];

	if (!wire->differs[FOUND_CHAIN(found)])
		chain_blame(chain);
	printf("#   seed %" PRIu64 ", on the wire to %s: %s\n", chain->seed,
	       network_names[FOUND_NETWORK(found)],
	       FOUND_LESS(found) ? "less than was sent" : "a canary that may not go there");
}

void wire_check(const struct chain *chains, int count, bool enforced, bool *differs)
{
	struct wire wire = { .chains = chains, .count = count, .enforced = enforced,
			     .differs = differs };
	int patience = PATIENCE, found;

	while ((found = wire_look(&wire, &patience))) {
		found_print(&wire, found);
		differs[FOUND_CHAIN(found)] = true;
		if (!FOUND_LESS(found))
			wire.leaks[FOUND_CHAIN(found)] = true;
	}
	sinks_empty();
}
