/* SPDX-License-Identifier: GPL-2.0-only */
/* Networks, as the compiler makes them. Each returns 0 or a negative errno. */
#ifndef DOMICILE_POLICY_NETWORK_H
#define DOMICILE_POLICY_NETWORK_H

struct compiler;

/*
 * Puts the networks of the draft into the policy, both sorted by name, so that a
 * network has one number in both. Adds errors for networks that are made of others
 * that do not exist, or of themselves.
 */
int take_networks(struct compiler *compiler);

/* Lists the files that the networks need. -ENODATA: some of them are not there yet. */
int networks_want(struct compiler *compiler);

/* Makes classes and ranges of networks and files. -EINVAL with errors added. */
int networks_make(struct compiler *compiler);

#endif /* DOMICILE_POLICY_NETWORK_H */
