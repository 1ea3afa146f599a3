/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Disks, beneath the files on them: which labels were seen on the file systems
 * of which disk since enforcement began.
 *
 * A disk is known by its sequence number, which no other disk of this boot has,
 * a loop device's next file included, and a partition by that and its number.
 */
#ifndef DOMICILE_DEVICE_BPF_H
#define DOMICILE_DEVICE_BPF_H

#include "compat.bpf.h"
#include "maps.bpf.h"

#define FS_REQUIRES_DEV 1
#define BD_PARTNO 255

/* Keys of disk_labels that are no disk's: those begin at 1 << 8. */
enum {
	DISKS_ALL = 1, /* every disk's labels */
	DISKS_STACKED, /* those of file systems that say of no disk that it is theirs */
};

/* block/bdev.c: the superblocks that hold their own device use it. */
extern const void fs_holder_ops __ksym;

static __always_inline __u64 disk_key(struct block_device *bdev, __u32 part)
{
	return BPF_CORE_READ(bdev, bd_disk, diskseq) << 8 | part;
}

static __always_inline __u32 disk_part(struct block_device *bdev)
{
	return BPF_CORE_READ(bdev, __bd_flags.counter) & BD_PARTNO;
}

/* Does the disk lie on others, as those of device-mapper and md do? */
static __always_inline bool is_stacked(struct block_device *bdev)
{
	char name[4] = {};

	bpf_probe_read_kernel(name, 3, BPF_CORE_READ(bdev, bd_disk)->disk_name);
	return (name[0] == 'd' && name[1] == 'm' && name[2] == '-') ||
	       (name[0] == 'm' && name[1] == 'd' && name[2] >= '0' && name[2] <= '9');
}

/* Return: NULL when there is no room. */
static __always_inline struct domicile_disk_label *disk_label_make(__u64 key)
{
	struct domicile_disk_label none = {};

	bpf_map_update_elem(&disk_labels, &key, &none, BPF_NOEXIST);
	return bpf_map_lookup_elem(&disk_labels, &key);
}

/* Is a label known of any disk? */
__u8 disks_labelled;

/* Once a disk's labels found no room, every disk may have all of them. */
__u8 disks_unknown;

static __noinline int disk_join(__u64 key, const struct domicile_label_set *set, __u64 origin)
{
	struct domicile_disk_label *label = bpf_map_lookup_elem(&disk_labels, &key);

	if (!set)
		return 0;
	if (!label)
		label = disk_label_make(key);
	if (!label) {
		count(DOMICILE_COUNT_NO_MEMORY);
		disks_unknown = 1;
		return 0;
	}
	if (!label_set_covers(&label->set, set)) {
		label_set_join_shared(&label->set, set);
		label->origin = origin;
	}
	return 0;
}

/* A file of the file system @sb was seen to have @set. */
static __noinline int disk_note(struct super_block *sb, const struct domicile_label_set *set,
				__u64 origin)
{
	struct block_device *bdev;
	__u32 part;

	if (!sb || !set || label_set_empty(set))
		return 0;
	if (!(BPF_CORE_READ(sb, s_type, fs_flags) & FS_REQUIRES_DEV))
		return 0;
	*(volatile __u8 *)&disks_labelled = 1;
	disk_join(DISKS_ALL, set, origin);
	bdev = BPF_CORE_READ(sb, s_bdev);
	if (!bdev || is_stacked(bdev))
		disk_join(DISKS_STACKED, set, origin);
	if (!bdev)
		return 0;
	part = disk_part(bdev);
	disk_join(disk_key(bdev, part), set, origin);
	return part ? disk_join(disk_key(bdev, 0), set, origin) : 0;
}

#endif /* DOMICILE_DEVICE_BPF_H */
