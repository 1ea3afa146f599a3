/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every map, with who writes it. All are pinned by name in DOMICILE_PIN_DIR
 * and outlive the daemon.
 */
#ifndef DOMICILE_MAPS_BPF_H
#define DOMICILE_MAPS_BPF_H

#include <domicile/policy_abi.h>

/* User space; programs raise the counters in it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct domicile_state);
} state SEC(".maps");

/* User space. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct domicile_label_table);
} label_table SEC(".maps");

/* Programs; user space for `domicile run`. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct domicile_taint);
} task_taints SEC(".maps");

/* Programs: taints of threads (pid_tgid) that are not kept; memory that is always there. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, struct domicile_taint);
} passing_taints SEC(".maps");

/* Programs: regular files, directories, shared memory. */
struct {
	__uint(type, BPF_MAP_TYPE_INODE_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct domicile_inode_label);
} inode_labels SEC(".maps");

/*
 * Programs: labels that files got from tracing programs, which may not write to
 * inode storage, by address of the inode. What is here is in inode_labels too
 * as soon as the process that shares the file is back in user mode. An entry
 * goes when the inode does.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct domicile_inode_label);
} grown_labels SEC(".maps");

/* Programs: sockets of every family. */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct domicile_sock_label);
} sock_labels SEC(".maps");

/*
 * Programs: pipes and FIFOs, by address of the pipe_inode_info, because the
 * programs on reads and splices may not ask inode storage. An entry goes when
 * the pipe is freed, before its address can mean another.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct domicile_inode_label);
} pipe_labels SEC(".maps");

/* Programs: the pipe that a thread (pid_tgid) is splicing to a socket. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, __u64);
} splices SEC(".maps");

/* Programs: threads (pid_tgid) whose zero-copy send was made a copy. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, __u8);
} zerocopies SEC(".maps");

/* Programs: the name of the symbolic link that a thread (pid_tgid) is making. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, __u64);
} symlinks SEC(".maps");

/*
 * Programs: labelled packets on their way from this host to itself. Written
 * when a packet goes out to the loopback device, read when it comes in.
 */
struct local_flow {
	__u8 saddr[16];
	__u8 daddr[16];
	__be16 sport;
	__be16 dport;
	__u8 protocol;
	__u8 reserved[3];
	__u64 netns;
};

struct local_flow_label {
	struct domicile_label_set set;
	__u64 origin;
	__u64 time; /* last packet, CLOCK_BOOTTIME, ns */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 131072);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct local_flow);
	__type(value, struct local_flow_label);
} local_flows SEC(".maps");

/* Programs: how many local flows a process (pid) has begun of late. */
struct local_flow_quota {
	__u64 since; /* CLOCK_BOOTTIME, ns */
	__u64 count;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, struct local_flow_quota);
} local_flow_quotas SEC(".maps");

/* Programs: what was seen on the file systems of a disk; see device.bpf.h. */
struct domicile_disk_label {
	struct domicile_label_set set;
	__u64 origin;
	__u64 stacked; /* nonzero once something other than a file system held the disk */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct domicile_disk_label);
} disk_labels SEC(".maps");

/* Programs: the disk that a process had its labels from, on group leaders. */
struct disk_reader {
	struct domicile_label_set set;
	__u64 disk; /* sequence number */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct disk_reader);
} disk_readers SEC(".maps");

/* Programs. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, struct domicile_origin);
} origins SEC(".maps");

/* Programs. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, DOMICILE_COUNTERS);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

/* Programs: sequence number of the last record of each CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} sequence SEC(".maps");

#define RECORDS_SIZE (8 * 1024 * 1024)

/* Programs put struct domicile_record in, the daemon takes them out. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, RECORDS_SIZE);
} records SEC(".maps");

static __always_inline struct domicile_state *state_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&state, &zero);
}

/* Has any label been seen? Most hooks have nothing to do before. */
static __always_inline bool tainted_host(void)
{
	struct domicile_state *st = state_get();

	return st && st->tainted;
}

/* A pipe or file got a label, and a call that goes on may be reading it. */
static __always_inline void calls_grew(void)
{
	struct domicile_state *st = state_get();

	if (st)
		__sync_fetch_and_add(&st->call_generation, 1);
}

static __always_inline void count(__u32 counter)
{
	__u64 *value = bpf_map_lookup_elem(&counters, &counter);

	if (value)
		__sync_fetch_and_add(value, 1);
}

#endif /* DOMICILE_MAPS_BPF_H */
