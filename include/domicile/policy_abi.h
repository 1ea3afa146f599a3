/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the policy compiler hands to the kernel: the layout of every map that
 * user space writes and BPF programs read. Integers are in host byte order.
 *
 * A policy lives in one of two slots. User space fills the slot that is not in
 * force, with maps made for the purpose, and then stores the new generation
 * in struct domicile_state: generation % 2 is the slot in force. That one
 * aligned 64-bit store is the moment the policy changes.
 */
#ifndef DOMICILE_POLICY_ABI_H
#define DOMICILE_POLICY_ABI_H

#include "label.h"

#define DOMICILE_SLOTS 2
#define DOMICILE_CLASSES_MAX 4096
#define DOMICILE_RANGES_MAX (4u << 20)

#define DOMICILE_PIN_DIR "/sys/fs/bpf/domicile"

/*
 * IPv4 addresses from @start up to the next range's start have class @class.
 * Sorted; the first range starts at 0, so every address has a class.
 */
struct domicile_range4 {
	__u32 start;
	__u32 class;
};

/* As domicile_range4. @hi and @lo are the address as a 128-bit number. */
struct domicile_range6 {
	__u64 hi;
	__u64 lo;
	__u32 class;
	__u32 reserved;
};

/*
 * A network class: what happens to each label on its way to a member.
 * Class 0 is "in no named network". A label that is in neither set is allowed.
 */
struct domicile_class {
	struct domicile_label_set deny;
	struct domicile_label_set audit; /* would be denied; recorded, let through */
};

/*
 * Key of the slot's map "listens", whose value is the set of labels that data
 * takes when it arrives at the port from a peer of the class.
 */
#define DOMICILE_CLASS_ANY (~0u) /* from whomever */
#define DOMICILE_CLASS_SOME (~1u) /* all labels that anybody's data could take there */

struct domicile_listen {
	__u32 class;
	__u16 protocol;
	__be16 port;
};

#define DOMICILE_RESOLVERS_MAX 8

/* Whom labelled processes may ask for names, and how. */
struct domicile_resolver {
	__u8 address[16]; /* network byte order; IPv4 in the first four bytes */
	__u16 family;
	__be16 port;
	__u32 rate; /* queries of one process in a second */
	__u32 length; /* characters of a name, without the last dot */
};

/*
 * A carrier: a service that takes labels as any other process, and does what
 * carriage says. It is every process in the cgroup @path, or beneath it.
 */
#define DOMICILE_CARRIERS_MAX 64
#define DOMICILE_CARRIER_PATH_MAX 256

enum domicile_carriage {
	DOMICILE_CARRIAGE_KEEP = 1, /* keeps its labels: they reach nothing that it gives data to */
	DOMICILE_CARRIAGE_DATAGRAMS, /* keeps those of datagrams, and refuses on connections */
	DOMICILE_CARRIAGE_REFUSE, /* takes none: who is labelled may not send to it */
	DOMICILE_CARRIAGES,
};

struct domicile_carrier {
	__u32 carriage;
	__u32 reserved;
	char path[DOMICILE_CARRIER_PATH_MAX]; /* cgroup v2, "" beyond the last one */
};

/* Value of the "carriers" map, whose keys are slots. */
struct domicile_carriers {
	struct domicile_carrier list[DOMICILE_CARRIERS_MAX];
};

/* Key of the slot's map "storages": what a file system is known by. */
enum domicile_medium_kind {
	DOMICILE_MEDIUM_TYPE = 1, /* @id: the name, "" beyond it */
	DOMICILE_MEDIUM_UUID,
	DOMICILE_MEDIUM_DEVICE, /* @id: kernel dev_t of the superblock in four bytes */
	DOMICILE_MEDIA,
};

#define DOMICILE_MEDIUM_ID_SIZE 16

struct domicile_medium {
	__u32 kind;
	__u8 id[DOMICILE_MEDIUM_ID_SIZE];
};

/* What a rule can keep for some. */
enum domicile_use {
	DOMICILE_USE_READ,
	DOMICILE_USE_WRITE, /* or change in another way */
	DOMICILE_USES,
};

#define DOMICILE_ACTORS_MAX 64

/* What an actor is known by: all of it together. */
#define DOMICILE_ACTOR_PROGRAM 1 /* executes that inode */
#define DOMICILE_ACTOR_GENERATION 2 /* whose file system numbers its uses of an inode */
#define DOMICILE_ACTOR_UID 4
#define DOMICILE_ACTOR_CGROUP 8

/* Who may use labelled files. */
struct domicile_actor {
	__u32 has; /* DOMICILE_ACTOR_*; 0 beyond the last one */
	__u32 uid; /* initial user namespace */
	__u64 ino;
	__u32 dev; /* kernel dev_t of the superblock */
	__u32 generation;
	struct domicile_label_set allowed[DOMICILE_USES];
	struct domicile_carrier cgroup; /* its path */
};

/* Value of the "actors" map, whose keys are slots. */
struct domicile_actors {
	struct domicile_actor list[DOMICILE_ACTORS_MAX];
};

/* The labels whose files nobody may use so but actors. */
struct domicile_access {
	__u64 ruled; /* nonzero if there is any */
	struct domicile_label_set guarded;
	struct domicile_label_set audited; /* the same, of rules in audit mode */
};

struct domicile_slot {
	__u32 ranges4; /* members in use of the slot's net4 map */
	__u32 ranges6;
	__u32 classes;
	__u32 resolver_count;
	__u32 carriers; /* members in use of the slot's list */
	__u32 refusing; /* how many of them refuse, if only connections */
	__u32 storages; /* nonzero if a label has a rule about storage */
	__u32 reserved;
	struct domicile_label_set stored; /* labels that are stored nowhere but where allowed */
	struct domicile_label_set stored_audit; /* the same, of rules in audit mode */
	struct domicile_access access[DOMICILE_USES];
	struct domicile_resolver resolvers[DOMICILE_RESOLVERS_MAX];
};

/* The one value of the "state" map, mapped by user space. */
struct domicile_state {
	__u64 generation; /* 0: no policy, every label is denied everywhere */
	__u64 tainted; /* nonzero once any label was seen; programs skip work before */
	__u64 tree_generation; /* grows when a directory moves: inherited labels are looked up anew */
	__u64 shared_generation; /* grows when shared memory gains a label */
	__u64 call_generation; /* grows when a pipe or file gains one, see bpf/call.bpf.h */
	__u64 flows; /* nonzero once labelled packets went to this host itself */
	__u64 grown; /* nonzero once grown_labels had a member */
	__u64 started; /* CLOCK_BOOTTIME, ns */
	__u64 listens; /* nonzero if a port may be a source */
	struct domicile_slot slot[DOMICILE_SLOTS];
};

/* Index of the per-CPU "counters" map. Monotonic since enforcement started. */
enum domicile_counter {
	DOMICILE_COUNT_DENIED,
	DOMICILE_COUNT_AUDITED, /* would have been denied, rule in audit mode */
	DOMICILE_COUNT_RECORDS, /* records put in the ring */
	DOMICILE_COUNT_LOST, /* records for which the ring had no room */
	DOMICILE_COUNT_TAINTS, /* times a process picked up a label */
	DOMICILE_COUNT_NO_MEMORY, /* labelled work refused for want of memory or map space */
	DOMICILE_COUNT_KILLED, /* processes killed: had labelled data that could not be followed */
	DOMICILE_COUNT_PACKETS_DROPPED, /* at the packet check */
	DOMICILE_COUNT_ALLOWED, /* labelled flows that a rule lets go */
	DOMICILE_COUNT_ALLOWED_UNRECORDED, /* times one was not recorded, to spare the ring */
	DOMICILE_COUNTERS,
};

/*
 * Where labels came from: the value of the "origins" map, whose key is the
 * origin number carried by taints. Least recently used origins are forgotten
 * first; a record then names none.
 */
#define DOMICILE_PATH_MAX 256

struct domicile_peer {
	__u16 family; /* AF_INET or AF_INET6; 0: the origin is no peer */
	__u16 protocol;
	__be16 port;
	__be16 local_port;
	__u8 address[16]; /* network byte order */
};

struct domicile_origin {
	__u64 ino;
	__u32 dev; /* kernel dev_t of the superblock: major << 20 | minor */
	__u32 pid; /* process that took it in first */
	__u64 time; /* CLOCK_BOOTTIME, ns */
	char path[DOMICILE_PATH_MAX];
	struct domicile_peer peer;
};

/* What moves data of a process without a call. */
#define DOMICILE_HOLDS_XDP 1 /* an AF_XDP socket, now or before */
#define DOMICILE_HOLDS_MEMORY 2 /* memory that leads off: until exec, which replaces it */

/* kthreadd: keeps the taint of processes that have no memory for theirs. */
#define DOMICILE_KEEPER_PID 2

/* Value of the task storage map "task_taints", kept on thread group leaders. */
struct domicile_taint {
	struct domicile_label_set set;
	__u64 origin; /* of the label picked up last */
	__u64 shared_generation; /* up to which mappings were looked at */
	__u64 call_generation; /* up to which the calls of other threads were */
	__u32 alone; /* not 0: who shares the memory was not told, see taint_obtain() */
	__u32 holds; /* DOMICILE_HOLDS_*; not 0: takes no label */
	__u32 noticed; /* CLOCK_BOOTTIME, s: when its terminal was last told of a refusal */
	__u32 carrier; /* not 0: a carrier that keeps its labels, see bpf/carrier.bpf.h */
};

/* Value of the inode storage map "inode_labels". */
struct domicile_inode_label {
	struct domicile_label_set set;
	struct domicile_label_set disk; /* of it, what outlives a power cut for sure */
	__u64 origin;
	__u64 tree_generation; /* when the disk was asked; 0: ask again */
	__u64 store_failed; /* the disk took no label: the write that waits for it fails */
};

/* Value of the socket storage map "sock_labels". */
struct domicile_sock_label {
	struct domicile_label_set out; /* of what was sent through it */
	struct domicile_label_set kept; /* of what carriers sent: other carriers take it */
	struct domicile_label_set in; /* of what arrived: receivers take it */
	struct domicile_label_set kept_in; /* of what arrived from carriers: carriers take it */
	__u64 out_origin;
	__u64 in_origin;
	__u64 holder; /* cgroup id of the carrier that accepts on it, or accepted it */
	__u32 pid; /* who sent labelled data last */
	__u32 reserved;
	char comm[16];
};

#endif /* DOMICILE_POLICY_ABI_H */
