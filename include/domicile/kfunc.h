/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kfuncs of domicile.ko: what BPF LSM programs cannot do themselves. BPF
 * programs include this header for the declarations; the module defines them
 * in kmod/kfunc.c, where each is documented.
 */
#ifndef DOMICILE_KFUNC_H
#define DOMICILE_KFUNC_H

#include "label.h"

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
	DOMICILE_ERRAND_RECALL, /* reading the label of a file in use */
};

#ifdef __VMLINUX_H__
extern int domicile_label_read(struct file *file, __u32 scope,
			       const struct domicile_label_table *table,
			       struct domicile_label_set *set) __ksym;
extern int domicile_label_read_dentry(struct dentry *dentry,
				      const struct domicile_label_table *table,
				      struct domicile_label_set *set) __ksym;
extern int domicile_label_store(struct file *file,
				const struct domicile_label_table *table,
				const struct domicile_label_set *set) __ksym;
extern int domicile_label_recall(struct file *file__nullable) __ksym;
extern int domicile_label_storable(struct file *file) __ksym;
extern int domicile_errand(void) __ksym;
extern int domicile_address_is_local(struct socket *sock, __u32 family,
				     const __u8 *address, __u32 address__sz) __ksym;
#endif

#endif /* DOMICILE_KFUNC_H */
