/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DOMICILE_CHAIN_RUN_H
#define DOMICILE_CHAIN_RUN_H

#include <stdbool.h>

#include "chain.h"

/* Return: true if all data arrived, and each process could send where the model says. */
bool chain_run(const struct chain *chain, bool enforced);

/* Print what a failure of this chain is about, and how to see it again. */
void chain_blame(const struct chain *chain);

#endif /* DOMICILE_CHAIN_RUN_H */
