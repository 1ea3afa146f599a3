/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The policy in force, as text: the names, rules and networks behind the
 * numbers in the kernel. Kept in /run/domicile/policy.json, replaced in one
 * step just before the kernel switches; the one before is kept, too.
 */
#ifndef DOMICILE_IN_FORCE_H
#define DOMICILE_IN_FORCE_H

#include <domicile/policy_abi.h>
#include <stdio.h>

#include <jansson.h>

#include "policy.h"

struct in_force {
	__u64 generation;
	json_t *root;
};

/* -ENOENT: no policy. */
int in_force_read(struct in_force *in_force);
void in_force_close(struct in_force *in_force);

/*
 * @table: the host's labels after the policy is applied. @before may be NULL;
 * names of labels that @policy no longer has are taken from it.
 */
int in_force_write(const struct policy *policy, __u64 generation,
		   const struct domicile_label_table *table, const struct in_force *before);

/*
 * Writes @root, of a policy that was in force before @now, for @generation; it says from
 * then on when it was restored.
 */
int in_force_restore(json_t *root, __u64 generation, const struct in_force *now);

/* NULL when the index, id or class is unknown. Owned by @in_force. */
const char *in_force_label(const struct in_force *in_force, __u32 index);
const char *in_force_label_by_id(const struct in_force *in_force, __u32 id);
const char *in_force_rule(const struct in_force *in_force, __u32 index);
const char *in_force_class(const struct in_force *in_force, __u32 class);
const char *in_force_text(const struct in_force *in_force, const char *key);
/* As provenance_json(). Owned by @in_force. */
json_t *in_force_applied_by(const struct in_force *in_force);

/*
 * The place of a rule, "FILE:LINE", about one of the labels in @set that has a network
 * of the class in its list "allow" or "deny", as @key says; null if there is none. A
 * new reference.
 */
json_t *in_force_deciding(const struct in_force *in_force, const struct domicile_label_set *set,
			  __u32 class, const char *key);

/* The same of a rule that says under @key, such as "storage", what one of the labels may. */
json_t *in_force_saying(const struct in_force *in_force, const struct domicile_label_set *set,
			const char *key);

/* Index on this host of a label of the policy; -ENOENT. */
int in_force_index(const struct in_force *in_force, const char *name);
/* The nearest spelling among the policy's labels, or NULL. */
const char *in_force_nearest(const struct in_force *in_force, const char *name);

/* Calls @visit for each source of the policy until it returns nonzero. */
int in_force_sources(const struct in_force *in_force,
		     int (*visit)(const char *path, const char *label, void *context),
		     void *context);

/* The carriers of the policy: an array, each with its cgroup and labelled. Owned by @in_force. */
json_t *in_force_carriers(const struct in_force *in_force);
/*
 * What the policy says of processes in @cgroup: the entry of the carrier, with its
 * cgroup and labelled, or NULL.
 */
json_t *in_force_carrier(const struct in_force *in_force, const char *cgroup);

/* Stands for the labels of a set that have no name: the label was unreadable. */
#define IN_FORCE_NAMELESS "*"

/* An array of names. */
json_t *in_force_set_json(const struct in_force *in_force, const struct domicile_label_set *set);
/* Such an array, for people: "cn.pii, eu.health"; at most @size bytes. */
const char *in_force_names_text(json_t *names, char *text, size_t size);
/* The name of a label id, or unknown(0x...). */
const char *in_force_id_text(const struct in_force *in_force, __u32 id, char *text, size_t size);

#endif /* DOMICILE_IN_FORCE_H */
