/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A process of a chain does what it is told, step by step. It hears and answers
 * by eventfds, which carry no data to speak of and no label.
 */
#ifndef DOMICILE_CHAIN_PROCESS_H
#define DOMICILE_CHAIN_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

#include "chain.h"

enum step {
	STEP_SOURCE, /* of number: read its file */
	STEP_PREPARE, /* for hop number */
	STEP_SEND,
	STEP_RECEIVE,
	STEP_LOOK, /* at a process that may be labelled, but not at its data */
	STEP_LEAVE, /* to network number, by its own way */
};

struct command {
	enum step step;
	int number;
	pid_t peer;
};

struct answer {
	int error; /* an errno, or 0 */
	pid_t pid;
};

int command_tell(int process, struct command command);
int answer_hear(int process, struct answer *answer, int milliseconds);

/* Where the canary of a source is; it holds one label for good, and a canary for each chain. */
#define SOURCE_PATH 64
void source_path(char path[SOURCE_PATH], int source, enum chain_label label);

/* What a process sends at the end. Return: its size. */
#define MESSAGE_MAX (PAYLOAD_MAX + 32)
size_t message_make(const struct chain *chain, int process, const char *payload, size_t size,
		    char message[MESSAGE_MAX]);

#endif /* DOMICILE_CHAIN_PROCESS_H */
