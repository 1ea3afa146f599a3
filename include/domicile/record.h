/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One audit record, as the kernel puts it in the ring "records". Host byte
 * order, except addresses and ports, which are in network byte order. Strings
 * end in NUL and are cut to fit.
 */
#ifndef DOMICILE_RECORD_H
#define DOMICILE_RECORD_H

#include "policy_abi.h"

#define DOMICILE_RECORD_VERSION 2
#define DOMICILE_COMM_MAX 16

/* Where the decision was taken. */
enum domicile_hook {
	DOMICILE_HOOK_FILE_OPEN = 1,
	DOMICILE_HOOK_FILE_PERMISSION,
	DOMICILE_HOOK_FILE_RECEIVE,
	DOMICILE_HOOK_MMAP_FILE,
	DOMICILE_HOOK_SOCKET_CREATE,
	DOMICILE_HOOK_SOCKET_CONNECT,
	DOMICILE_HOOK_SOCKET_SENDMSG,
	DOMICILE_HOOK_CGROUP_EGRESS,
	DOMICILE_HOOK_CGROUP_INGRESS,
	DOMICILE_HOOK_INODE_SETXATTR,
	DOMICILE_HOOK_INODE_REMOVEXATTR,
	DOMICILE_HOOK_UNIX_MAY_SEND,
	DOMICILE_HOOK_TASK_ALLOC,
	DOMICILE_HOOK_PIPE,
	DOMICILE_HOOK_BPRM_CHECK,
	DOMICILE_HOOK_SOCKET_RECVMSG,
	DOMICILE_HOOK_PTRACE,
	DOMICILE_HOOK_MESSAGE,
	DOMICILE_HOOK_KEY,
	DOMICILE_HOOK_PERF_EVENT_OPEN,
	DOMICILE_HOOK_BPF,
	DOMICILE_HOOK_USERFAULTFD,
	DOMICILE_HOOK_TTY,
	DOMICILE_HOOK_SEM_SEMCTL,
	DOMICILE_HOOK_SOCKET_POST_CREATE,
	DOMICILE_HOOK_FILE_IOCTL,
	DOMICILE_HOOK_URING_CMD,
	DOMICILE_HOOK_LOCKED_DOWN,
	DOMICILE_HOOK_INODE_SET_ACL,
	DOMICILE_HOOK_INODE_SYMLINK,
	DOMICILE_HOOK_FS_CONTEXT_PARSE_PARAM,
	DOMICILE_HOOK_TASK_PRCTL,
	DOMICILE_HOOK_CAPABLE,
	DOMICILE_HOOK_INODE_RENAME,
	DOMICILE_HOOK_UNIX_STREAM_CONNECT,
	DOMICILE_HOOK_INODE_UNLINK,
	DOMICILE_HOOK_INODE_SETATTR,
	DOMICILE_HOOKS,
};

enum domicile_verdict {
	DOMICILE_VERDICT_DENY = 1,
	DOMICILE_VERDICT_AUDIT, /* let through: an enforcing rule would deny it, or nothing leaves */
	DOMICILE_VERDICT_KILL, /* the process was killed */
	DOMICILE_VERDICT_ALLOW, /* a rule lets it go there */
	DOMICILE_VERDICTS,
};

enum domicile_reason {
	DOMICILE_REASON_NETWORK = 1, /* no rule allows a label there */
	DOMICILE_REASON_NO_POLICY,
	DOMICILE_REASON_FAMILY, /* a socket family that cannot be followed */
	DOMICILE_REASON_NO_LABEL_STORE, /* the file system cannot hold labels */
	DOMICILE_REASON_NO_MEMORY,
	DOMICILE_REASON_LABEL_GUARD, /* only Domicile writes its labels */
	DOMICILE_REASON_NETLINK_PEER, /* netlink to another process */
	DOMICILE_REASON_USER_NAMESPACE, /* a network that a user namespace owns */
	DOMICILE_REASON_NOT_FOLLOWED, /* a way to pass data on that no label takes */
	DOMICILE_REASON_TERMINAL, /* who reads the terminal is where a label may not go */
	DOMICILE_REASON_XDP_HOLDER, /* a process that can send without a call */
	DOMICILE_REASON_NETDEV, /* a network device that repacks what it sends */
	DOMICILE_REASON_DEVICE, /* what is behind the device gets no label */
	DOMICILE_REASON_KERNEL_SETTING, /* everybody reads what is written there */
	DOMICILE_REASON_ROUTE, /* a route that repacks what it sends, or names the stops */
	DOMICILE_REASON_MEMORY_HOLDER, /* a process whose memory leads where no label goes */
	DOMICILE_REASON_LABEL_REPLACED, /* a file without it took a labelled file's name */
	DOMICILE_REASON_RESOLVER, /* a query to a declared resolver, in its limits or not */
	DOMICILE_REASON_CARRIER, /* a service that takes no labels */
	DOMICILE_REASON_LOST_CALL, /* a thread writes to a file that nobody finds any more */
	DOMICILE_REASON_STORAGE, /* no rule lets a label be stored there */
	DOMICILE_REASON_READER, /* no rule lets the process read the file */
	DOMICILE_REASON_WRITER, /* no rule lets the process change the file */
	DOMICILE_REASONS,
};

enum domicile_object {
	DOMICILE_OBJECT_NONE,
	DOMICILE_OBJECT_ADDRESS, /* family, protocol, port, address, class */
	DOMICILE_OBJECT_INODE, /* dev, ino, path */
	DOMICILE_OBJECT_FAMILY, /* family, type, protocol of a socket */
	DOMICILE_OBJECT_CGROUP, /* path, of cgroup v2 */
	DOMICILE_OBJECTS,
};

struct domicile_record {
	__u16 version;
	__u16 size; /* of this struct, bytes */
	__u32 cpu;
	__u64 seq; /* per CPU, from 1, no gaps unless records were lost */
	__u64 time; /* CLOCK_BOOTTIME, ns */
	__u64 generation; /* of the policy that decided */

	__u16 hook;
	__u16 verdict;
	__u16 reason;
	__u16 object;

	/* Who. For a packet: who sent labelled data on its socket last. */
	__u32 pid; /* initial pid namespace */
	__u32 tid;
	__u32 ppid;
	__u32 uid; /* initial user namespace */
	__u64 start_time; /* of the process, CLOCK_BOOTTIME, ns */
	__u64 cgroup; /* cgroup v2 id */
	char comm[DOMICILE_COMM_MAX];
	char exe[DOMICILE_PATH_MAX];

	/* Which labels, and from where the newest came. */
	struct domicile_label_set taint;
	struct domicile_label_set denied;
	struct domicile_origin source;

	/* To where. */
	__u16 family;
	__u16 type;
	__u16 protocol;
	__be16 port;
	__u8 address[16]; /* IPv4 in the first four bytes */
	__u32 class;
	__u32 dev;
	__u64 ino;
	__u64 bytes;
	char path[DOMICILE_PATH_MAX];
};

#endif /* DOMICILE_RECORD_H */
