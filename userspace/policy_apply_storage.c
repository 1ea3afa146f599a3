// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include <bpf/bpf.h>

#include "cleanup.h"
#include "mount.h"
#include "policy_apply_storage.h"
#include "policy_storage.h"
#include "policy_store_rule.h"

/* --- is it possible? ------------------------------------------------------- */

static enum answer refuse_mount(const struct policy_storage *storage,
				const struct policy_medium *medium, const char *why)
{
	const struct policy_place *place = &storage->place;

	return refuse(ANSWER_HOST, "policy: %s:%u:%u: place %s: %s: %s (mount it before, or name "
		      "the file system by its uuid)", place->file, place->line, place->column,
		      storage->name, medium->text, why);
}

static enum answer check_storage(const struct policy_storage *storage)
{
	for (size_t i = 0; i < storage->medium_count; i++) {
		const struct policy_medium *medium = &storage->media[i];
		struct mount mount;
		int err;

		if (medium->kind != DOMICILE_MEDIUM_DEVICE)
			continue;
		err = mount_of(medium->text, &mount);
		if (err)
			return refuse_mount(storage, medium, strerror(-err));
		if (!mount.is_root)
			return refuse_mount(storage, medium, "nothing is mounted there");
	}
	return ANSWER_DONE;
}

static enum answer check_source(const struct policy *policy, const struct policy_source *source)
{
	const struct policy_place *place = &source->place;
	struct domicile_label_set labels = { 0 };
	struct store_verdict verdict;
	struct mount mount;

	label_set_add(&labels, source->label);
	if (mount_of(source->path, &mount))
		return ANSWER_DONE;
	policy_store_judge(policy, &labels, &(struct store_target){ &mount, NULL }, &verdict);
	if (verdict.verdict != DOMICILE_VERDICT_DENY || !verdict.rule)
		return ANSWER_DONE;
	return refuse(ANSWER_NO, "policy: %s:%u:%u: %s: lies on a file system (%s) where the rule "
		      "at %s:%u lets %s not be stored (add a place of that rule, or move the data)",
		      place->file, place->line, place->column, source->path, mount.type,
		      verdict.rule->place.file, verdict.rule->place.line,
		      policy->labels[source->label].name);
}

enum answer policy_apply_check_storages(const struct policy *policy)
{
	enum answer answer = ANSWER_DONE;

	for (size_t i = 0; i < policy->storage_count && answer == ANSWER_DONE; i++)
		answer = check_storage(&policy->storages[i]);
	for (size_t i = 0; i < policy->source_count && answer == ANSWER_DONE; i++)
		answer = check_source(policy, &policy->sources[i]);
	return answer;
}

/* --- for the kernel -------------------------------------------------------- */

static int medium_key(const struct policy_medium *medium, struct domicile_medium *key)
{
	struct mount mount;
	int err = 0;

	*key = (struct domicile_medium){ .kind = medium->kind };
	switch (medium->kind) {
	case DOMICILE_MEDIUM_TYPE:
		memcpy(key->id, medium->text, strlen(medium->text));
		return 0;
	case DOMICILE_MEDIUM_UUID:
		policy_medium_uuid(medium->text, key->id);
		return 0;
	default:
		err = mount_of(medium->text, &mount);
		memcpy(key->id, &mount.dev, sizeof(mount.dev));
		return err;
	}
}

/* What @set says joins what is known of the medium. */
static int medium_put(int map, const struct policy_medium *medium,
		      const struct domicile_label_set *set)
{
	struct domicile_label_set joined = { 0 };
	struct domicile_medium key;
	int err = medium_key(medium, &key);

	if (err)
		return err;
	bpf_map_lookup_elem(map, &key, &joined);
	label_set_join(&joined, set);
	return bpf_map_update_elem(map, &key, &joined, 0) ? -errno : 0;
}

/* @sets: of each place the labels that may be stored there. */
static int storages_fill(const struct policy *policy, int map,
			 const struct domicile_label_set *sets)
{
	int err = 0;

	for (size_t i = 0; i < policy->storage_count; i++)
		for (size_t j = 0; j < policy->storages[i].medium_count && !err; j++)
			err = medium_put(map, &policy->storages[i].media[j], &sets[i]);
	return err;
}

static void label_judge(const struct policy *policy, __u32 label, __u32 index,
			struct domicile_label_set *sets, struct domicile_slot *in)
{
	struct store_ruling ruling;

	store_ruling_make(policy, label, &ruling);
	if (!ruling.rule)
		return;
	in->storages = 1;
	label_set_add(ruling.mode == POLICY_ENFORCE ? &in->stored : &in->stored_audit, index);
	for (size_t i = 0; i < policy->storage_count; i++)
		if (ruling.allowing[i])
			label_set_add(&sets[i], index);
}

int policy_apply_storages(const struct policy *policy, const __u32 *indices,
			  const struct enforcement *enforcement, __u32 slot,
			  struct domicile_slot *in)
{
	cleanup(free_memory) struct domicile_label_set *sets =
		calloc(policy->storage_count + 1, sizeof(*sets));
	cleanup(close_fd) int map = -1;
	__u32 entries = 1;
	int err;

	if (!sets)
		return -ENOMEM;
	for (size_t i = 0; i < policy->label_count; i++)
		label_judge(policy, i, indices[i], sets, in);
	for (size_t i = 0; i < policy->storage_count; i++)
		entries += policy->storages[i].medium_count;
	map = bpf_map_create(BPF_MAP_TYPE_HASH, "storages_slot", sizeof(struct domicile_medium),
			     sizeof(struct domicile_label_set), entries, NULL);
	if (map < 0)
		return -errno;
	err = storages_fill(policy, map, sets);
	if (err)
		return err;
	return bpf_map_update_elem(enforcement->storages, &slot, &map, 0) ? -errno : 0;
}
