/* SPDX-License-Identifier: GPL-2.0-only */
/* Which policy the kernel enforces. */
#ifndef DOMICILE_GENERATION_H
#define DOMICILE_GENERATION_H

#include <linux/types.h>

/* From the pins. -ENOENT when enforcement is off, -EPERM or -EACCES who may not look. */
int generation_in_force(__u64 *generation);

#endif /* DOMICILE_GENERATION_H */
