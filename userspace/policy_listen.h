/* SPDX-License-Identifier: GPL-2.0-only */
/* A port as a policy writes it: tcp/8443. */
#ifndef DOMICILE_POLICY_LISTEN_H
#define DOMICILE_POLICY_LISTEN_H

#include "policy.h"

/* Returns 0, or -EINVAL with @listen untouched. */
int policy_listen_parse(const char *text, struct policy_listen *listen);
bool policy_listen_valid(const struct policy_listen *listen);
/* By port, network and label. */
int policy_listen_compare(const void *a, const void *b);

#endif /* DOMICILE_POLICY_LISTEN_H */
