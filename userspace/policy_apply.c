// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include <bpf/bpf.h>

#include "cleanup.h"
#include "enforce.h"
#include "in_force.h"
#include "interrupt.h"
#include "label_value.h"
#include "moment.h"
#include "netlink.h"
#include "policy_apply.h"
#include "policy_apply_access.h"
#include "policy_apply_listen.h"
#include "policy_apply_storage.h"
#include "policy_trusted.h"
#include "progress.h"
#include "rundir.h"
#include "serial.h"
#include "source_check.h"
#include "source_drop.h"
#include "tree.h"
#include "trial.h"

#define BATCH 65536u

static enum answer answer_of(int err, const struct policy_errors *errors)
{
	if (!err)
		return ANSWER_DONE;
	policy_errors_print(errors, stderr);
	if (!errors->count)
		complain("policy: cannot compile: %s", strerror(-err));
	return err == -EINVAL || errors->count ? ANSWER_NO : ANSWER_HOST;
}

enum answer policy_read(char *const files[], size_t count, struct policy **policy)
{
	struct policy_errors errors = { 0 };
	int err = policy_compile_confined(files, count, policy, &errors);

	return answer_of(err, &errors);
}

enum answer policy_read_trusted(char *const files[], size_t count, struct policy **policy)
{
	struct policy_errors errors = { 0 };
	int err = policy_compile_trusted(files, count, policy, &errors);

	return answer_of(err, &errors);
}

enum answer policy_apply_check(const struct policy *policy)
{
	char why[SOURCE_WHY_MAX];
	enum answer answer;

	for (size_t i = 0; i < policy->source_count; i++) {
		const struct policy_place *place = &policy->sources[i].place;

		if (source_check(&policy->sources[i], why))
			return refuse(ANSWER_HOST, "policy: %s:%u:%u: %s", place->file, place->line,
				      place->column, why);
	}
	answer = policy_apply_check_storages(policy);
	return answer == ANSWER_DONE ? policy_apply_check_access(policy) : answer;
}

/* --- sources: labels ----------------------------------------------------- */

struct labelling {
	struct netlink link;
	__u32 id;
	unsigned long failed;
	FILE *notes; /* NULL: not on trial */
};

static int failed(const char *path, int err, void *context)
{
	struct labelling *labelling = context;

	if (!labelling->failed++)
		complain("policy: cannot label %s: %s", path, strerror(-err));
	return 0;
}

static bool holds(int fd, __u32 id)
{
	struct label_value value;

	if (label_value_read_fd(&value, fd))
		return false;
	for (__u32 i = 0; i < value.count; i++)
		if (value.id[i] == id)
			return true;
	return false;
}

/* Before it is labelled. */
static void note(const struct labelling *labelling, int fd, const char *path)
{
	struct stat st;

	if (!holds(fd, labelling->id) && !fstat(fd, &st))
		trial_note(labelling->notes, labelling->id, &st, path);
}

static int label(int fd, const char *path, mode_t mode, void *context)
{
	struct labelling *labelling = context;
	int err;

	if (labelling->notes && S_ISDIR(mode))
		note(labelling, fd, path);
	err = netlink_label_set(&labelling->link, fd, &labelling->id, 1);
	progress_step();
	if (interrupt_waits())
		return -EINTR;
	return err ? failed(path, err, context) : 0;
}

static enum answer label_sources(const struct policy *policy, FILE *notes)
{
	struct labelling labelling = { .notes = notes };
	const struct tree_visitor visitor = { label, failed, &labelling };
	unsigned long total = 0;
	int err = netlink_open(&labelling.link);

	if (err)
		return refuse(ANSWER_HOST, "policy: no answer from domicile.ko: %s",
			      strerror(-err));
	for (size_t i = 0; i < policy->source_count; i++)
		total += tree_count(policy->sources[i].path);
	progress_start("labelling", total);
	for (size_t i = 0; i < policy->source_count && !err; i++) {
		labelling.id = policy->labels[policy->sources[i].label].id;
		err = tree_walk(policy->sources[i].path, true, &visitor);
	}
	progress_end();
	netlink_close(&labelling.link);
	if (err)
		return refuse(ANSWER_NO, "policy: %s while labelling; it is not in force",
			      err == -EINTR ? "interrupted" : strerror(-err));
	if (labelling.failed)
		return refuse(ANSWER_HOST, "policy: %lu files of its sources could not be "
			      "labelled; it is not in force", labelling.failed);
	return ANSWER_DONE;
}

/* --- labels of this host -------------------------------------------------- */

/* @indices[i] becomes the host's index of the policy's label i. */
static int labels_number(const struct policy *policy, struct domicile_label_table *table,
			 __u32 *indices)
{
	for (size_t i = 0; i < policy->label_count; i++) {
		__u32 index = 0;

		while (index < table->count && table->id[index] != policy->labels[i].id)
			index++;
		if (index == DOMICILE_LABELS_MAX)
			return -E2BIG;
		if (index == table->count)
			table->id[table->count++] = policy->labels[i].id;
		indices[i] = index;
	}
	return 0;
}

static void set_translate(struct domicile_label_set *out, const struct domicile_label_set *in,
			  const struct policy *policy, const __u32 *indices)
{
	for (size_t i = 0; i < policy->label_count; i++)
		if (label_set_has(in, i))
			label_set_add(out, indices[i]);
}

/*
 * Labels that the policy does not have, and numbers that no label has, may go
 * nowhere: so the set of a label that cannot be read is denied too.
 */
static struct domicile_class *classes_translate(const struct policy *policy, const __u32 *indices)
{
	struct domicile_class *classes = calloc(policy->class_count, sizeof(*classes));
	struct domicile_label_set unknown;

	if (!classes)
		return NULL;
	label_set_fill(&unknown);
	for (size_t i = 0; i < policy->label_count; i++) {
		struct domicile_label_set known = { 0 };

		label_set_add(&known, indices[i]);
		label_set_remove(&unknown, &known);
	}
	for (size_t i = 0; i < policy->class_count; i++) {
		const struct domicile_class *sets = &policy->classes[i].sets;

		*(policy->audit ? &classes[i].audit : &classes[i].deny) = unknown;
		set_translate(&classes[i].deny, &sets->deny, policy, indices);
		set_translate(&classes[i].audit, &sets->audit, policy, indices);
	}
	return classes;
}

/* --- slots --------------------------------------------------------------- */

static int map_fill(int map, const void *values, size_t size, __u32 count)
{
	cleanup(free_memory) __u32 *keys = calloc(BATCH, sizeof(*keys));

	if (!keys)
		return -ENOMEM;
	for (__u32 done = 0; done < count;) {
		__u32 batch = count - done < BATCH ? count - done : BATCH;

		for (__u32 i = 0; i < batch; i++)
			keys[i] = done + i;
		if (bpf_map_update_batch(map, keys, (const char *)values + done * size, &batch,
					 NULL))
			return -errno;
		done += batch;
	}
	return 0;
}

/* Puts a new array of @values at @slot of the array of maps @outer. */
static int slot_put(int outer, __u32 slot, const char *name, const void *values, size_t size,
		    __u32 count)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_INNER_MAP);
	cleanup(close_fd) int inner = -1;
	int err;

	inner = bpf_map_create(BPF_MAP_TYPE_ARRAY, name, sizeof(__u32), size, count, &options);
	if (inner < 0)
		return -errno;
	err = map_fill(inner, values, size, count);
	if (err)
		return err;
	return bpf_map_update_elem(outer, &slot, &inner, 0) ? -errno : 0;
}

static int carriers_put(const struct policy *policy, int map, __u32 slot, __u32 *refusing)
{
	cleanup(free_memory) struct domicile_carriers *carriers = calloc(1, sizeof(*carriers));

	if (!carriers)
		return -ENOMEM;
	for (size_t i = 0; i < policy->carrier_count; i++) {
		const struct policy_carrier *carrier = &policy->carriers[i];

		carriers->list[i].carriage = carrier->carriage;
		strcpy(carriers->list[i].path, carrier->cgroup);
		*refusing += carrier->carriage != DOMICILE_CARRIAGE_KEEP;
	}
	return bpf_map_update_elem(map, &slot, carriers, 0) ? -errno : 0;
}

static int slot_fill(const struct policy *policy, const __u32 *indices,
		     const struct enforcement *enforcement, __u32 slot)
{
	cleanup(free_memory) struct domicile_class *classes = classes_translate(policy, indices);
	struct domicile_slot in = {
		.ranges4 = policy->range4_count,
		.ranges6 = policy->range6_count,
		.classes = policy->class_count,
		.resolver_count = policy->resolver_count,
		.carriers = policy->carrier_count,
	};
	int err;

	if (!classes)
		return -ENOMEM;
	err = slot_put(enforcement->net4, slot, "net4_slot", policy->ranges4,
		       sizeof(*policy->ranges4), policy->range4_count);
	if (!err)
		err = slot_put(enforcement->net6, slot, "net6_slot", policy->ranges6,
			       sizeof(*policy->ranges6), policy->range6_count);
	if (!err)
		err = slot_put(enforcement->classes, slot, "class_slot", classes, sizeof(*classes),
			       policy->class_count);
	if (!err)
		err = policy_apply_listens(policy, indices, enforcement, slot);
	if (!err)
		err = policy_apply_storages(policy, indices, enforcement, slot, &in);
	if (!err)
		err = policy_apply_access(policy, indices, enforcement, slot, &in);
	if (!err)
		err = carriers_put(policy, enforcement->carriers, slot, &in.refusing);
	if (err)
		return err;
	for (size_t i = 0; i < policy->resolver_count; i++)
		in.resolvers[i] = policy->resolvers[i].resolver;
	enforcement->state->slot[slot] = in;
	return 0;
}

/* --- all together -------------------------------------------------------- */

static enum answer fill(const struct policy *policy, const struct enforcement *enforcement,
			struct domicile_label_table *table, __u64 generation)
{
	cleanup(free_memory) __u32 *indices = calloc(policy->label_count + 1, sizeof(*indices));
	__u32 zero = 0;
	int err;

	if (!indices || bpf_map_lookup_elem(enforcement->label_table, &zero, table))
		return refuse(ANSWER_HOST, "policy: cannot read the kernel's labels: %s",
			      strerror(errno));
	if (labels_number(policy, table, indices))
		return refuse(ANSWER_NO, "policy: more than %d labels since enforcement started "
			      "(domicile down and up forgets those that are no longer used)",
			      DOMICILE_LABELS_MAX);
	if (bpf_map_update_elem(enforcement->label_table, &zero, table, 0))
		return refuse(ANSWER_HOST, "policy: cannot write the kernel's labels: %s",
			      strerror(errno));
	err = slot_fill(policy, indices, enforcement, generation % DOMICILE_SLOTS);
	if (err)
		return refuse(ANSWER_HOST, "policy: cannot fill the kernel's tables: %s",
			      strerror(-err));
	return ANSWER_DONE;
}


/* Another policy may have come since this one was read. */
static enum answer serial_check(const struct policy *policy, struct serial *serial)
{
	struct serial newest;
	int err = serial_read(SERIAL_FILE, &newest);

	serial->number = policy->signer.serial;
	policy_digest_text(policy, serial->digest);
	if (err)
		return refuse(ANSWER_HOST, "policy: cannot read " SERIAL_FILE ": %s",
			      strerror(-err));
	if (!serial_follows(serial, &newest))
		return refuse(ANSWER_NO, "policy: a newer one is in force by now");
	return ANSWER_DONE;
}

/* Before it is in force, lest a crash in between leave the way back open. */
static enum answer serial_note(const struct policy *policy, bool on_trial)
{
	struct serial serial;
	enum answer answer;
	int err;

	if (!policy->signer.present)
		return ANSWER_DONE;
	answer = serial_check(policy, &serial);
	if (answer != ANSWER_DONE || on_trial)
		return answer;
	err = serial_write(SERIAL_FILE, &serial);
	return err ? refuse(ANSWER_HOST, "policy: cannot write " SERIAL_FILE ": %s",
			    strerror(-err)) : ANSWER_DONE;
}

/* Labels the sources; on trial, with notes of what gives up its label again. */
static enum answer prepare_sources(const struct policy *policy, bool on_trial)
{
	FILE *notes = on_trial ? trial_notes_open() : NULL;
	enum answer answer;
	int err = on_trial && !notes ? -errno : 0;

	if (err)
		return refuse(ANSWER_HOST, "policy: cannot write to " DOMICILE_RUN_DIR ": %s",
			      strerror(-err));
	answer = label_sources(policy, notes);
	if (notes && (ferror(notes) | fclose(notes)) && answer == ANSWER_DONE)
		answer = refuse(ANSWER_HOST, "policy: cannot note in " DOMICILE_RUN_DIR " what was "
				"labelled: %s; it is not in force", strerror(errno));
	return answer;
}

/* The moment. */
static void switch_to(const struct policy *policy, struct domicile_state *state,
		      __u64 generation)
{
	const struct domicile_slot *in = &state->slot[generation % DOMICILE_SLOTS];

	/* Looked at in the slot in force alone: may be set early and cleared late. */
	if (policy->listen_count)
		__atomic_store_n(&state->listens, 1, __ATOMIC_RELEASE);
	/* Who may use a file is asked before anybody has read one. */
	if (in->access[DOMICILE_USE_READ].ruled || in->access[DOMICILE_USE_WRITE].ruled)
		__atomic_store_n(&state->tainted, 1, __ATOMIC_RELEASE);
	__atomic_store_n(&state->generation, generation, __ATOMIC_RELEASE);
	if (!policy->listen_count)
		__atomic_store_n(&state->listens, 0, __ATOMIC_RELEASE);
}

static enum answer prepare(const struct policy *policy, const struct enforcement *enforcement,
			   struct domicile_label_table *table, bool on_trial)
{
	enum answer answer = trial_settle(enforcement);

	if (answer == ANSWER_DONE)
		answer = fill(policy, enforcement, table, enforcement->state->generation + 1);
	if (answer == ANSWER_DONE)
		answer = prepare_sources(policy, on_trial);
	if (answer == ANSWER_DONE)
		answer = serial_note(policy, on_trial);
	return answer;
}

enum answer policy_apply(const struct policy *policy, const struct enforcement *enforcement,
			 __u64 trial_ns)
{
	cleanup(in_force_close) struct in_force before = { 0 }, now = { 0 };
	struct domicile_label_table table;
	enum answer answer;
	__u64 generation;
	int err = 0;

	answer = prepare(policy, enforcement, &table, trial_ns);
	if (answer != ANSWER_DONE)
		return answer;
	generation = enforcement->state->generation + 1;
	in_force_read(&before);
	if (trial_ns)
		err = trial_begin(generation, moment_boottime() + trial_ns, &before);
	if (!err)
		err = in_force_write(policy, generation, &table, &before);
	if (err)
		return refuse(ANSWER_HOST, "policy: cannot write to " DOMICILE_RUN_DIR ": %s",
			      strerror(-err));
	switch_to(policy, enforcement->state, generation);
	if (!trial_ns && !in_force_read(&now))
		source_drop(&now, &before, enforcement);
	return ANSWER_DONE;
}
