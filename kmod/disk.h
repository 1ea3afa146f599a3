/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DOMICILE_KMOD_DISK_H
#define DOMICILE_KMOD_DISK_H

#include <linux/fs.h>

bool disk_is_remote(const struct super_block *sb);

#endif /* DOMICILE_KMOD_DISK_H */
