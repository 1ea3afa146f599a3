/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DOMICILE_MOUNT_H
#define DOMICILE_MOUNT_H

#include <stdbool.h>

#include <domicile/policy_abi.h>

/* The mount, in this process's namespace, that a file is on. */
struct mount {
	__u32 dev; /* of the superblock: kernel dev_t, major << 20 | minor */
	bool is_root; /* the file is its root */
	char type[DOMICILE_MEDIUM_ID_SIZE]; /* cut to fit */
	__u8 uuid[DOMICILE_MEDIUM_ID_SIZE];
	bool has_uuid;
};

/*
 * Returns 0 or a negative errno. Superblocks say of themselves another device than
 * stat() on btrfs; hence not that.
 */
int mount_of(const char *path, struct mount *mount);

#endif /* DOMICILE_MOUNT_H */
