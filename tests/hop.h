/* SPDX-License-Identifier: GPL-2.0-only */
/* Ways for one process to give another what it holds. */
#ifndef DOMICILE_HOP_H
#define DOMICILE_HOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What the labels do, for the model. */
enum hop_flow {
	FLOW_OBJECT, /* from the sender to an object, from there to the receiver */
	FLOW_ATTACH, /* both processes get what the other one has */
	FLOW_MAPPING, /* both map one object */
	FLOW_FORK, /* the receiver is a copy of the sender */
	FLOW_FORK_MAPPING, /* and they share memory that was made for it */
	FLOW_EXEC, /* as a copy, but with memory of its own */
};

/*
 * One hop as those see it who take part: the test itself, which is never to
 * touch the data, before there are any processes (setup), then the receiver
 * (prepare, if it is early), the sender (send), the receiver (receive). Each
 * returns 0 or an errno.
 */
struct passage {
	int index;
	bool early;
	bool kept;
	pid_t peer; /* the other process, if it is there */
	char *data; /* what to send, or where to put it */
	size_t size;
	uint64_t seed;
	int to;
};

struct hop_kind {
	const char *name;
	enum hop_flow flow;
	bool waits; /* an early receiver waits in its call until the sender sends */
	int (*setup)(const struct passage *passage);
	int (*prepare)(const struct passage *passage);
	int (*send)(const struct passage *passage);
	int (*receive)(const struct passage *passage);
};

#define HOP_GROUPS 6

/* Each ends with a kind without a name. */
extern const struct hop_kind hop_pipes[], hop_sockets[], hop_files[], hop_memories[],
	hop_processes[], hop_messages[];

struct hop_number {
	int group;
	int member;
};

const struct hop_kind *hop_kind(struct hop_number number);
int hop_group_size(int group);
bool hop_starts(const struct hop_kind *kind); /* Does it start its receiver? */

/*
 * Descriptors that every process of a chain has, by the same numbers, also after
 * exec: for its commands and answers, and four for each hop.
 */
#define FD_COMMAND(process) (32 + 2 * (process))
#define FD_ANSWER(process) (33 + 2 * (process))
#define FD_HOP(index, which) (64 + 4 * (index) + (which))
#define FD_FIRST 32
#define FD_LAST 127

int fd_place(int fd, int number); /* Return: 0 or an errno. */
int fd_write(int fd, const char *data, size_t size);
int fd_read(int fd, char *data, size_t size); /* until @size bytes have come */
int passed_all(ssize_t done, const struct passage *passage); /* @done: of a system call */

enum hop_place { HOP_TMPFS, HOP_EXT4, HOP_XFS, HOP_BTRFS, HOP_SHM };

#define HOP_PATH 64

/* A file that this hop has to itself. */
void hop_path(char path[HOP_PATH], enum hop_place place, const char *name, int index);

/* Data on its way, at the same address in every process, and private to it. */
struct boxes {
	char outbox[4096];
	char inbox[4096];
};

#define boxes ((struct boxes *)0x200000000)

int boxes_make(void);

/* What a process does that a hop has started: never returns. */
void process_serve(uint64_t seed, int process) __attribute__((noreturn));

#endif /* DOMICILE_HOP_H */
