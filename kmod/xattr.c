// SPDX-License-Identifier: GPL-2.0-only
/* The extended attribute: its bytes, and label values in memory. */

#include <linux/slab.h>
#include <linux/xattr.h>

#include "xattr.h"

static int value_parse(const struct domicile_xattr *raw, size_t size,
		       struct label_value *value)
{
	u16 count;

	if (size < sizeof(*raw) || raw->version != DOMICILE_XATTR_VERSION ||
	    raw->reserved)
		return -EUCLEAN;
	count = le16_to_cpu(raw->count);
	if (count > DOMICILE_LABELS_MAX || size != struct_size(raw, id, count))
		return -EUCLEAN;

	value->flags = raw->flags;
	value->subject = le64_to_cpu(raw->subject);
	value->count = count;
	for (u16 i = 0; i < count; i++) {
		value->id[i] = le32_to_cpu(raw->id[i]);
		if (!value->id[i] || (i && value->id[i] <= value->id[i - 1]))
			return -EUCLEAN;
	}
	return 0;
}

/*
 * xattr_read - read the label of @dentry's inode
 *
 * Return: 0; -ENODATA if it has none, or the file system holds none; -EUCLEAN
 * if the value is damaged; another errno of the file system. May sleep.
 */
int xattr_read(struct dentry *dentry, struct label_value *value)
{
	struct domicile_xattr *raw;
	ssize_t size;
	int err;

	raw = kmalloc(DOMICILE_XATTR_SIZE_MAX, GFP_KERNEL);
	if (!raw)
		return -ENOMEM;
	size = __vfs_getxattr(dentry, d_inode(dentry), DOMICILE_XATTR_NAME, raw,
			      DOMICILE_XATTR_SIZE_MAX);
	if (size == -EOPNOTSUPP)
		err = -ENODATA;
	else if (size == -ERANGE)
		err = -EUCLEAN;
	else
		err = size < 0 ? size : value_parse(raw, size, value);
	kfree(raw);
	return err;
}

static u16 value_find(const struct label_value *value, u32 id)
{
	u16 i = 0;

	while (i < value->count && value->id[i] < id)
		i++;
	return i;
}

/* Return: 1 if @id is new, 0 if it was there, -E2BIG if there is no room. */
int value_add(struct label_value *value, u32 id)
{
	u16 at = value_find(value, id);

	if (at < value->count && value->id[at] == id)
		return 0;
	if (value->count == DOMICILE_LABELS_MAX)
		return -E2BIG;
	memmove(&value->id[at + 1], &value->id[at],
		(value->count - at) * sizeof(value->id[0]));
	value->id[at] = id;
	value->count++;
	return 1;
}

static int value_join(struct label_value *value, const struct label_value *other)
{
	int err = 0;

	for (u16 i = 0; i < other->count && err >= 0; i++)
		err = value_add(value, other->id[i]);
	return min(err, 0);
}

/*
 * xattr_read_tree - join what @dentry inherits from the directories above it
 *
 * Return: 0, or a negative errno. May sleep.
 */
int xattr_read_tree(struct dentry *dentry, struct label_value *tree)
{
	struct label_value *above = kmalloc(sizeof(*above), GFP_KERNEL);
	struct dentry *at = dget(dentry);
	int err = above ? 0 : -ENOMEM;

	while (!err && !IS_ROOT(at)) {
		struct dentry *parent = dget_parent(at);

		dput(at);
		at = parent;
		err = xattr_read(at, above);
		if (!err && above->flags & DOMICILE_XATTR_TREE)
			err = value_join(tree, above);
		else if (err == -ENODATA)
			err = 0;
	}
	dput(at);
	kfree(above);
	return err;
}

/*
 * xattr_write - replace the label of @dentry's inode, or take it off when
 * @value names no label
 *
 * The caller holds write access to the mount and the inode lock, and is on a
 * DOMICILE_ERRAND_STORE: stacked file systems come back through the LSM.
 */
int xattr_write(struct mnt_idmap *idmap, struct dentry *dentry,
		const struct label_value *value)
{
	struct inode *inode = d_inode(dentry);
	size_t size = struct_size_t(struct domicile_xattr, id, value->count);
	struct domicile_xattr *raw;
	int err;

	if (!value->count) {
		err = __vfs_removexattr(idmap, dentry, DOMICILE_XATTR_NAME);
		return err == -ENODATA ? 0 : err;
	}

	raw = kzalloc(size, GFP_KERNEL);
	if (!raw)
		return -ENOMEM;
	raw->version = DOMICILE_XATTR_VERSION;
	raw->flags = value->flags;
	raw->count = cpu_to_le16(value->count);
	raw->subject = cpu_to_le64(value->subject);
	for (u16 i = 0; i < value->count; i++)
		raw->id[i] = cpu_to_le32(value->id[i]);
	err = __vfs_setxattr(idmap, dentry, inode, DOMICILE_XATTR_NAME, raw, size, 0);
	kfree(raw);
	return err;
}

static bool value_covers(const struct label_value *value, const struct label_value *other)
{
	u16 at = 0;

	for (u16 i = 0; i < other->count; i++) {
		while (at < value->count && value->id[at] < other->id[i])
			at++;
		if (at == value->count || value->id[at] != other->id[i])
			return false;
	}
	return (value->flags & other->flags) == other->flags &&
	       (!other->subject || value->subject == other->subject);
}

/*
 * value_grows - would @raw take nothing from the label that @dentry's inode has?
 *
 * May sleep.
 */
bool value_grows(struct dentry *dentry, const void *raw, size_t size)
{
	struct label_value *old = kzalloc(sizeof(*old), GFP_KERNEL);
	struct label_value *new = kzalloc(sizeof(*new), GFP_KERNEL);
	bool grows = false;
	int err;

	if (old && new && raw && !value_parse(raw, size, new)) {
		err = xattr_read(dentry, old);
		grows = new->count && (err == -ENODATA || (!err && value_covers(new, old)));
	}
	kfree(new);
	kfree(old);
	return grows;
}

void value_remove(struct label_value *value, u32 id)
{
	u16 at = value_find(value, id);

	if (at == value->count || value->id[at] != id)
		return;
	value->count--;
	memmove(&value->id[at], &value->id[at + 1],
		(value->count - at) * sizeof(value->id[0]));
}

static bool table_index(const struct domicile_label_table *table, u32 id, u32 *index)
{
	u32 count = min_t(u32, table->count, DOMICILE_LABELS_MAX);

	for (*index = 0; *index < count; (*index)++)
		if (table->id[*index] == id)
			return true;
	return false;
}

/* Joins @value to @set. An id that no policy knows means all labels. */
void value_to_set(const struct label_value *value,
		  const struct domicile_label_table *table,
		  struct domicile_label_set *set)
{
	u32 index;

	for (u16 i = 0; i < value->count; i++) {
		if (!table_index(table, value->id[i], &index)) {
			label_set_fill(set);
			return;
		}
		label_set_add(set, index);
	}
}
