/* SPDX-License-Identifier: GPL-2.0-only */
/* The labels of processes, read and written from outside. */
#ifndef DOMICILE_TAINT_H
#define DOMICILE_TAINT_H

#include <domicile/policy_abi.h>
#include <stdbool.h>
#include <sys/types.h>

struct enforcement;

/*
 * Of the thread group of @pid. -ESRCH when there is no such process; an
 * untainted one has an empty set.
 */
int taint_read(const struct enforcement *enforcement, pid_t pid, struct domicile_taint *taint);

/* Of this process itself: joins @set, as if it had read @origin. */
int taint_self(const struct enforcement *enforcement, const struct domicile_label_set *set,
	       const struct domicile_origin *origin);

/*
 * Before programs are attached: every label, for those whose own cannot be kept.
 * -ENXIO where the initial pid namespace is not seen.
 */
int taint_keep(const struct enforcement *enforcement);

/*
 * Of this process: what it inherited through exec. For programs that write what
 * others read, and that start with nothing but their arguments: a shell that
 * has seen labelled data may start them. What they read afterwards counts.
 */
int taint_forget_self(void);

/* -ENOENT when it is forgotten. */
int taint_origin(const struct enforcement *enforcement, const struct domicile_taint *taint,
		 struct domicile_origin *origin);

/* Calls @visit for each tainted process; returns how many there are. */
size_t taint_each(const struct enforcement *enforcement,
		  void (*visit)(pid_t pid, const struct domicile_taint *taint, void *context),
		  void *context);

/* Name of a process, "?" when it is gone. */
void taint_comm(pid_t pid, char comm[32]);

#endif /* DOMICILE_TAINT_H */
