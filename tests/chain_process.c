// SPDX-License-Identifier: GPL-2.0-only
/* The life of a process in a chain. */
#define DOMICILE_TEST_NO_HARNESS
#include "domicile_test.h"

#include <inttypes.h>

#include "chain_process.h"

/* What this process holds: bytes that came, by source. */
static char held[CHAIN_SOURCES][CANARY_SIZE];
static unsigned int holds;

/* --- commands and answers: one eventfd value each, which is never 0 ----------- */

int command_tell(int process, struct command command)
{
	uint64_t value = (uint64_t)command.peer << 32 | command.number << 16 |
			 command.step << 8 | 1;

	return write(FD_COMMAND(process), &value, sizeof(value)) < 0 ? errno : 0;
}

static struct command command_hear(int process)
{
	uint64_t value;

	if (read(FD_COMMAND(process), &value, sizeof(value)) != sizeof(value))
		_exit(EIO);
	return (struct command){ .peer = value >> 32, .number = value >> 16 & 0xffff,
				 .step = value >> 8 & 0xff };
}

static void answer_tell(int process, int error)
{
	uint64_t value = (uint64_t)getpid() << 32 | (error & 0xffff) << 8 | 1;

	if (write(FD_ANSWER(process), &value, sizeof(value)) < 0)
		_exit(EIO);
}

int answer_hear(int process, struct answer *answer, int milliseconds)
{
	struct pollfd ready = { .fd = FD_ANSWER(process), .events = POLLIN };
	uint64_t value;

	if (poll(&ready, 1, milliseconds) <= 0)
		return ETIME;
	if (read(FD_ANSWER(process), &value, sizeof(value)) != sizeof(value))
		return EIO;
	*answer = (struct answer){ .pid = value >> 32, .error = value >> 8 & 0xffff };
	return 0;
}

/* --- what is held ------------------------------------------------------------------ */

static void hold(unsigned int canaries, const char *payload)
{
	for (int source = 0; source < CHAIN_SOURCES; source++) {
		if (!(canaries & 1u << source))
			continue;
		memcpy(held[source], payload, CANARY_SIZE);
		payload += CANARY_SIZE;
	}
	holds |= canaries;
}

static size_t payload_make(unsigned int canaries, char *payload)
{
	size_t size = 0;

	for (int source = 0; source < CHAIN_SOURCES; source++) {
		if (!(canaries & 1u << source))
			continue;
		memcpy(payload + size, held[source], CANARY_SIZE);
		size += CANARY_SIZE;
	}
	return size;
}

/* What came must be what the chain is about, byte for byte. */
static int accept_payload(const struct chain *chain, unsigned int canaries, const char *payload)
{
	char expected[PAYLOAD_MAX];
	size_t size = chain_payload(chain, canaries, expected);

	if (memcmp(payload, expected, size))
		return ENODATA;
	hold(canaries, payload);
	return 0;
}

/* --- steps ------------------------------------------------------------------------------ */

void source_path(char path[SOURCE_PATH], int source, enum chain_label label)
{
	snprintf(path, SOURCE_PATH, DIR_TEST "/source-%d-%s", source, label_names[label]);
}

static int step_source(const struct chain *chain, int source)
{
	char path[SOURCE_PATH], payload[CANARY_SIZE];
	int fd, error;

	source_path(path, source, chain->source[source].label);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	error = fd_read(fd, payload, sizeof(payload));
	close(fd);
	return error ?: accept_payload(chain, 1u << source, payload);
}

static int step_hop(const struct chain *chain, struct command command)
{
	const struct chain_hop *hop = &chain->hop[command.number];
	const struct hop_kind *kind = hop_kind(hop->kind);
	char data[PAYLOAD_MAX] = {};
	struct passage passage = {
		.index = command.number,
		.early = hop->early,
		.kept = hop->kept,
		.peer = command.peer,
		.data = data,
		.size = __builtin_popcount(hop->carries) * CANARY_SIZE,
		.seed = chain->seed,
		.to = hop->to,
	};

	if (command.step == STEP_PREPARE)
		return kind->prepare(&passage);
	if (command.step == STEP_SEND) {
		payload_make(hop->carries, data);
		return kind->send(&passage);
	}
	return kind->receive(&passage) ?: accept_payload(chain, hop->carries, data);
}

/* Names, sizes and states are no data. */
static int step_look(const struct chain *chain, pid_t peer)
{
	char path[SOURCE_PATH], buffer[1024];
	struct stat status;
	int fd;

	source_path(path, 0, chain->source[0].label);
	if (stat(path, &status))
		return errno;
	snprintf(path, sizeof(path), "/proc/%d/stat", peer);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, buffer, sizeof(buffer)) <= 0)
		return errno;
	close(fd);
	return 0;
}

size_t message_make(const struct chain *chain, int process, const char *payload, size_t size,
		    char message[MESSAGE_MAX])
{
	size_t start = sprintf(message, "%" PRIu64 ".%d:", chain->seed, process);

	memcpy(message + start, payload, size);
	return start + size;
}

static int leave(struct endpoint to, int type, const char *message, size_t size)
{
	int fd = socket(to.family, type | SOCK_CLOEXEC, 0), error = 0;

	if (fd < 0)
		return errno;
	if (type == SOCK_DGRAM) {
		if (sendto(fd, message, size, 0, (void *)&to.address, to.length) < 0)
			error = errno;
	} else if (connect(fd, (void *)&to.address, to.length)) {
		error = errno;
	} else {
		error = fd_write(fd, message, size);
	}
	close(fd);
	return error;
}

static int step_leave(const struct chain *chain, int me, enum chain_network network)
{
	static const char *const hosts[NETWORKS][2] = { { IN4, IN6 }, { OUT4, OUT6 } };
	enum chain_leave by = chain->leave[me];
	char payload[PAYLOAD_MAX], message[MESSAGE_MAX];
	size_t size = payload_make(holds, payload);

	size = message_make(chain, me, payload, size, message);
	return leave(endpoint(hosts[network][by == LEAVE_UDP6 || by == LEAVE_TCP6], PORT),
		     by >= LEAVE_TCP4 ? SOCK_STREAM : SOCK_DGRAM, message, size);
}

static int step(const struct chain *chain, int me, struct command command)
{
	switch (command.step) {
	case STEP_SOURCE:
		return step_source(chain, command.number);
	case STEP_PREPARE:
	case STEP_SEND:
	case STEP_RECEIVE:
		return step_hop(chain, command);
	case STEP_LOOK:
		return step_look(chain, command.peer);
	case STEP_LEAVE:
		return step_leave(chain, me, command.number);
	}
	return EINVAL;
}

/* Ends when the test kills it. */
void process_serve(uint64_t seed, int process)
{
	struct chain chain;

	chain_make(&chain, seed);
	for (;;)
		answer_tell(process, step(&chain, process, command_hear(process)));
}
