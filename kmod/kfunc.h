/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DOMICILE_KMOD_KFUNC_H
#define DOMICILE_KMOD_KFUNC_H

int kfunc_init(void);

#endif
