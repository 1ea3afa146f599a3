// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "enforce.h"
#include "in_force.h"
#include "moment.h"
#include "rundir.h"
#include "serial.h"
#include "source_drop.h"
#include "trial.h"
#include "trial_keeper.h"

#define TRIAL_FILE DOMICILE_RUN_DIR "/trial.json"
#define NOTES_FILE DOMICILE_RUN_DIR "/trial-labelled"

/* --- what is known of it ---------------------------------------------------- */

static int file_read(struct trial *trial)
{
	json_t *root = json_load_file(TRIAL_FILE, 0, NULL);
	json_int_t generation, deadline;
	int err;

	err = !root || json_unpack(root, "{s:I, s:I, s:O}", "generation", &generation, "deadline",
				   &deadline, "before", &trial->before);
	json_decref(root);
	if (err)
		return access(TRIAL_FILE, F_OK) ? -ENOENT : -EUCLEAN;
	trial->generation = generation;
	trial->deadline = deadline;
	return 0;
}

static void clear(void)
{
	unlink(NOTES_FILE);
	unlink(TRIAL_FILE);
}

void trial_close(struct trial *trial)
{
	json_decref(trial->before);
	trial->before = NULL;
}

int trial_read(struct trial *trial)
{
	struct in_force in_force = { 0 };
	int err = file_read(trial);

	if (err)
		return -ENOENT;
	err = in_force_read(&in_force);
	if (!err && in_force.generation != trial->generation)
		err = -ENOENT;
	in_force_close(&in_force);
	if (err)
		trial_close(trial);
	return err;
}

__u64 trial_left(const struct trial *trial)
{
	__u64 now = moment_boottime();

	return now < trial->deadline ? (trial->deadline - now) / MOMENT_NS_PER_S + 1 : 0;
}

FILE *trial_notes_open(void)
{
	return fopen(NOTES_FILE, "we");
}

void trial_note(FILE *notes, __u32 id, const struct stat *st, const char *path)
{
	fprintf(notes, "%x %llx %llx %s%c", id, (unsigned long long)st->st_dev,
		(unsigned long long)st->st_ino, path, '\0');
}

int trial_begin(__u64 generation, __u64 deadline, const struct in_force *before)
{
	cleanup(free_json) json_t *root = json_pack("{s:I, s:I, s:O}", "generation",
						    (json_int_t)generation, "deadline",
						    (json_int_t)deadline, "before", before->root);

	if (!root)
		return -ENOMEM;
	if (json_dump_file(root, TRIAL_FILE ".new", 0) || rename(TRIAL_FILE ".new", TRIAL_FILE))
		return errno ? -errno : -EIO;
	return trial_keeper_start();
}

/* --- the way back ------------------------------------------------------------ */

static bool has_listen(json_t *before)
{
	json_t *sources = json_object_get(json_object_get(before, "policy"), "sources"), *source;
	size_t i;

	json_array_foreach(sources, i, source)
		if (json_object_get(source, "listen"))
			return true;
	return false;
}

/*
 * The slot of the next generation is the one that the policy on trial has replaced, and
 * nobody has touched it since.
 */
static int go_back(const struct trial *trial, const struct enforcement *enforcement)
{
	struct domicile_state *state = enforcement->state;
	cleanup(in_force_close) struct in_force on_trial = { 0 };
	int err = in_force_read(&on_trial);

	if (!err)
		err = in_force_restore(trial->before, trial->generation + 1, &on_trial);
	if (err)
		return err;
	if (has_listen(trial->before))
		__atomic_store_n(&state->listens, 1, __ATOMIC_RELEASE);
	__atomic_store_n(&state->generation, trial->generation + 1, __ATOMIC_RELEASE);
	complain("policy: %.19s was not confirmed in time; %.19s is in force again",
		 in_force_text(&on_trial, "digest"),
		 json_string_value(json_object_get(trial->before, "digest")));
	return 0;
}

/* Also what somebody who was killed has begun. */
static int finish(const struct trial *trial, const struct enforcement *enforcement)
{
	struct in_force before = { .root = trial->before };
	__u64 generation = enforcement->state->generation;
	unsigned long dropped;
	int err = 0;

	if (generation == trial->generation)
		err = go_back(trial, enforcement);
	else if (generation != trial->generation + 1)
		return 0; /* it never was in force */
	if (err)
		return err;
	dropped = source_drop_noted(&before, NOTES_FILE, enforcement);
	if (dropped)
		complain("policy: %lu directories that it labelled have given up their label; "
			 "files keep theirs (domicile label clear)", dropped);
	return 0;
}

enum answer trial_settle(const struct enforcement *enforcement)
{
	struct trial trial = { 0 };
	enum answer answer = ANSWER_DONE;
	int err = file_read(&trial);

	if (err == -ENOENT)
		return ANSWER_DONE;
	if (!err && trial.generation == enforcement->state->generation)
		answer = refuse(ANSWER_NO, "policy: the one in force is on trial for %" PRIu64
				" s more (domicile policy confirm, or wait)",
				(uint64_t)trial_left(&trial));
	else if (!err)
		finish(&trial, enforcement);
	if (answer == ANSWER_DONE)
		clear();
	trial_close(&trial);
	return answer;
}

/* --- its end ----------------------------------------------------------------- */

/* With a lock, and what is true under it. Return: is there nothing more to do? */
static bool end_locked(const struct enforcement *enforcement)
{
	struct trial trial = { 0 };
	int err = file_read(&trial);

	if (err == -ENOENT)
		return true;
	if (!err && trial_left(&trial)) {
		trial_close(&trial);
		return true; /* another one */
	}
	if (!err)
		err = finish(&trial, enforcement);
	trial_close(&trial);
	if (err) {
		complain("policy: cannot go back to the one before: %s", strerror(-err));
		return err == -EUCLEAN;
	}
	clear();
	return true;
}

static bool end(void)
{
	cleanup(enforce_close) struct enforcement enforcement = ENFORCEMENT_NONE;
	cleanup(close_fd) int lock = -1;

	if (rundir_lock("policy", &lock) != ANSWER_DONE)
		return false;
	switch (enforce_open(&enforcement)) {
	case 0:
		return end_locked(&enforcement);
	case -ENOENT:
		clear(); /* it went with domicile down */
		return true;
	}
	return false;
}

bool trial_watch(void)
{
	struct trial trial = { 0 };
	bool over;

	if (file_read(&trial))
		return false;
	over = !trial_left(&trial);
	trial_close(&trial);
	return !over || !end();
}

static int serial_note(const struct in_force *in_force)
{
	json_t *signer = json_object_get(in_force->root, "signed");
	struct serial serial = {};

	if (!json_is_object(signer))
		return 0;
	serial.number = json_integer_value(json_object_get(signer, "serial"));
	snprintf(serial.digest, sizeof(serial.digest), "%s", in_force_text(in_force, "digest"));
	return serial_write(SERIAL_FILE, &serial);
}

static enum answer keep(const struct trial *trial, const struct enforcement *enforcement)
{
	cleanup(in_force_close) struct in_force on_trial = { 0 };
	struct in_force before = { .root = trial->before };
	int err = in_force_read(&on_trial);

	if (!err)
		err = serial_note(&on_trial);
	if (err)
		return refuse(ANSWER_HOST, "policy: cannot confirm: %s", strerror(-err));
	clear();
	source_drop(&on_trial, &before, enforcement);
	printf("confirmed: %.19s\n", in_force_text(&on_trial, "digest"));
	return ANSWER_DONE;
}

enum answer trial_confirm(const struct enforcement *enforcement)
{
	struct trial trial = { 0 };
	enum answer answer;

	if (file_read(&trial) || trial.generation != enforcement->state->generation) {
		trial_close(&trial);
		return refuse(ANSWER_NO, "policy: the one in force is not on trial");
	}
	answer = trial_left(&trial) ? keep(&trial, enforcement) :
				      refuse(ANSWER_NO, "policy: too late; the one before comes "
					     "back");
	trial_close(&trial);
	return answer;
}
