// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files that are linked through memory: who maps one can copy what it holds to
 * every other that it maps shared and writable, without any call, and so on from
 * there. What one of them gets the others get before there is anything to copy.
 */

#include <linux/btf.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include <domicile/kfunc.h>

#include "link.h"
#include "mapping.h"

struct link {
	struct list_head list;
	struct file *file; /* with a reference */
};

struct links {
	struct list_head todo;
	struct xarray seen; /* inodes that are or were in @todo, by address */
	struct xarray memories; /* mm_structs that map the one at hand; with references */
	link_visit visit;
	struct file *file; /* that is visited now */
};

/* Those under way, by address of the task that walks. */
static DEFINE_XARRAY(walks);

/* Takes over the reference on @file. */
static int links_add(struct links *links, struct file *file)
{
	unsigned long key = (unsigned long)file_inode(file);
	struct link *link;
	int err;

	if (xa_load(&links->seen, key)) {
		fput(file);
		return 0;
	}
	link = kmalloc(sizeof(*link), GFP_KERNEL);
	err = link ? xa_err(xa_store(&links->seen, key, xa_mk_value(1), GFP_KERNEL)) : -ENOMEM;
	if (err) {
		kfree(link);
		fput(file);
		return err;
	}
	link->file = file;
	list_add_tail(&link->list, &links->todo);
	return 0;
}

/* Memory reclaim takes the lock, too: no allocation may wait for it. */
static int memories_collect(struct links *links, struct address_space *mapping)
{
	struct rb_node *node;
	int err = 0;

	i_mmap_lock_read(mapping);
	for (node = rb_first_cached(&mapping->i_mmap); node && !err; node = rb_next(node)) {
		struct vm_area_struct *vma =
			container_of(node, struct vm_area_struct, shared.rb);
		unsigned long key = (unsigned long)vma->vm_mm;

		if (xa_load(&links->memories, key) || !mmget_not_zero(vma->vm_mm))
			continue;
		err = xa_err(xa_store(&links->memories, key, vma->vm_mm, GFP_NOWAIT));
		if (err)
			mmput_async(vma->vm_mm);
	}
	i_mmap_unlock_read(mapping);
	return err;
}

/* What @mm could copy to. */
static int memory_visit(struct links *links, struct mm_struct *mm)
{
	struct mapping_walk walk = { .mm = mm, .which = DOMICILE_MAPPINGS_WRITABLE };
	struct file *file;
	int err = 0;

	while (!err && (file = mapping_step(&walk)))
		err = links_add(links, file);
	return err;
}

/* Return: 0 or a negative errno; nothing is left in @links->memories. */
static int memories_visit(struct links *links, int err)
{
	struct mm_struct *mm;
	unsigned long key;

	xa_for_each(&links->memories, key, mm) {
		if (!err)
			err = memory_visit(links, mm);
		xa_erase(&links->memories, key);
		mmput(mm);
	}
	return err;
}

static int links_walk(struct links *links)
{
	struct link *link, *next;
	int err = 0;

	while (!err && (link = list_first_entry_or_null(&links->todo, struct link, list))) {
		links->file = link->file;
		err = memories_collect(links, link->file->f_mapping);
		err = links->visit(link->file) ?: err;
		err = memories_visit(links, err);
		list_del(&link->list);
		fput(link->file);
		kfree(link);
	}
	list_for_each_entry_safe(link, next, &links->todo, list) {
		fput(link->file);
		kfree(link);
	}
	return err;
}

/*
 * link_spread - visit @file, and every file that its data could be copied to by
 * those who map it, over any number of steps
 *
 * Return: 0 or a negative errno; then some were not visited. May sleep; the caller holds
 * no lock of a file or an address space.
 */
int link_spread(struct file *file, link_visit visit)
{
	struct links links = { .visit = visit };
	int err;

	if (!mapping_mapped(file->f_mapping))
		return 0;
	INIT_LIST_HEAD(&links.todo);
	xa_init(&links.seen);
	xa_init(&links.memories);
	err = xa_err(xa_store(&walks, (unsigned long)current, &links, GFP_KERNEL)) ?:
	      links_add(&links, get_file(file)) ?:
	      links_walk(&links);
	xa_erase(&walks, (unsigned long)current);
	xa_destroy(&links.seen);
	xa_destroy(&links.memories);
	return err;
}

__bpf_kfunc_start_defs();

/**
 * domicile_link_maps - does a task map the file that link_spread() visits now?
 * @task: the task
 *
 * Return: 1 or 0. Does not sleep.
 */
__bpf_kfunc int domicile_link_maps(struct task_struct *task)
{
	struct links *links = xa_load(&walks, (unsigned long)current);
	unsigned long memory = (unsigned long)READ_ONCE(task->mm);

	return links && memory && xa_load(&links->memories, memory);
}

/**
 * domicile_link_inode - the inode of the file that link_spread() visits now
 *
 * Return: its address, for as long as the visit goes on, or 0. Does not sleep.
 */
__bpf_kfunc u64 domicile_link_inode(void)
{
	struct links *links = xa_load(&walks, (unsigned long)current);

	return links ? (unsigned long)file_inode(links->file) : 0;
}

__bpf_kfunc_end_defs();
