/* SPDX-License-Identifier: GPL-2.0-only */
/* Between a process and a device file: what a read takes, and who may write. */
#ifndef DOMICILE_DEVICE_FLOW_BPF_H
#define DOMICILE_DEVICE_FLOW_BPF_H

#include "device.bpf.h"
#include "holder.bpf.h"
#include "label.bpf.h"

static __always_inline bool is_disk(struct inode *inode)
{
	return (inode->i_mode & S_IFMT) == S_IFBLK;
}

static __always_inline bool is_device(struct inode *inode)
{
	return is_disk(inode) || (inode->i_mode & S_IFMT) == S_IFCHR;
}

/* --- disks ----------------------------------------------------------------- */

/* The block device that an open block special file stands for. */
static __always_inline struct block_device *file_disk(struct file *file)
{
	void *host = BPF_CORE_READ(file, f_mapping, host);

	return host - bpf_core_field_offset(struct bdev_inode, vfs_inode) +
	       bpf_core_field_offset(struct bdev_inode, bdev);
}

static __always_inline void disk_add(struct domicile_disk_label *to, __u64 key)
{
	struct domicile_disk_label *label = bpf_map_lookup_elem(&disk_labels, &key);

	if (!label)
		return;
	label_set_join(&to->set, &label->set);
	to->origin = label->origin;
	to->stacked |= label->stacked;
}

/* Does something hold the disk that is not a file system which says so? */
static __always_inline bool is_held_otherwise(struct block_device *bdev)
{
	return BPF_CORE_READ(bdev, bd_holder) &&
	       BPF_CORE_READ(bdev, bd_holder_ops) != (void *)&fs_holder_ops;
}

/*
 * What a raw read of the disk may bring: what was seen on file systems on it;
 * for one that lies on others, on any; for one that others lie on, or a file
 * system of several disks, on those.
 */
static __noinline int disk_holds(struct file *file, struct domicile_disk_label *holds)
{
	struct block_device *bdev = file_disk(file);

	if (!holds)
		return 0;
	disk_add(holds, disk_key(bdev, disk_part(bdev)));
	if (disks_unknown || is_stacked(bdev))
		disk_add(holds, DISKS_ALL);
	else if (holds->stacked || is_held_otherwise(bdev))
		disk_add(holds, DISKS_STACKED);
	return 0;
}

/*
 * Who had no label before and reads a disk may write to that disk: the data
 * stays where it was, and file systems can be checked, repaired and replaced.
 */
static __always_inline void disk_reader_note(struct task_struct *task, __u64 disk,
					     const struct domicile_label_set *set)
{
	struct domicile_taint *taint = taint_of(task, 0);
	struct disk_reader *reader;
	bool untainted = !taint || label_set_empty(&taint->set);

	bpf_rcu_read_lock();
	reader = bpf_task_storage_get(&disk_readers, task->group_leader, 0,
				      untainted ? BPF_LOCAL_STORAGE_GET_F_CREATE : 0);
	bpf_rcu_read_unlock();
	if (!reader)
		return;
	if (untainted)
		reader->disk = disk;
	if (reader->disk == disk)
		label_set_join_shared(&reader->set, set);
}

/* Has @task, a reader of a disk, no label but the disk's? Of which disk? 0: of none. */
static __always_inline __u64 disk_of_reader(struct task_struct *task,
					    const struct domicile_taint *taint)
{
	struct disk_reader *reader;

	bpf_rcu_read_lock();
	reader = bpf_task_storage_get(&disk_readers, task->group_leader, 0, 0);
	bpf_rcu_read_unlock();
	return reader && label_set_covers(&reader->set, &taint->set) ? reader->disk : 0;
}

/* Return: 0, or -ENOMEM. */
static __noinline int disk_read(struct file *file)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct domicile_disk_label holds = {};

	if (!*(volatile __u8 *)&disks_labelled)
		return 0;
	disk_holds(file, &holds);
	if (label_set_empty(&holds.set) || is_kernel_thread(task))
		return 0;
	disk_reader_note(task, BPF_CORE_READ(file_disk(file), bd_disk, diskseq), &holds.set);
	return taint_join(task, &holds.set, holds.origin);
}

/* A serial line leads away from the host, whatever else is a terminal. */
static __always_inline bool is_serial(struct inode *inode)
{
	__u32 dev = inode->i_rdev;

	return (inode->i_mode & S_IFMT) == S_IFCHR && dev >> 20 == 4 && (dev & 0xfffff) >= 64;
}

/* --- other devices --------------------------------------------------------- */

/*
 * Character devices that a tainted process may write to, and send commands:
 * those that keep nothing, or give it to nobody else. Documentation/admin-guide/
 * devices.txt has the numbers.
 */
static __always_inline bool is_harmless(__u32 major, __u32 minor)
{
	switch (major) {
	case 1: /* null, zero, full: what is written is gone; random, urandom: it is hashed */
		return minor == 3 || minor == 5 || minor == 7 || minor == 8 || minor == 9;
	case 4: /* virtual consoles, but not serial lines: for the rule on terminals */
		return minor < 64;
	case 2: /* ptys of old, the terminal of the process, the console: likewise */
	case 3:
	case 5:
		return true;
	case 10: /* kvm: a guest's memory is its process's, and its devices are opened here */
		return minor == 232;
	default: /* pts: likewise */
		return major >= 136 && major <= 143;
	}
}

/* drivers/char/virtio_console.c; its major number is none in particular. */
extern const void port_fops_write __ksym __weak;

/* A port of virtio to the host of a virtual machine, which sees all of its memory anyway. */
static __always_inline bool is_port_to_host(struct file *file)
{
	return &port_fops_write && BPF_CORE_READ(file, f_op, write) == &port_fops_write;
}

#define IS_DRIVER(name, prefix) (!bpf_strncmp(name, sizeof(prefix) - 1, prefix))

/* Drivers by which a device, or a thread of the kernel, gets at the memory of a process. */
static __always_inline bool is_reaching_driver(struct file *file)
{
	struct module *owner = BPF_CORE_READ(file, f_op, owner);
	char name[8] = {};

	if (!owner || bpf_probe_read_kernel_str(name, sizeof(name), owner->name) < 0)
		return false;
	return IS_DRIVER(name, "vfio") || IS_DRIVER(name, "iommufd") ||
	       IS_DRIVER(name, "vhost") || IS_DRIVER(name, "ib_uver") ||
	       IS_DRIVER(name, "nvidia") || IS_DRIVER(name, "amdgpu");
}

/*
 * Does @file lead to a device that reads memory without a call: GPUs and other
 * accelerators, RDMA, and devices that a process drives itself?
 */
static __noinline bool reaches_memory(struct file *file)
{
	__u32 dev = file->f_inode->i_rdev;

	if ((file->f_inode->i_mode & S_IFMT) != S_IFCHR)
		return is_named(file, "[vfio-device]", sizeof("[vfio-device]"));
	switch (dev >> 20) {
	case 195: /* nvidia */
	case 226: /* dri */
	case 231: /* infiniband */
	case 261: /* accel */
		return true;
	default:
		return !is_harmless(dev >> 20, dev & 0xfffff) && is_reaching_driver(file);
	}
}

static __always_inline bool may_write(struct file *file, const struct domicile_taint *taint)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u32 dev = file->f_inode->i_rdev;

	if (!is_disk(file->f_inode))
		return is_harmless(dev >> 20, dev & 0xfffff) || is_port_to_host(file);
	return disk_of_reader(task, taint) == BPF_CORE_READ(file_disk(file), bd_disk, diskseq);
}

/* Which disk it is shows only once it is open; before each write that is asked. */
static __always_inline bool may_open(struct file *file, const struct domicile_taint *taint)
{
	if (is_disk(file->f_inode))
		return disk_of_reader(bpf_get_current_task_btf(), taint);
	return may_write(file, taint);
}

/* Return: 0, or to a tainted process -EPERM, with a record. */
static __noinline int device_refuse(struct file *file, __u16 hook)
{
	struct domicile_taint *taint = taint_own();
	struct audit_event event = {
		.hook = hook,
		.verdict = DOMICILE_VERDICT_DENY,
		.reason = DOMICILE_REASON_DEVICE,
		.object = DOMICILE_OBJECT_INODE,
	};

	if (!taint)
		return 0;
	event.denied = taint->set;
	event.origin = taint->origin;
	audit_emit_file(&event, &taint->set, file);
	return -EPERM;
}

/*
 * The current process gets memory by which data leads off. Return: 0, -ENOMEM, or to
 * a tainted process -EPERM, with a record.
 */
static __noinline int memory_held(struct file *file, __u16 hook)
{
	if (hold_current(DOMICILE_HOLDS_MEMORY))
		return -ENOMEM;
	return device_refuse(file, hook);
}

static __noinline int device_open(struct file *file)
{
	struct domicile_taint *taint = file->f_mode & FMODE_WRITE ? taint_own() : NULL;

	if (!taint || may_open(file, taint))
		return 0;
	return device_refuse(file, DOMICILE_HOOK_FILE_OPEN);
}

static __noinline int device_write(struct file *file, __u16 hook)
{
	struct domicile_taint *taint = taint_own();

	return !taint || may_write(file, taint) ? 0 : device_refuse(file, hook);
}

static __noinline int device_flow(struct file *file, int mask, __u16 hook)
{
	int err = 0;

	if (mask & MAY_READ && is_disk(file->f_inode))
		err = disk_read(file);
	if (!err && mask & MAY_WRITE)
		err = device_write(file, hook);
	if (!err && mask & MAY_WRITE && reaches_memory(file))
		err = memory_held(file, hook);
	return err;
}

/* @type: MAP_SHARED or another. */
static __always_inline int device_map(struct file *file, unsigned long type)
{
	bool writes = type != MAP_PRIVATE && file->f_mode & FMODE_WRITE;

	return device_flow(file, MAY_READ | (writes ? MAY_WRITE : 0), DOMICILE_HOOK_MMAP_FILE);
}

#endif /* DOMICILE_DEVICE_FLOW_BPF_H */
