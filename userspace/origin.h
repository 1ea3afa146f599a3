/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a label came from, if from another host. */
#ifndef DOMICILE_ORIGIN_H
#define DOMICILE_ORIGIN_H

#include <stdio.h>

#include <domicile/policy_abi.h>

struct json_t;

/* A new object, or null if the origin is no peer. */
struct json_t *origin_peer_json(const struct domicile_origin *origin);
/* Such an object, for people: "198.51.100.2:40000/tcp at port 8443". */
void origin_peer_print(struct json_t *peer, FILE *file);

#endif /* DOMICILE_ORIGIN_H */
