// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sinks' files may hold labelled data: who reads them is a child, and what
 * it found comes back as its exit status, one finding at a time.
 */
#define DOMICILE_TEST_NO_HARNESS
#include "domicile_test.h"

#include "chain_run.h"
#include "chain_wire.h"
#include "chain_process.h"

#define PATIENCE 100 /* looks, of 50 ms each */

enum finding { FOUND_NOTHING, FOUND_LEAK, FOUND_LESS };

struct wire {
	const struct chain *chain;
	bool enforced;
	bool leaks_only;
};

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
static bool leaked(const struct wire *wire, enum chain_network network)
{
	char canary[CANARY_SIZE + 1];

	for (int source = 0; source < wire->chain->sources; source++) {
		chain_canary(wire->chain, source, canary);
		if (wire->enforced && label_denied(wire->chain->source[source].label, network) &&
		    arrived_at(network, canary, CANARY_SIZE))
			return true;
	}
	return false;
}

/* Everything that everybody was allowed to send, whole. */
static bool complete(const struct wire *wire, enum chain_network network)
{
	char payload[PAYLOAD_MAX], message[MESSAGE_MAX];
	struct domicile_label_set held[CHAIN_PROCESSES];

	chain_model(wire->chain, held);
	for (int i = 0; i < wire->chain->processes; i++) {
		size_t size = chain_payload(wire->chain, wire->chain->holds[i], payload);

		if (wire->enforced && model_denies(&held[i], network))
			continue;
		size = message_make(wire->chain, i, payload, size, message);
		if (!arrived_at(network, message, size))
			return false;
	}
	return true;
}

static int look(void *argument)
{
	const struct wire *wire = argument;

	if (sinks_read())
		return FOUND_LESS << 1;
	for (enum chain_network network = 0; network < NETWORKS; network++)
		if (leaked(wire, network))
			return FOUND_LEAK << 1 | network;
	for (enum chain_network network = 0; network < NETWORKS && !wire->leaks_only; network++)
		if (!complete(wire, network))
			return FOUND_LESS << 1 | network;
	return FOUND_NOTHING;
}

/* Return: true if there is nothing to find fault with. */
static bool chain_check(const struct chain *chain, bool enforced, bool leaks_only, int *patience)
{
	struct wire wire = { chain, enforced, leaks_only };
	int found = in_child(look, &wire);

	while (found >> 1 == FOUND_LESS && (*patience)-- > 0) {
		usleep(50 * 1000);
		found = in_child(look, &wire);
	}
	if (found == FOUND_NOTHING)
		return true;
	if (!leaks_only)
		chain_blame(chain);
	printf("#   on the wire to %s: %s\n", network_names[found & 1],
	       found >> 1 == FOUND_LEAK ? "a canary that may not go there" :
					  "less than was sent");
	return false;
}

static void sinks_empty(void)
{
	if (truncate(SINK ".in", 0) || truncate(SINK ".out", 0))
		fail(SINK);
}

void wire_check(const struct chain *chains, int count, bool enforced, bool *differs)
{
	int patience = PATIENCE;

	for (int i = 0; i < count; i++)
		if (!chain_check(&chains[i], enforced, differs[i], &patience))
			differs[i] = true;
	sinks_empty();
}
