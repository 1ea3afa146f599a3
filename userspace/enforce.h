/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Enforcement in the kernel: programs, maps and links, pinned below
 * DOMICILE_PIN_DIR, and the module. Lives on without any process.
 */
#ifndef DOMICILE_ENFORCE_H
#define DOMICILE_ENFORCE_H

#include <stdbool.h>
#include <stddef.h>

#include <domicile/policy_abi.h>

#include "answer.h"

struct policy;

/* The maps that user space reads and writes. */
struct enforcement {
	struct domicile_state *state; /* the "state" map itself */
	int state_fd;
	int label_table;
	int net4;
	int net6;
	int classes;
	int listens;
	int storages;
	int actors;
	int carriers;
	int task_taints;
	int inode_labels;
	int origins;
	int counters;
	int sequence;
	int records;
};

#define ENFORCEMENT_NONE                                                                         \
	{                                                                                        \
		.state_fd = -1, .label_table = -1, .net4 = -1, .net6 = -1, .classes = -1,        \
		.listens = -1, .storages = -1, .actors = -1, .carriers = -1, .task_taints = -1,  \
		.inode_labels = -1, .origins = -1, .counters = -1, .sequence = -1, .records = -1 \
	}

bool enforce_is_on(void);

/* Is it on, although there are no pins to be seen from here? */
bool enforce_is_hidden(void);

/* From the pins. -ENOENT when enforcement is off, -ESTALE when it is hidden. */
int enforce_open(struct enforcement *enforcement);

/* Why enforce_open() failed. */
const char *enforce_reason(int err);
void enforce_close(struct enforcement *enforcement);

/* The caller holds the lock, rundir_lock(). All or nothing. */
enum answer enforce_start(const struct policy *policy);

/*
 * The caller holds the lock. The daemon is stopped when no record can come any
 * more. ANSWER_NO: enforcement was off.
 */
enum answer enforce_stop(bool keep_module);

/* After a label was cleared: the next access to the inode asks the disk. */
void enforce_forget(const struct enforcement *enforcement, int fd);

/* Programs attached. */
size_t enforce_programs(void);

/* Sum over CPUs. */
__u64 enforce_counter(const struct enforcement *enforcement, enum domicile_counter counter);

/* First thing in main(): what libbpf says goes to standard error, or nowhere. */
void enforce_verbose(bool verbose);

#endif /* DOMICILE_ENFORCE_H */
