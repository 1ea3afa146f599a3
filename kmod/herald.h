/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DOMICILE_KMOD_HERALD_H
#define DOMICILE_KMOD_HERALD_H

struct dentry;

int herald_init(void);
void herald_exit(void);
struct dentry *herald_for(struct dentry *dentry);

#endif
