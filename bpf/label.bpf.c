// SPDX-License-Identifier: GPL-2.0-only
/*
 * Labels come in from the disk: with a file that is opened or received, with
 * one whose label was changed, and from the directories above it.
 */
#include "access.bpf.h"
#include "attach.bpf.h"
#include "device_flow.bpf.h"
#include "label.bpf.h"
#include "reader.bpf.h"
#include "setting.bpf.h"

/* A directory got a label: what is below it inherits anew. */
static __noinline int tree_labelled(struct dentry *dentry)
{
	struct domicile_label_table *table = label_table_get();
	struct inode *inode = dentry->d_inode;
	struct domicile_label_set set = {};

	tree_moved();
	if (!table)
		return 0;
	domicile_label_read_dentry(dentry, DOMICILE_SCOPE_FILE, table, &set);
	return disk_note(inode->i_sb, &set, origin_key(inode));
}

/*
 * What @file inherits. Remembered with the directory it is in, for as long as
 * no directory moves.
 */
static __noinline int tree_read(struct file *file, __u64 generation,
				struct domicile_label_set *tree)
{
	struct domicile_label_table *table = label_table_get();
	struct domicile_inode_label *label;

	if (!tree || !table)
		return -ENOMEM;
	bpf_rcu_read_lock();
	label = inode_label(file->f_path.dentry->d_parent->d_inode, 0);
	bpf_rcu_read_unlock();
	if (label && label->tree_generation == generation) {
		*tree = label->set;
		return 0;
	}
	domicile_label_read(file, DOMICILE_SCOPE_TREE, table, tree);
	bpf_rcu_read_lock();
	label = inode_label(file->f_path.dentry->d_parent->d_inode,
			    BPF_LOCAL_STORAGE_GET_F_CREATE);
	bpf_rcu_read_unlock();
	if (label) {
		label->set = *tree;
		label->tree_generation = generation;
	}
	return 0;
}

/*
 * Read the label of @file from disk into @label. An inherited label is written
 * to the file, because labels follow the inode and not the path. Global, as the next
 * but two: the verifier goes through it once, whatever was found out before.
 */
__noinline int label_load(struct file *file __arg_trusted, struct domicile_inode_label *label,
			  __u64 generation)
{
	struct domicile_label_table *table = label_table_get();
	struct domicile_label_set own = {}, tree = {};

	if (!label || !table)
		return -ENOMEM;
	domicile_label_read(file, DOMICILE_SCOPE_FILE, table, &own);
	tree_read(file, generation, &tree);
	if (!label_set_covers(&own, &tree))
		domicile_label_store(file, table, &tree, DOMICILE_STORE_LATER);
	label_set_join(&own, &tree);
	if (!label_set_empty(&own)) {
		__u64 origin = origin_note(file);

		if (!label_set_covers(&label->set, &own))
			inode_label_join(file->f_inode, label, &own, origin);
		disk_note(file->f_inode->i_sb, &own, origin);
	}
	label->tree_generation = generation;
	return 0;
}

/* No memory to remember the label with: ask the disk, and trust nothing else. */
static __noinline int file_obtained_poor(struct file *file, __u64 generation, __u16 hook)
{
	struct domicile_inode_label label = {};

	count(DOMICILE_COUNT_NO_MEMORY);
	label_load(file, &label, generation);
	if (access_check_open(file, &label.set, hook))
		return -EPERM;
	return taint_obtain(&label.set, label.origin);
}

/*
 * A process obtains @file: its label, if any, becomes the process's.
 *
 * Return: 0, or -ENOMEM.
 */
static __noinline int file_obtained(struct file *file, __u16 hook)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct domicile_state *st = state_get();
	struct inode *inode = file->f_inode;
	struct domicile_inode_label *label;
	__u64 generation;

	if (!st || !is_regular(inode) || is_kernel_thread(task))
		return 0;
	generation = st->tree_generation + 1;
	label = inode_label(inode, 0);
	if (!label)
		label = inode_label(inode, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!label)
		return file_obtained_poor(file, generation, hook);
	/* Another of its names may be below a labelled directory. */
	if (label->tree_generation != generation || inode->i_nlink > 1)
		label_load(file, label, generation);
	if (label_set_empty(&label->set))
		return 0;
	if (access_check_open(file, &label->set, hook))
		return -EPERM;
	if (!(file->f_mode & (FMODE_READ | FMODE_EXEC)))
		return 0;
	return taint_obtain(&label->set, label->origin);
}

/*
 * A core is written where no hook is asked: its label has to be there before.
 */
static __always_inline bool core_labelled(struct file *file, const struct domicile_taint *taint)
{
	struct domicile_label_table *table = label_table_get();

	return table && !domicile_label_store_now(file, table, &taint->set);
}

static __noinline bool file_can_keep(struct file *file, const struct domicile_taint *taint)
{
	if (!taint || (taint->carrier && is_control(file->f_inode)))
		return true;
	if (is_kernel_object(file->f_inode))
		return !is_setting(file);
	if (bpf_get_current_task_btf()->flags & PF_DUMPCORE)
		return core_labelled(file, taint);
	return domicile_label_storable(file);
}

/* A process with a ring can write to @file from now on. */
static __always_inline void ring_file_store(struct file *file,
					    const struct domicile_taint *taint)
{
	struct domicile_label_table *table = label_table_get();
	struct domicile_inode_label *label = inode_label(file->f_inode, 0);

	if (!label || !table || label_set_covers(&label->disk, &taint->set) || !ring_is_used())
		return;
	if (!domicile_label_store(file, table, &taint->set, DOMICILE_STORE_LATER))
		label->origin = taint->origin; /* for the program that sees it stored */
}

/* Can a tainted process write to @file and leave its label on it? */
__noinline int file_storable(struct file *file __arg_trusted, __u16 hook)
{
	struct domicile_taint *taint;
	struct audit_event event = {
		.hook = hook,
		.verdict = DOMICILE_VERDICT_DENY,
		.reason = DOMICILE_REASON_NO_LABEL_STORE,
		.object = DOMICILE_OBJECT_INODE,
	};

	if (!(file->f_mode & FMODE_WRITE) || !is_regular(file->f_inode))
		return 0;
	taint = taint_own();
	carrier_refresh(taint);
	if (!taint)
		return 0;
	if (file_can_keep(file, taint)) {
		if (is_kernel_object(file->f_inode))
			return 0;
		if (storage_check(file, taint, hook, false))
			return -EPERM;
		if (!taint->carrier)
			ring_file_store(file, taint);
		return 0;
	}
	if (is_kernel_object(file->f_inode))
		event.reason = DOMICILE_REASON_KERNEL_SETTING;
	event.denied = taint->set;
	event.origin = taint->origin;
	audit_emit_file(&event, &taint->set, file);
	return -EPERM;
}

SEC("lsm.s/file_open")
int BPF_PROG(hook_file_open, struct file *file)
{
	int err;

	if (is_device(file->f_inode))
		return device_open(file) ? -EPERM : 0;
	err = file_obtained(file, DOMICILE_HOOK_FILE_OPEN);
	if (err)
		return err == -EPERM ? -EPERM : -ENOMEM;
	if (file_storable(file, DOMICILE_HOOK_FILE_OPEN))
		return -EPERM;
	return 0;
}

/* A descriptor arrives from another process: SCM_RIGHTS, pidfd_getfd. */
SEC("lsm.s/file_receive")
int BPF_PROG(hook_file_receive, struct file *file)
{
	int err = file_obtained(file, DOMICILE_HOOK_FILE_RECEIVE);

	if (err)
		return err == -EPERM ? -EPERM : -ENOMEM;
	return 0;
}

/* The label of @dentry on disk joins what is remembered of it. */
static __noinline int label_refresh(struct dentry *dentry, int errand)
{
	struct domicile_label_table *table = label_table_get();
	struct inode *inode = dentry->d_inode;
	struct domicile_label_set set = {};
	struct domicile_inode_label *label;

	label = inode_label(inode, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!table || !label)
		return -ENOMEM;
	if (!domicile_label_read_dentry(dentry, DOMICILE_SCOPE_FILE, table, &set) &&
	    errand == DOMICILE_ERRAND_STORED)
		label->disk = set;
	disk_note(inode->i_sb, &set, origin_key(inode));
	if (!label_set_covers(&label->set, &set)) {
		/* The next open gives an origin of its own its path. */
		inode_label_join(inode, label, &set,
				 errand == DOMICILE_ERRAND_STORED && label->origin ?
					 label->origin : origin_key(inode));
		label->tree_generation = 0;
		calls_grew();
		if (inode_mapped(inode))
			shared_grew();
	}
	if (errand == DOMICILE_ERRAND_RECALL)
		taint_join(bpf_get_current_task_btf(), &label->set, label->origin);
	return 0;
}

/*
 * The disk did not take the label. The write that waits for it is refused when
 * it comes again; what was written already ends its process. Always 0.
 */
static __noinline int store_failed(struct dentry *dentry, int errand)
{
	struct domicile_inode_label *label = inode_label(dentry->d_inode, 0);
	struct domicile_taint *taint = taint_own();
	struct audit_event event = {
		.hook = DOMICILE_HOOK_FILE_PERMISSION,
		.verdict = DOMICILE_VERDICT_KILL,
		.reason = DOMICILE_REASON_NO_LABEL_STORE,
		.object = DOMICILE_OBJECT_INODE,
	};

	if (label && errand == DOMICILE_ERRAND_REFUSED) {
		label->store_failed = 1;
		return 0;
	}
	bpf_send_signal(SIGKILL);
	count(DOMICILE_COUNT_KILLED);
	if (!taint)
		return 0;
	event.denied = taint->set;
	event.origin = taint->origin;
	audit_emit_dentry(&event, &taint->set, dentry);
	return 0;
}

/*
 * What the current process holds can be copied to the file that the module visits, by
 * others and without a call, and from there by a call that goes on. Not the file that
 * the hook names: none is called for memory without a name. Always 0.
 */
static __noinline int link_join(void)
{
	struct domicile_taint *taint = taint_of(bpf_get_current_task_btf(), 0);
	struct inode *inode = bpf_core_cast((void *)domicile_link_inode(), struct inode);

	if (!taint || taint->carrier)
		return 0;
	inode_mark_set(inode);
	if (shared_push_one_traced(inode_address(inode), taint) || calls_push_linked(taint))
		bpf_send_signal(SIGKILL);
	return 0;
}

/*
 * The module reads a label so that this program runs: after it wrote one, or
 * could not; for a process that uses a file whose label is not known yet; for one whose
 * new taint its mappings do not have yet; for files linked to one that got a label; and
 * for a pipe that is about to get one.
 */
SEC("lsm.s/inode_getxattr")
int BPF_PROG(hook_inode_getxattr, struct dentry *dentry, const char *name)
{
	struct inode *inode = dentry->d_inode;
	struct domicile_taint *taint;
	int errand;

	if (!is_label_name(name))
		return 0;
	errand = domicile_errand();
	if (errand == DOMICILE_ERRAND_REFUSED || errand == DOMICILE_ERRAND_LOST)
		return store_failed(dentry, errand);
	if (errand == DOMICILE_ERRAND_NONE || errand == DOMICILE_ERRAND_STORE)
		return 0;
	if (errand == DOMICILE_ERRAND_LINK)
		return link_join();
	if (errand == DOMICILE_ERRAND_PIPE)
		return pipe_spread(inode);
	if ((inode->i_mode & S_IFMT) == S_IFDIR)
		tree_labelled(dentry);
	else if (is_regular(inode))
		label_refresh(dentry, errand);
	taint = taint_of(bpf_get_current_task_btf(), 0);
	if (taint && errand == DOMICILE_ERRAND_RECALL && (shared_push(taint) || ring_push(taint)))
		bpf_send_signal(SIGKILL);
	return 0;
}

/* The inode's address may soon mean another. */
SEC("lsm/inode_free_security")
int BPF_PROG(hook_inode_free_security, struct inode *inode)
{
	struct domicile_state *st = state_get();
	__u64 key = (__u64)inode;

	if (!st || !st->tainted)
		return 0;
	inode_mark_clear(inode);
	if (st->grown)
		bpf_map_delete_elem(&grown_labels, &key);
	return 0;
}

/* Somebody brought a label along that takes nothing from the file's own. */
SEC("lsm.s/inode_post_setxattr")
int BPF_PROG(hook_inode_post_setxattr, struct dentry *dentry, const char *name)
{
	struct inode *inode = dentry->d_inode;

	if (!is_label_name(name))
		return 0;
	if ((inode->i_mode & S_IFMT) == S_IFDIR)
		tree_labelled(dentry);
	else
		label_refresh(dentry, DOMICILE_ERRAND_ANNOUNCE);
	return 0;
}
