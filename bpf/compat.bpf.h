/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What vmlinux.h lacks, because BTF holds no macros, and what differs between
 * kernels.
 */
#ifndef DOMICILE_COMPAT_BPF_H
#define DOMICILE_COMPAT_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define EPERM 1
#define ERESTARTNOINTR 513 /* the system call is done again; never seen by user space */
#define EBADF 9
#define ENOMEM 12
#define EEXIST 17
#define E2BIG 7
#define ENOSYS 38
#define ENOBUFS 105

#define AF_UNSPEC 0
#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define AF_NETLINK 16
#define AF_XDP 44

#define S_IFMT 0170000
#define S_IFCHR 0020000
#define S_IFREG 0100000
#define S_IFDIR 0040000
#define S_IFBLK 0060000
#define S_IFLNK 0120000
#define S_IFIFO 0010000
#define S_IFSOCK 0140000

#define MAY_WRITE 2
#define RENAME_EXCHANGE 2
#define MAY_READ 4

#define FMODE_READ 1
#define FMODE_WRITE 2
#define FMODE_EXEC 32

#define VM_SHARED 8
#define VM_MAYWRITE 0x20
#define MAP_SHARED 1
#define MAP_PRIVATE 2
#define MAP_SHARED_VALIDATE 3
#define MSG_ZEROCOPY 0x4000000
#define MSG_SPLICE_PAGES 0x8000000
#define MAP_TYPE 15

#define PF_EXITING 0x00000004
#define PF_DUMPCORE 0x00000200
#define PF_IO_WORKER 0x00000010
#define PF_USER_WORKER 0x00004000
#define PF_KTHREAD 0x00200000
#define CLONE_THREAD 0x00010000
#define PTRACE_MODE_ATTACH 2
#define IOP_XATTR 8
#define IPPROTO_HOPOPTS 0
#define IPPROTO_ROUTING 43
#define LOOPBACK_IFINDEX 1
#define TCP_ZEROCOPY_RECEIVE 35
#define ETH_P_IP 0x0800
#define ETH_P_IPV6 0x86dd
#define SIGKILL 9
#define MQUEUE_MAGIC 0x19800202
#define PROC_SUPER_MAGIC 0x9fa0
#define PID_FS_MAGIC 0x50494446
#define NSFS_MAGIC 0x6e736673
#define DMA_BUF_MAGIC 0x444d4142
#define HUGETLBFS_MAGIC 0x958458f6
#define RAMFS_MAGIC 0x858458f6
#define SYSFS_MAGIC 0x62656572
#define CGROUP_SUPER_MAGIC 0x27e0eb
#define CGROUP2_SUPER_MAGIC 0x63677270
#define CONFIGFS_MAGIC 0x62656570
#define DEBUGFS_MAGIC 0x64626720
#define TRACEFS_MAGIC 0x74726163
#define SECURITYFS_MAGIC 0x73636673
#define BPF_FS_MAGIC 0xcafe4a11
#define BINFMTFS_MAGIC 0x42494e4d
#define OVERLAYFS_SUPER_MAGIC 0x794c7630

/* From v6.4 on, kernel/bpf/helpers.c; libbpf 1.4 wraps them by these names. */
extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;
extern void *bpf_cast_to_kern_ctx(void *obj) __ksym;

/* v6.12, fs/bpf_fs_kfuncs.c: 6ec4abbdb1fd "bpf: add new acquire/release BPF kfuncs". */
extern struct file *bpf_get_task_exe_file(struct task_struct *task) __ksym;
extern void bpf_put_file(struct file *file) __ksym;
extern int bpf_path_d_path(struct path *path, char *buf, size_t buf__sz) __ksym;

/*
 * For a look at fields and no more. For each pointer that is read from one that it trusts, the
 * verifier searches the types of the whole kernel by name (btf_nested_type_is_trusted()): most
 * of the time that loading took.
 */
#define seen(pointer) bpf_core_cast(pointer, typeof(*(pointer)))

extern struct cgroup *bpf_cgroup_from_id(u64 cgid) __ksym;
extern void bpf_cgroup_release(struct cgroup *cgrp) __ksym;

/* security/bpf/hooks.c: where in an object's security blob BPF's part is. */
extern const void bpf_lsm_blob_sizes __ksym;

extern struct task_struct *bpf_task_from_pid(s32 pid) __ksym;
extern void bpf_task_release(struct task_struct *task) __ksym;

/* kernel/bpf/task_iter.c: of an anonymous enum. */
#define TASK_ITER_ALL_THREADS 1
#define TASK_ITER_PROC_THREADS 2

extern int bpf_iter_task_new(struct bpf_iter_task *it, struct task_struct *task__nullable,
			     unsigned int flags) __ksym;
extern struct task_struct *bpf_iter_task_next(struct bpf_iter_task *it) __ksym;
extern void bpf_iter_task_destroy(struct bpf_iter_task *it) __ksym;

#ifndef bpf_for_each
#error "libbpf 1.4 or newer is needed"
#endif

/*
 * An element of an object's storage, made if there is none. Of programs on several CPUs
 * that make it at once, or the object's first, all but one get none
 * (bpf_local_storage_update()): it is there at the second look.
 *
 * @kind: task, inode or sk. Return: NULL without memory.
 */
#define storage_make(kind, map, object)							\
	(bpf_##kind##_storage_get(map, object, 0, BPF_LOCAL_STORAGE_GET_F_CREATE) ?:	\
	 bpf_##kind##_storage_get(map, object, 0, BPF_LOCAL_STORAGE_GET_F_CREATE))

static __always_inline bool is_error(unsigned long ret)
{
	return ret >= (unsigned long)-4095;
}

#endif /* DOMICILE_COMPAT_BPF_H */
