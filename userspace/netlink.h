/* SPDX-License-Identifier: GPL-2.0-only */
/* The module's generic netlink family, include/uapi/linux/domicile.h. */
#ifndef DOMICILE_NETLINK_H
#define DOMICILE_NETLINK_H

#include <linux/types.h>
#include <stddef.h>

struct nl_sock;

struct netlink {
	struct nl_sock *socket;
	int family;
};

struct module_status {
	char version[32];
	__u32 abi;
	__u64 stored;
	__u64 store_failed;
};

/* -ENOENT when the module is not loaded. */
int netlink_open(struct netlink *link);
void netlink_close(struct netlink *link);

int netlink_status(struct netlink *link, struct module_status *status);

/* @fd: of a regular file or directory, O_PATH will do. */
int netlink_label_set(struct netlink *link, int fd, const __u32 *ids, size_t count);
/* @count 0: every label. */
int netlink_label_clear(struct netlink *link, int fd, const __u32 *ids, size_t count);

#endif /* DOMICILE_NETLINK_H */
