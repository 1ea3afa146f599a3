/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kfuncs of domicile.ko: what BPF LSM programs cannot do themselves. BPF
 * programs include this header for the declarations; the module defines them
 * in kmod/kfunc.c, where each is documented.
 */
#ifndef DOMICILE_KFUNC_H
#define DOMICILE_KFUNC_H

#include "policy_abi.h"

/* Whose labels domicile_label_read() reads. */
enum domicile_scope {
	DOMICILE_SCOPE_FILE, /* the file's own */
	DOMICILE_SCOPE_TREE, /* those inherited from the directories above */
};

/* What the module is doing on behalf of the current task, see domicile_errand(). */
enum domicile_errand {
	DOMICILE_ERRAND_NONE,
	DOMICILE_ERRAND_STORE, /* writing a label: the xattr guard lets it pass */
	DOMICILE_ERRAND_ANNOUNCE, /* reading back a label that it wrote */
	DOMICILE_ERRAND_STORED, /* the same, and it outlives a power cut */
	DOMICILE_ERRAND_RECALL, /* reading the label of a file in use */
	DOMICILE_ERRAND_LINK, /* visiting what is linked to a file that got a label */
	DOMICILE_ERRAND_REFUSED, /* a label could not be stored; no data was written yet */
	DOMICILE_ERRAND_PIPE, /* telling who reads a pipe that labelled data comes */
	DOMICILE_ERRAND_NOTICE, /* telling a terminal that it was refused */
	DOMICILE_ERRAND_LOST, /* a label could not be stored for data that is there */
};

/* When domicile_label_store() writes, and whom it tells when it cannot. */
enum domicile_store {
	DOMICILE_STORE_FIRST, /* before the call is done again: the hook restarts it */
	DOMICILE_STORE_LATER, /* when the call is done, before user mode */
};

/* Which files bpf_for_each(domicile_mapping, file, task, which) visits. */
enum domicile_mappings {
	DOMICILE_MAPPINGS_ALL,
	DOMICILE_MAPPINGS_WRITABLE, /* shared, and writable or to be made so */
};

/* The state of that iterator; what it holds is the module's. */
struct bpf_iter_domicile_mapping {
	__u64 opaque[4];
};

#ifdef __VMLINUX_H__
extern int domicile_label_read(struct file *file, __u32 scope,
			       const struct domicile_label_table *table,
			       struct domicile_label_set *set) __ksym;
extern int domicile_label_read_dentry(struct dentry *dentry, __u32 scope,
				      const struct domicile_label_table *table,
				      struct domicile_label_set *set) __ksym;
extern int domicile_label_store(struct file *file,
				const struct domicile_label_table *table,
				const struct domicile_label_set *set, __u32 when) __ksym;
extern int domicile_label_store_now(struct file *file,
				    const struct domicile_label_table *table,
				    const struct domicile_label_set *set) __ksym;
extern int domicile_label_store_locked(struct dentry *dentry,
				       const struct domicile_label_table *table,
				       const struct domicile_label_set *set) __ksym;
extern int domicile_label_store_dentry(struct dentry *dentry,
				       const struct domicile_label_table *table,
				       const struct domicile_label_set *set) __ksym;
extern int domicile_files_store(const struct domicile_label_table *table,
				const struct domicile_label_set *set) __ksym;
extern int domicile_label_inherit(struct dentry *dentry) __ksym;
extern int domicile_label_grows(struct dentry *dentry, __u64 value, __u64 size) __ksym;
extern int domicile_label_storable_in(struct inode *dir) __ksym;
extern int domicile_label_recall(struct file *file__nullable) __ksym;
extern int domicile_label_storable(struct file *file) __ksym;
extern int domicile_pipe_announce(struct file *pipe) __ksym;
extern int domicile_task_recall(struct task_struct *task) __ksym;
extern int bpf_iter_domicile_mapping_new(struct bpf_iter_domicile_mapping *it,
					 struct task_struct *task, __u32 which) __ksym;
extern struct file *
bpf_iter_domicile_mapping_next(struct bpf_iter_domicile_mapping *it) __ksym;
extern void bpf_iter_domicile_mapping_destroy(struct bpf_iter_domicile_mapping *it) __ksym;
extern struct file *domicile_file_get(struct task_struct *task, __u32 fd) __ksym;
extern void domicile_file_put(struct file *file) __ksym;
extern int domicile_link_maps(struct task_struct *task) __ksym;
extern __u64 domicile_link_inode(void) __ksym;
extern int domicile_inode_peek(__u64 inode, void *p__map, __u32 blob, void *copy,
			       __u32 copy__sz) __ksym;
extern int domicile_carrier_find(__u64 cgroup, const struct domicile_carrier *carriers,
				 __u32 carriers__sz) __ksym;
extern int domicile_errand(void) __ksym;
extern int domicile_address_is_local(struct socket *sock, __u32 family,
				     const __u8 *address, __u32 address__sz) __ksym;
extern int domicile_send_copy(struct socket *sock, struct msghdr *msg) __ksym;
extern int domicile_send_completed(struct socket *sock) __ksym;
extern int domicile_terminal_notice(struct file *terminal) __ksym;
#endif

#endif /* DOMICILE_KFUNC_H */
