// SPDX-License-Identifier: GPL-2.0-only
/*
 * The BPF programs are spoken to through a hook of inodes, which the kernel does not
 * call for its own (S_PRIVATE): System V segments and shared memory without a name are
 * such. What concerns them is said through an inode of the module's.
 */

#include <linux/anon_inodes.h>
#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>

#include "herald.h"

static const struct file_operations operations = {};
static struct file *herald;

/* Return: 0, or a negative errno. */
int herald_init(void)
{
	herald = anon_inode_create_getfile("[domicile]", &operations, NULL, O_RDONLY, NULL);
	return PTR_ERR_OR_ZERO(herald);
}

/* @operations goes with the module: nothing may be put off. */
void herald_exit(void)
{
	__fput_sync(herald);
}

/* herald_for - @dentry, or one that is heard in its place */
struct dentry *herald_for(struct dentry *dentry)
{
	return IS_PRIVATE(d_inode(dentry)) ? herald->f_path.dentry : dentry;
}
