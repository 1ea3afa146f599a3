/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DOMICILE_KMOD_XATTR_H
#define DOMICILE_KMOD_XATTR_H

#include <linux/fs.h>
#include <domicile/label.h>

/* A label value in memory: host byte order, ids sorted and without repeats. */
struct label_value {
	u8 flags;
	u16 count;
	u64 subject;
	u32 id[DOMICILE_LABELS_MAX];
};

int xattr_read(struct dentry *dentry, struct label_value *value);
int xattr_read_tree(struct dentry *dentry, struct label_value *tree);
int xattr_write(struct mnt_idmap *idmap, struct dentry *dentry,
		const struct label_value *value);

bool value_grows(struct dentry *dentry, const void *raw, size_t size);
int value_add(struct label_value *value, u32 id);
void value_remove(struct label_value *value, u32 id);
void value_to_set(const struct label_value *value,
		  const struct domicile_label_table *table,
		  struct domicile_label_set *set);

#endif
