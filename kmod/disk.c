// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which disks lie on another host, or with a process: what is written to a file
 * system there leaves, and its label helps nobody.
 *
 * The disks that a disk is made of (device-mapper, md) are in a list that
 * block/holder.c keeps for sysfs, under a lock of its own. It is read here
 * without, so that any pointer may be stale: hence peek().
 */

#include <linux/blkdev.h>
#include <linux/uaccess.h>

#include "disk.h"

#define DISKS_MAX 64 /* that one is made of */
#define NAME_SIZE 8 /* bytes that are looked at */
#define PARENTS_MAX 16

/* Return: true if @value was read from @address. */
#define peek(value, address) \
	(!copy_from_kernel_nofault(&(value), (address), sizeof(value)))

/* The first members of the structure of that name in block/holder.c. */
struct holder_disk {
	struct list_head list;
	struct kobject *holder_dir;
};

struct disks {
	unsigned int count;
	const struct gendisk *disk[DISKS_MAX];
};

static bool name_begins(const char *name, const char *prefix)
{
	return !strncmp(name, prefix, strlen(prefix));
}

/* Network block devices by name, and ublk, behind which is a process. */
static bool is_remote_name(const char *name)
{
	return name_begins(name, "nbd") || name_begins(name, "rbd") ||
	       name_begins(name, "drbd") || name_begins(name, "etherd") ||
	       name_begins(name, "ublkb");
}

/* An iSCSI disk has a session (drivers/scsi/scsi_transport_iscsi.c) among its parents. */
static bool has_session(const struct gendisk *disk)
{
	const struct block_device *part0;
	const struct device *device;
	char name[NAME_SIZE];
	const char *at;

	if (!peek(part0, &disk->part0) || !peek(device, &part0->bd_device.parent))
		return false;
	for (int i = 0; i < PARENTS_MAX && device; i++) {
		if (!peek(at, &device->kobj.name) || !peek(name, at))
			return false;
		if (name_begins(name, "session"))
			return true;
		if (!peek(device, &device->parent))
			return false;
	}
	return false;
}

static bool is_remote(const struct gendisk *disk)
{
	char name[NAME_SIZE];

	if (!peek(name, &disk->disk_name))
		return false;
	return is_remote_name(name) || has_session(disk);
}

/* Return: false if there is no room. */
static bool disks_add(struct disks *disks, const struct gendisk *disk)
{
	if (disks->count == DISKS_MAX)
		return false;
	disks->disk[disks->count++] = disk;
	return true;
}

static const struct gendisk *disk_of_holder(const struct kobject *holder_dir)
{
	const struct kobject *device;
	const struct gendisk *disk;

	if (!peek(device, &holder_dir->parent) || !device)
		return NULL;
	if (!peek(disk, &container_of(device, struct block_device, bd_device.kobj)->bd_disk))
		return NULL;
	return disk;
}

/* Adds what @disk is made of. Return: false if there is no room. */
static bool disks_add_below(struct disks *disks, const struct gendisk *disk)
{
	const struct list_head *at;
	struct holder_disk holder;

	if (!peek(at, &disk->slave_bdevs.next))
		return true;
	for (int i = 0; i < DISKS_MAX && at && at != &disk->slave_bdevs; i++) {
		const struct gendisk *below;

		if (!peek(holder, container_of(at, struct holder_disk, list)))
			return true;
		below = disk_of_holder(holder.holder_dir);
		if (below && !disks_add(disks, below))
			return false;
		at = holder.list.next;
	}
	return true;
}

/*
 * disk_is_remote - does the file system @sb lie on another host or with a process?
 *
 * Of a file system of several disks only the first is known, by name. Does not
 * sleep.
 */
bool disk_is_remote(const struct super_block *sb)
{
	struct disks disks = {};

	if (!sb->s_bdev)
		return sb->s_type->fs_flags & FS_REQUIRES_DEV &&
		       (is_remote_name(sb->s_id) || name_begins(sb->s_id, "loop"));
	disks_add(&disks, sb->s_bdev->bd_disk);
	for (unsigned int i = 0; i < disks.count; i++)
		if (is_remote(disks.disk[i]) || !disks_add_below(&disks, disks.disk[i]))
			return true;
	return false;
}
