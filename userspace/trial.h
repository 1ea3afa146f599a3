/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A policy on trial: in force, and gone again when its time is over and nobody has
 * confirmed it. What the way back takes is in TRIAL_FILE before the policy is in force,
 * and in the kernel, whose other slot keeps the tables of the policy before. So any
 * process can go back, and two look after it: one that "policy apply --confirm" leaves
 * behind, which belongs to no session, and domiciled.
 *
 * All but trial_read() and trial_watch() are for who holds the lock, rundir_lock().
 */
#ifndef DOMICILE_TRIAL_H
#define DOMICILE_TRIAL_H

#include <linux/types.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>

#include <jansson.h>

#include "answer.h"

struct enforcement;
struct in_force;

struct trial {
	__u64 generation; /* of the policy on trial */
	__u64 deadline; /* CLOCK_BOOTTIME, ns */
	json_t *before; /* the policy before, as in_force_read() has it */
};

/* -ENOENT: there is none, or what there is came to no end. Else to be closed. */
int trial_read(struct trial *trial);
void trial_close(struct trial *trial);

/* Seconds until it is over. */
__u64 trial_left(const struct trial *trial);

/* Refuses when a policy is on trial, and clears away what a killed process left of one. */
enum answer trial_settle(const struct enforcement *enforcement);

/*
 * Directories that get label @id for the policy on trial, and did not hold it: those give
 * it up at the way back. NULL when there is no memory or room.
 */
FILE *trial_notes_open(void);
void trial_note(FILE *notes, __u32 id, const struct stat *st, const char *path);

/* Before @generation comes into force; leaves a process that goes back after @deadline. */
int trial_begin(__u64 generation, __u64 deadline, const struct in_force *before);

/* The policy on trial stays. */
enum answer trial_confirm(const struct enforcement *enforcement);

/*
 * Goes back if the time is over. Return: false when there is no trial, or no more. To be
 * called every second or so.
 */
bool trial_watch(void);

#endif /* DOMICILE_TRIAL_H */
