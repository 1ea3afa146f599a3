/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DOMICILE_KMOD_NETLINK_H
#define DOMICILE_KMOD_NETLINK_H

int netlink_init(void);
void netlink_exit(void);

#endif
