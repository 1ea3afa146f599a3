/* SPDX-License-Identifier: GPL-2.0-only */
/* What the documents of a policy define, before names are looked up. */
#ifndef DOMICILE_POLICY_DRAFT_H
#define DOMICILE_POLICY_DRAFT_H

#include "policy_draft_name.h"
#include "policy_parse.h"
#include "range.h"

struct draft_label {
	struct policy_label label;
	__u32 number; /* in reading order */
};

/* Addresses, by all that can name them. */
struct draft_set {
	struct ranges ranges[2]; /* of 'cidr', IPv4 and IPv6; not normal */
	struct draft_names files;
	struct draft_names networks;
	__u64 members[POLICY_NETWORKS_MAX / 64 + 1]; /* those networks, once they are known */
	struct policy_place *countries; /* by number, where it is named (line 0: not); or NULL */
	struct policy_place first_country; /* line 0: none */
};

struct draft_network {
	struct draft_set with;
	struct draft_set without; /* 'exclude' */
	struct policy_network network;
	__u32 number; /* in reading order */
};

struct draft_source {
	char *path; /* or NULL */
	struct policy_listen listen; /* port 0: none */
	struct draft_name from; /* of @listen */
	struct draft_name label;
	struct policy_place place;
};

struct draft_rule {
	struct draft_name label; /* of no defaults */
	enum policy_mode mode;
	bool limits; /* 'allow' is there, if only as an empty list */
	struct draft_names allow;
	struct draft_names deny;
	bool stores; /* 'storage' is there */
	enum policy_mode store_mode;
	struct draft_names storages;
	struct policy_access access[DOMICILE_USES];
	struct policy_place place;
};

struct draft_case;

/* Places borrow the name of the document. */
struct draft {
	struct draft_label *labels;
	size_t label_count;
	struct draft_network *networks;
	size_t network_count;
	size_t prefix_count; /* of all networks */
	struct draft_names country_files;
	struct policy_place countries; /* line 0: there is no 'countries' */
	size_t file_count; /* of networks and countries */
	struct draft_source *sources;
	size_t source_count;
	struct draft_rule *rules;
	size_t rule_count;
	struct draft_rule *defaults; /* or NULL */
	struct policy_storage *storages;
	size_t storage_count;
	struct policy_resolver *resolvers;
	size_t resolver_count;
	struct policy_carrier *carriers;
	size_t carrier_count;
	struct draft_case *cases;
	size_t case_count;
	bool incomplete; /* definitions were passed over: do not call names undefined */
};

/*
 * Adds what a document defines. Returns 0, also when errors were added, or a
 * negative errno when it makes no sense to go on.
 */
int draft_read(struct draft *draft, const struct policy_tree *tree, struct policy_errors *errors);
void draft_free(struct draft *draft);

#endif /* DOMICILE_POLICY_DRAFT_H */
