// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices: what leaves by them takes no label along. A tainted process opens
 * none for writing but those that are known to be harmless, writes to none that
 * it had open, and sends no commands to them. What is asked when a device is
 * opened, read or written is in device_flow.bpf.h.
 */
#include "device_flow.bpf.h"
#include "flow.bpf.h"

/* The labels of the disk may have grown in the middle of the read. */
SEC("fexit/blkdev_read_iter")
int BPF_PROG(done_blkdev_read_iter, struct kiocb *iocb, struct iov_iter *to, ssize_t ret)
{
	struct domicile_disk_label holds = {};

	if (ret <= 0 || !*(volatile __u8 *)&disks_labelled)
		return 0;
	disk_holds(iocb->ki_filp, &holds);
	return data_taken(&holds.set, holds.origin, DOMICILE_HOOK_FILE_PERMISSION);
}

/* Something other than a file system lets go of a disk: it had it. */
SEC("fentry/bdev_release")
int BPF_PROG(trace_bdev_release, struct file *bdev_file)
{
	struct block_device *bdev = file_disk(bdev_file);
	struct domicile_disk_label *label;
	__u64 key;

	/* A process that opened it with O_EXCL is its own holder. */
	if (!is_held_otherwise(bdev) || BPF_CORE_READ(bdev, bd_holder) == bdev_file)
		return 0;
	key = disk_key(bdev, disk_part(bdev));
	label = disk_label_make(key);
	if (label)
		label->stacked = 1;
	else
		disks_unknown = 1;
	return 0;
}

/* --- commands -------------------------------------------------------------- */

#define TCGETS 0x5401 /* isatty() */
#define FIONREAD 0x541b
#define FIONBIO 0x5421
#define FIONCLEX 0x5450
#define FIOCLEX 0x5451
#define FIOASYNC 0x5452
#define BLKROGET 0x125e
#define BLKGETSIZE 0x1260
#define BLKSSZGET 0x1268
#define BLKPBSZGET 0x127b
#define BLKBSZGET 0x80081270
#define BLKGETSIZE64 0x80081272

/* Commands that set nothing outside of the process. */
static __always_inline bool is_question(__u32 command)
{
	switch (command) {
	case TCGETS:
	case FIONREAD:
	case FIONBIO:
	case FIONCLEX:
	case FIOCLEX:
	case FIOASYNC:
	case BLKROGET:
	case BLKGETSIZE:
	case BLKSSZGET:
	case BLKPBSZGET:
	case BLKBSZGET:
	case BLKGETSIZE64:
		return true;
	default:
		return false;
	}
}

#define XFS_IOC_SWAPEXT 0xc0c0586d
#define BTRFS_IOC_SEND 0x40489426
#define BTRFS_IOC_TREE_SEARCH 0xd0009411
#define BTRFS_IOC_TREE_SEARCH_V2 0xc0709411

/* Blocks change their file: no hook asks whether it may have them. */
static __always_inline bool moves_blocks(__u32 command)
{
	return command == XFS_IOC_SWAPEXT;
}

/* The contents of files that nobody opens: as a raw read. */
static __always_inline bool reads_blocks(__u32 command)
{
	return command == BTRFS_IOC_SEND || command == BTRFS_IOC_TREE_SEARCH ||
	       command == BTRFS_IOC_TREE_SEARCH_V2;
}

static __noinline int command_on_file(struct file *file, __u32 command)
{
	struct domicile_disk_label holds = {};

	if (moves_blocks(command))
		return device_refuse(file, DOMICILE_HOOK_FILE_IOCTL);
	if (!reads_blocks(command))
		return 0;
	disk_add(&holds, DISKS_STACKED);
	return taint_join(bpf_get_current_task_btf(), &holds.set, holds.origin);
}

static __noinline int command(struct file *file, __u32 command)
{
	if (!is_question(command) && reaches_memory(file))
		return memory_held(file, DOMICILE_HOOK_FILE_IOCTL);
	if (!tainted_host() && !*(volatile __u8 *)&disks_labelled)
		return 0;
	if (!is_device(file->f_inode))
		return command_on_file(file, command);
	if (is_question(command))
		return 0;
	return device_write(file, DOMICILE_HOOK_FILE_IOCTL);
}

SEC("lsm/file_ioctl")
int BPF_PROG(hook_device_ioctl, struct file *file, unsigned int cmd, unsigned long arg)
{
	return command(file, cmd) ? -EPERM : 0;
}

SEC("lsm/file_ioctl_compat")
int BPF_PROG(hook_device_ioctl_compat, struct file *file, unsigned int cmd, unsigned long arg)
{
	return command(file, cmd) ? -EPERM : 0;
}

/* io_uring's own way to send commands, to NVMe for one. */
SEC("lsm/uring_cmd")
int BPF_PROG(hook_uring_cmd, struct io_uring_cmd *ioucmd)
{
	struct file *file = ioucmd->file;
	struct domicile_taint *taint;
	struct audit_event event = {
		.hook = DOMICILE_HOOK_URING_CMD,
		.verdict = DOMICILE_VERDICT_DENY,
		.reason = DOMICILE_REASON_DEVICE,
		.object = DOMICILE_OBJECT_INODE,
	};

	if (!tainted_host() || !is_device(file->f_inode))
		return 0;
	taint = taint_own();
	if (!taint || may_write(file, taint))
		return 0;
	event.denied = taint->set;
	event.origin = taint->origin;
	audit_emit_dentry(&event, &taint->set, file->f_path.dentry);
	return -EPERM;
}

/* Memory, ports and registers of the machine, by whatever way. */
static __noinline int machine_refuse(void)
{
	struct domicile_taint *taint = taint_own();
	struct audit_event event = {
		.hook = DOMICILE_HOOK_LOCKED_DOWN,
		.verdict = DOMICILE_VERDICT_DENY,
		.reason = DOMICILE_REASON_DEVICE,
	};

	if (!taint)
		return 0;
	event.denied = taint->set;
	event.origin = taint->origin;
	audit_emit(&event, &taint->set);
	return -EPERM;
}

SEC("lsm/locked_down")
int BPF_PROG(hook_locked_down, enum lockdown_reason what)
{
	if (!tainted_host())
		return 0;
	switch (what) {
	case LOCKDOWN_DEV_MEM:
	case LOCKDOWN_PCI_ACCESS:
	case LOCKDOWN_IOPORT:
	case LOCKDOWN_MSR:
		return machine_refuse() ? -EPERM : 0;
	default:
		return 0;
	}
}
