// SPDX-License-Identifier: GPL-2.0-only
/* What BPF LSM programs may call. Registration ends with the module's life. */

#include <linux/bpf.h>
#include <linux/bpf_local_storage.h>
#include <linux/bpf_lsm.h>
#include <linux/btf.h>
#include <linux/btf_ids.h>
#include <linux/cgroup.h>
#include <linux/file.h>
#include <linux/inetdevice.h>
#include <linux/slab.h>
#include <net/addrconf.h>
#include <net/route.h>
#include <net/sock.h>

#include "kfunc.h"
#include "descriptor.h"
#include "errand.h"
#include "link.h"
#include "mapping.h"
#include "notice.h"
#include "send.h"
#include "store.h"
#include "xattr.h"

static int dentry_join(struct dentry *dentry, const struct domicile_label_table *table,
		       struct domicile_label_set *set)
{
	struct label_value *value = kmalloc(sizeof(*value), GFP_KERNEL);
	int err = value ? xattr_read(dentry, value) : -ENOMEM;

	if (!err)
		value_to_set(value, table, set);
	kfree(value);
	return err == -ENODATA ? 0 : err;
}

static int tree_join(struct dentry *dentry, const struct domicile_label_table *table,
		     struct domicile_label_set *set)
{
	struct label_value *tree = kzalloc(sizeof(*tree), GFP_KERNEL);
	int err = tree ? xattr_read_tree(dentry, tree) : -ENOMEM;

	if (!err)
		value_to_set(tree, table, set);
	kfree(tree);
	return err;
}

static int scope_join(struct dentry *dentry, u32 scope,
		      const struct domicile_label_table *table, struct domicile_label_set *set)
{
	int err = scope == DOMICILE_SCOPE_TREE ? tree_join(dentry, table, set) :
						 dentry_join(dentry, table, set);

	if (err)
		label_set_fill(set);
	return err;
}

/* The ids of @set, which is not empty, to be freed. May be called in atomic context. */
static u32 *set_ids(const struct domicile_label_table *table,
		    const struct domicile_label_set *set, u16 *n)
{
	u32 count = min_t(u32, table->count, DOMICILE_LABELS_MAX);
	u32 *ids = kmalloc_array(DOMICILE_LABELS_MAX, sizeof(*ids), GFP_ATOMIC);

	*n = 0;
	for (u32 i = 0; ids && i < DOMICILE_LABELS_MAX; i++) {
		if (!label_set_has(set, i))
			continue;
		ids[(*n)++] = i < count ? table->id[i] : DOMICILE_LABEL_UNKNOWN;
		if (i >= count)
			break;
	}
	return ids;
}

/*
 * Is @cgroup the one at @path, or below it? In the hierarchy of cgroup v2 no name
 * changes while the cgroup lives, and who is below keeps those above alive.
 */
static bool is_beneath(const struct cgroup *cgroup, const char *path)
{
	for (int level = 1; level <= cgroup->level; level++) {
		const char *name = cgroup->ancestors[level]->kn->name;
		size_t size = strlen(name);

		if (*path++ != '/' || strncmp(path, name, size))
			return false;
		path += size;
		if (!*path)
			return true;
	}
	return false;
}

__bpf_kfunc_start_defs();

/**
 * domicile_label_read - join the labels of a file on disk to a set
 * @file: the file
 * @scope: enum domicile_scope
 * @table: label ids of this host
 * @set: joined to; all labels if they could not be read
 *
 * Inheritance ends at the root of the file system: each file system mounted
 * below a labelled directory has a label of its own.
 *
 * Return: 0, or a negative errno of the file system, with all labels in @set.
 */
__bpf_kfunc int domicile_label_read(struct file *file, u32 scope,
				    const struct domicile_label_table *table,
				    struct domicile_label_set *set)
{
	return scope_join(file->f_path.dentry, scope, table, set);
}

/**
 * domicile_label_read_dentry - as domicile_label_read(), of a name
 * @dentry: positive, but for DOMICILE_SCOPE_TREE
 * @scope: enum domicile_scope
 * @table: label ids of this host
 * @set: joined to
 *
 * Return: as domicile_label_read().
 */
__bpf_kfunc int domicile_label_read_dentry(struct dentry *dentry, u32 scope,
					   const struct domicile_label_table *table,
					   struct domicile_label_set *set)
{
	return scope_join(dentry, scope, table, set);
}

/**
 * domicile_label_store - join labels to a file on disk before current returns
 *	to user mode
 * @file: the file
 * @table: label ids of this host
 * @set: labels; one that @table does not have is stored as DOMICILE_LABEL_UNKNOWN
 * @when: enum domicile_store; with DOMICILE_STORE_FIRST the program has the
 *	system call done again, and asks again then
 *
 * The caller keeps @file alive: a program calls this with the file of its hook,
 * or with that of a mapping while the address space is locked, which the
 * verifier cannot see; hence no KF_TRUSTED_ARGS.
 *
 * Return: 0; -EOPNOTSUPP the file system keeps no labels; -ENOMEM; -ESRCH
 * current is past the point where it could. Does not sleep.
 */
__bpf_kfunc int domicile_label_store(struct file *file,
				     const struct domicile_label_table *table,
				     const struct domicile_label_set *set, u32 when)
{
	u32 count = min_t(u32, table->count, DOMICILE_LABELS_MAX);
	u32 ids[32];
	int err = 0;
	u16 n = 0;

	if (!store_possible(file_inode(file)))
		return -EOPNOTSUPP;
	for (u32 i = 0; i < DOMICILE_LABELS_MAX && !err; i++) {
		if (!label_set_has(set, i))
			continue;
		ids[n++] = i < count ? table->id[i] : DOMICILE_LABEL_UNKNOWN;
		if (n < ARRAY_SIZE(ids) && i < count)
			continue;
		err = store_join_later(file, ids, n, when);
		n = 0;
		if (i >= count)
			break;
	}
	return n && !err ? store_join_later(file, ids, n, when) : err;
}

/**
 * domicile_files_store - join labels, on disk, to the files that current has open for
 *	writing, before it returns to user mode
 * @table: label ids of this host
 * @set: labels
 *
 * Files whose file system keeps no labels are left alone.
 *
 * Return: 0, -ENOMEM or -ESRCH. Does not sleep.
 */
__bpf_kfunc int domicile_files_store(const struct domicile_label_table *table,
				     const struct domicile_label_set *set)
{
	u16 count;
	u32 *ids = set_ids(table, set, &count);
	int err = ids ? store_files_later(ids, count) : -ENOMEM;

	kfree(ids);
	return err;
}

/**
 * domicile_label_store_now - join labels to a file on disk
 * @file: the file; current holds no lock of its inode
 * @table: label ids of this host
 * @set: labels
 *
 * Return: 0, or a negative errno with nothing changed.
 */
__bpf_kfunc int domicile_label_store_now(struct file *file,
					 const struct domicile_label_table *table,
					 const struct domicile_label_set *set)
{
	u16 count;
	u32 *ids = set_ids(table, set, &count);
	int err = -ENOMEM;

	if (ids)
		err = store_possible(file_inode(file)) ?
			      store_join(&file->f_path, ids, count, 0) : -EOPNOTSUPP;
	kfree(ids);
	return err;
}

/**
 * domicile_label_store_locked - join labels to a file on disk, from a hook that
 *	is called with its inode locked for a change of its attributes
 * @dentry: the file
 * @table: label ids of this host
 * @set: labels
 *
 * What programs remember of the file stays as it is.
 *
 * Return: as domicile_label_store_now().
 */
__bpf_kfunc int domicile_label_store_locked(struct dentry *dentry,
					    const struct domicile_label_table *table,
					    const struct domicile_label_set *set)
{
	u16 count;
	u32 *ids = set_ids(table, set, &count);
	int err = ids ? store_join_locked(dentry, ids, count) : -ENOMEM;

	kfree(ids);
	return err;
}

/**
 * domicile_label_store_dentry - join labels to a file that is not open on disk,
 *	before current returns to user mode
 * @dentry: the file, which a call of current is changing
 * @table: label ids of this host
 * @set: labels
 *
 * Return: 0, -ENOMEM or -ESRCH. Does not sleep.
 */
__bpf_kfunc int domicile_label_store_dentry(struct dentry *dentry,
					    const struct domicile_label_table *table,
					    const struct domicile_label_set *set)
{
	u16 count;
	u32 *ids = set_ids(table, set, &count);
	int err = ids ? store_join_dentry_later(dentry, ids, count) : -ENOMEM;

	kfree(ids);
	return err;
}

/**
 * domicile_label_inherit - a file gets what the directories above it hand down,
 *	before current returns to user mode
 * @dentry: the file, at a name that a call of current has just given it
 *
 * Return: 0, -ENOMEM or -ESRCH. Does not sleep.
 */
__bpf_kfunc int domicile_label_inherit(struct dentry *dentry)
{
	return store_inherit_later(dentry);
}

/**
 * domicile_label_grows - would a new value take nothing from a file's label?
 * @dentry: the file, locked for a change of its attributes
 * @value: address of the new value of DOMICILE_XATTR_NAME, in kernel memory
 * @size: its size, bytes
 *
 * Return: 1 or 0.
 */
__bpf_kfunc int domicile_label_grows(struct dentry *dentry, u64 value, u64 size)
{
	return value_grows(dentry, (const void *)value, size);
}

/**
 * domicile_label_storable_in - can labels of what is made in a directory be kept?
 * @dir: the directory
 *
 * Return: 1 or 0.
 */
__bpf_kfunc int domicile_label_storable_in(struct inode *dir)
{
	return store_possible(dir);
}

/**
 * domicile_label_recall - have a file's label read from disk before current
 *	returns to user mode
 * @file__nullable: the file, which the caller keeps alive as for
 *	domicile_label_store(); it may be of any kind, and then serves only to call
 *	the program; NULL stands for the file that current executes
 *
 * The label arrives in the program on the inode_getxattr hook, with
 * domicile_errand() saying DOMICILE_ERRAND_RECALL. Does not sleep.
 *
 * Return: 0, -ENOMEM, or -ESRCH.
 */
__bpf_kfunc int domicile_label_recall(struct file *file__nullable)
{
	return store_recall_later(current, file__nullable);
}

/**
 * domicile_pipe_announce - have a program give the taint of current to who reads
 *	a pipe already, before the system call of current is done again
 * @pipe: either end
 *
 * It arrives in the program on the inode_getxattr hook, with domicile_errand()
 * saying DOMICILE_ERRAND_PIPE. The hook that calls this restarts the call.
 *
 * Return: 0, -ENOMEM, or -ESRCH. Does not sleep.
 */
__bpf_kfunc int domicile_pipe_announce(struct file *pipe)
{
	return store_pipe_later(pipe);
}

/**
 * domicile_task_recall - domicile_label_recall() without a file, for another task
 * @task: the task
 *
 * Return: 0, -ENOMEM, or -ESRCH. Does not sleep.
 */
__bpf_kfunc int domicile_task_recall(struct task_struct *task)
{
	return store_recall_later(task, NULL);
}

/**
 * domicile_label_storable - can the file's label be kept on disk?
 * @file: the file
 *
 * Return: 1 or 0.
 */
__bpf_kfunc int domicile_label_storable(struct file *file)
{
	return store_possible(file_inode(file));
}

/**
 * domicile_inode_peek - what an inode storage map holds of an inode, for tracing
 *	programs, which may not ask for it themselves
 * @inode: its address; the caller keeps it alive
 * @p__map: the map
 * @blob: where in the security blob of inodes BPF's part is
 * @copy: the value is copied here, while others may change it
 * @copy__sz: no more than the size of a value
 *
 * Return: 1, or 0 if the map holds nothing. Does not sleep.
 */
__bpf_kfunc int domicile_inode_peek(u64 inode, void *p__map, u32 blob, void *copy,
				    u32 copy__sz)
{
	void *security = ((struct inode *)inode)->i_security;
	struct bpf_storage_blob *part = security + blob;
	struct bpf_local_storage_elem *elem;
	struct bpf_local_storage *storage;
	int found = 0;

	if (!security)
		return 0;
	rcu_read_lock();
	storage = rcu_dereference(part->storage);
	if (!storage)
		goto out;
	hlist_for_each_entry_rcu(elem, &storage->list, snode) {
		if (rcu_access_pointer(elem->sdata.smap) != p__map)
			continue;
		memcpy(copy, elem->sdata.data, copy__sz);
		found = 1;
		break;
	}
out:
	rcu_read_unlock();
	return found;
}

/**
 * domicile_carrier_find - which carrier is a cgroup part of?
 * @cgroup: its address; the caller keeps it alive
 * @carriers: the list, which ends where a path is empty
 * @carriers__sz: its size, bytes
 *
 * Of several that fit the one deepest down counts.
 *
 * Return: its number in the list, from 1, or 0. Does not sleep.
 */
__bpf_kfunc int domicile_carrier_find(u64 cgroup, const struct domicile_carrier *carriers,
				      u32 carriers__sz)
{
	u32 count = carriers__sz / sizeof(*carriers);
	int found = 0;

	for (u32 i = 0; i < count && carriers[i].path[0]; i++)
		if (is_beneath((struct cgroup *)cgroup, carriers[i].path) &&
		    (!found || strlen(carriers[i].path) > strlen(carriers[found - 1].path)))
			found = i + 1;
	return found;
}

/**
 * domicile_errand - what the module is doing on behalf of current
 *
 * Return: enum domicile_errand.
 */
__bpf_kfunc int domicile_errand(void)
{
	return errand_current();
}

/**
 * domicile_address_is_local - does an address belong to this host, in the
 *	socket's network namespace?
 * @sock: a socket of family AF_INET or AF_INET6
 * @family: AF_INET or AF_INET6: that of @address
 * @address: network byte order
 * @address__sz: at least 4 or 16 bytes
 *
 * The unspecified address counts: connecting to it reaches this host.
 *
 * Return: 1 or 0.
 */
__bpf_kfunc int domicile_address_is_local(struct socket *sock, u32 family,
					  const u8 *address, u32 address__sz)
{
	struct net *net = sock_net(sock->sk);
	struct in6_addr v6;
	__be32 v4;

	if (family == AF_INET && address__sz >= sizeof(v4)) {
		memcpy(&v4, address, sizeof(v4));
		return !v4 || ipv4_is_loopback(v4) ||
		       inet_addr_type(net, v4) == RTN_LOCAL;
	}
	if (family == AF_INET6 && address__sz >= sizeof(v6)) {
		memcpy(&v6, address, sizeof(v6));
		return ipv6_addr_any(&v6) || ipv6_addr_loopback(&v6) ||
		       ipv6_chk_addr(net, &v6, NULL, 0);
	}
	return 0;
}

/**
 * domicile_send_copy - have a message's bytes copied that would be sent by reference
 * @sock: where it goes
 * @msg: the message, not sent yet
 *
 * Return: 1 if domicile_send_completed() has to be called once it is sent, or 0.
 */
__bpf_kfunc int domicile_send_copy(struct socket *sock, struct msghdr *msg)
{
	return sock->sk && send_copy(sock->sk, msg);
}

/**
 * domicile_send_completed - tell the sender that a zero-copy send is over
 * @sock: the socket, which the caller keeps alive; hence no KF_TRUSTED_ARGS
 *
 * Return: 0, -ENOMEM, or -ESRCH. Does not sleep.
 */
__bpf_kfunc int domicile_send_completed(struct socket *sock)
{
	return sock->sk ? send_complete_later(sock->sk) : 0;
}

/**
 * domicile_terminal_notice - tell who sits at a terminal that data was refused
 *	there, before current returns to user mode
 * @terminal: the file that was to be written to
 *
 * Return: 0, -ENOMEM, or -ESRCH. Does not sleep.
 */
__bpf_kfunc int domicile_terminal_notice(struct file *terminal)
{
	return notice_later(terminal);
}

__bpf_kfunc_end_defs();

BTF_KFUNCS_START(domicile_kfuncs)
BTF_ID_FLAGS(func, domicile_label_read, KF_TRUSTED_ARGS | KF_SLEEPABLE)
BTF_ID_FLAGS(func, domicile_label_read_dentry, KF_TRUSTED_ARGS | KF_SLEEPABLE)
BTF_ID_FLAGS(func, domicile_label_store)
BTF_ID_FLAGS(func, domicile_files_store)
BTF_ID_FLAGS(func, domicile_label_store_now, KF_TRUSTED_ARGS | KF_SLEEPABLE)
BTF_ID_FLAGS(func, domicile_label_store_locked, KF_TRUSTED_ARGS | KF_SLEEPABLE)
BTF_ID_FLAGS(func, domicile_label_store_dentry)
BTF_ID_FLAGS(func, domicile_label_inherit)
BTF_ID_FLAGS(func, domicile_label_grows, KF_TRUSTED_ARGS | KF_SLEEPABLE)
BTF_ID_FLAGS(func, domicile_label_storable_in, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, domicile_label_recall)
BTF_ID_FLAGS(func, domicile_pipe_announce, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, domicile_task_recall, KF_RCU)
BTF_ID_FLAGS(func, bpf_iter_domicile_mapping_new, KF_ITER_NEW | KF_RCU)
BTF_ID_FLAGS(func, bpf_iter_domicile_mapping_next, KF_ITER_NEXT | KF_RET_NULL)
BTF_ID_FLAGS(func, bpf_iter_domicile_mapping_destroy, KF_ITER_DESTROY)
BTF_ID_FLAGS(func, domicile_file_get, KF_ACQUIRE | KF_RET_NULL | KF_RCU)
BTF_ID_FLAGS(func, domicile_file_put, KF_RELEASE)
BTF_ID_FLAGS(func, domicile_link_maps, KF_RCU)
BTF_ID_FLAGS(func, domicile_link_inode)
BTF_ID_FLAGS(func, domicile_label_storable, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, domicile_inode_peek)
BTF_ID_FLAGS(func, domicile_carrier_find)
BTF_ID_FLAGS(func, domicile_errand)
BTF_ID_FLAGS(func, domicile_address_is_local, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, domicile_send_copy, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, domicile_send_completed)
BTF_ID_FLAGS(func, domicile_terminal_notice, KF_TRUSTED_ARGS)
BTF_KFUNCS_END(domicile_kfuncs)

static const struct btf_kfunc_id_set domicile_kfunc_set = {
	.owner = THIS_MODULE,
	.set = &domicile_kfuncs,
};

/* LSM and tracing programs share one list: registering for one serves both. */
int kfunc_init(void)
{
	return register_btf_kfunc_id_set(BPF_PROG_TYPE_LSM, &domicile_kfunc_set);
}
