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
#include "netlink.h"
#include "path.h"
#include "policy_apply.h"
#include "policy_apply_listen.h"
#include "progress.h"
#include "rundir.h"
#include "source_check.h"
#include "tree.h"

#define BATCH 65536u

enum answer policy_read(char *const files[], size_t count, struct policy **policy)
{
	struct policy_errors errors = { 0 };
	int err = policy_compile_confined(files, count, policy, &errors);

	if (!err)
		return ANSWER_DONE;
	policy_errors_print(&errors, stderr);
	if (!errors.count)
		complain("policy: cannot compile: %s", strerror(-err));
	return err == -EINVAL || errors.count ? ANSWER_NO : ANSWER_HOST;
}

enum answer policy_apply_check(const struct policy *policy)
{
	char why[SOURCE_WHY_MAX];

	for (size_t i = 0; i < policy->source_count; i++) {
		const struct policy_place *place = &policy->sources[i].place;

		if (source_check(&policy->sources[i], why))
			return refuse(ANSWER_HOST, "policy: %s:%u:%u: %s", place->file, place->line,
				      place->column, why);
	}
	return ANSWER_DONE;
}

/* --- sources: labels ----------------------------------------------------- */

struct labelling {
	struct netlink link;
	__u32 id;
	unsigned long failed;
};

static int failed(const char *path, int err, void *context)
{
	struct labelling *labelling = context;

	if (!labelling->failed++)
		complain("policy: cannot label %s: %s", path, strerror(-err));
	return 0;
}

static int label(int fd, const char *path, mode_t mode, void *context)
{
	struct labelling *labelling = context;
	int err = netlink_label_set(&labelling->link, fd, &labelling->id, 1);

	progress_step();
	if (interrupt_waits())
		return -EINTR;
	return err ? failed(path, err, context) : 0;
}

static enum answer label_sources(const struct policy *policy)
{
	struct labelling labelling = { 0 };
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

/* A source of the policy before, which the new one does not have. */
struct dropping {
	const struct policy *policy;
	const struct enforcement *enforcement;
	struct netlink link;
	__u32 id;
};

static bool is_source(const struct policy *policy, const char *path, __u32 id)
{
	for (size_t i = 0; i < policy->source_count; i++)
		if (!strcmp(policy->sources[i].path, path) &&
		    policy->labels[policy->sources[i].label].id == id)
			return true;
	return false;
}

static bool in_source(const struct policy *policy, const char *path, __u32 id)
{
	for (size_t i = 0; i < policy->source_count; i++)
		if (policy->labels[policy->sources[i].label].id == id &&
		    (!strcmp(path, policy->sources[i].path) ||
		     path_is_below(path, policy->sources[i].path)))
			return true;
	return false;
}

static int drop_directory(int fd, const char *path, mode_t mode, void *context)
{
	struct dropping *dropping = context;

	if (S_ISDIR(mode) && !in_source(dropping->policy, path, dropping->id) &&
	    !netlink_label_clear(&dropping->link, fd, &dropping->id, 1))
		enforce_forget(dropping->enforcement, fd);
	return 0;
}

static int drop_nothing(const char *path, int err, void *context)
{
	return 0;
}

static int drop_source(const char *path, const char *name, void *context)
{
	const struct tree_visitor visitor = { drop_directory, drop_nothing, context };
	struct dropping *dropping = context;

	dropping->id = label_id(name);
	if (is_source(dropping->policy, path, dropping->id))
		return 0;
	tree_walk(path, true, &visitor);
	printf("%s is no longer a source of %s: new files get no label, those that are there keep "
	       "theirs\n", path, name);
	return 0;
}

static void drop_sources(const struct policy *policy, const struct enforcement *enforcement,
			 const struct in_force *before)
{
	struct dropping dropping = { .policy = policy, .enforcement = enforcement };

	if (netlink_open(&dropping.link))
		return;
	in_force_sources(before, drop_source, &dropping);
	netlink_close(&dropping.link);
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

		classes[i].deny = unknown;
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
	__u32 refusing = 0;
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
		err = carriers_put(policy, enforcement->carriers, slot, &refusing);
	if (err)
		return err;
	enforcement->state->slot[slot] = (struct domicile_slot){
		.ranges4 = policy->range4_count,
		.ranges6 = policy->range6_count,
		.classes = policy->class_count,
		.resolver_count = policy->resolver_count,
		.carriers = policy->carrier_count,
		.refusing = refusing,
	};
	for (size_t i = 0; i < policy->resolver_count; i++)
		enforcement->state->slot[slot].resolvers[i] = policy->resolvers[i].resolver;
	return 0;
}

/* --- all together -------------------------------------------------------- */

static enum answer prepare(const struct policy *policy, const struct enforcement *enforcement,
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
	return label_sources(policy);
}

enum answer policy_apply(const struct policy *policy, const struct enforcement *enforcement)
{
	__u64 generation = enforcement->state->generation + 1;
	cleanup(in_force_close) struct in_force before = { 0 };
	struct domicile_label_table table;
	enum answer answer;
	int err;

	in_force_read(&before);
	answer = prepare(policy, enforcement, &table, generation);
	if (answer != ANSWER_DONE)
		return answer;
	err = in_force_write(policy, generation, &table, &before);
	if (err)
		return refuse(ANSWER_HOST, "policy: cannot write " DOMICILE_RUN_DIR "/policy.json: "
			      "%s", strerror(-err));
	/* Looked at in the slot in force alone: may be set early and cleared late. */
	if (policy->listen_count)
		__atomic_store_n(&enforcement->state->listens, 1, __ATOMIC_RELEASE);
	__atomic_store_n(&enforcement->state->generation, generation, __ATOMIC_RELEASE);
	if (!policy->listen_count)
		__atomic_store_n(&enforcement->state->listens, 0, __ATOMIC_RELEASE);
	drop_sources(policy, enforcement, &before);
	return ANSWER_DONE;
}
