/* SPDX-License-Identifier: GPL-2.0-only */
/* What arrived in the two networks, against what had to and what must not. */
#ifndef DOMICILE_CHAIN_WIRE_H
#define DOMICILE_CHAIN_WIRE_H

#include <stdbool.h>

#include "chain.h"

#define CHAIN_GROUP 20 /* chains with one result */

/*
 * For @count chains, at most CHAIN_GROUP, that ran since the last call, but those whose member of
 * @differs is set already: sets it for those that left more or less than they
 * had to. All chains are looked at for canaries that must not be there.
 */
void wire_check(const struct chain *chains, int count, bool enforced, bool *differs);

#endif /* DOMICILE_CHAIN_WIRE_H */
