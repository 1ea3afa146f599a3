/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DOMICILE_KMOD_ERRAND_H
#define DOMICILE_KMOD_ERRAND_H

#include <domicile/kfunc.h>

enum domicile_errand errand_current(void);
int errand_begin(enum domicile_errand errand);
void errand_end(void);
void errand_exit(void);

#endif
