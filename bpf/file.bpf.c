// SPDX-License-Identifier: GPL-2.0-only
/*
 * Regular files, where the data moves after the hook was asked: long reads, and
 * mappings.
 */
#include "device_flow.bpf.h"
#include "file.bpf.h"
#include "flow.bpf.h"

/* --- reads ----------------------------------------------------------------- */

/* What @file holds by now has come to the current process. */
static __always_inline void file_taken(struct file *file, __u16 hook)
{
	struct domicile_inode_label label;

	file_label_peek(file, &label);
	data_taken(&label.set, label.origin, hook);
}

/*
 * A file can get its label while somebody is in the middle of reading it: the
 * bytes that came after the label are labelled.
 */
static __always_inline int file_read_done(struct kiocb *iocb, ssize_t ret)
{
	struct file *file = iocb->ki_filp;

	if (ret <= 0 || !tainted_host() || !inode_marked(file->f_inode))
		return 0;
	if (is_regular(file->f_inode) && !is_kernel_thread(bpf_get_current_task_btf()))
		file_taken(file, DOMICILE_HOOK_FILE_PERMISSION);
	return 0;
}

SEC("fexit/filemap_read")
int BPF_PROG(done_filemap_read, struct kiocb *iocb, struct iov_iter *iter, ssize_t already,
	     ssize_t ret)
{
	return file_read_done(iocb, ret);
}

SEC("fexit/shmem_file_read_iter")
int BPF_PROG(done_shmem_file_read_iter, struct kiocb *iocb, struct iov_iter *to, ssize_t ret)
{
	return file_read_done(iocb, ret);
}

/* O_DIRECT. The data of a call that does not wait has not come yet. */
SEC("fexit/__iomap_dio_rw")
int BPF_PROG(done_iomap_dio_rw, struct kiocb *iocb, struct iov_iter *iter)
{
	return iter->data_source ? 0 : file_read_done(iocb, 1);
}

/* --- mappings -------------------------------------------------------------- */

SEC("lsm/mmap_file")
int BPF_PROG(hook_mmap_file, struct file *file, unsigned long reqprot, unsigned long prot,
	     unsigned long flags)
{
	int err;

	if (!file)
		return 0;
	if (is_device(file->f_inode))
		return device_map(file, flags & MAP_TYPE) ? -EPERM : 0;
	if (!is_regular(file->f_inode))
		return 0;
	if (file_read(file, DOMICILE_HOOK_MMAP_FILE))
		return -EPERM;
	flags &= MAP_TYPE;
	if ((flags != MAP_SHARED && flags != MAP_SHARED_VALIDATE) ||
	    !(file->f_mode & FMODE_WRITE))
		return 0;
	if (!tainted_host())
		return 0;
	err = access_write_again(file, DOMICILE_HOOK_MMAP_FILE) ?:
	      file_write(file, DOMICILE_HOOK_MMAP_FILE);
	if (err == -ERESTARTNOINTR)
		return -ERESTARTNOINTR;
	return err ? -EPERM : 0;
}

/* Another thread may have brought a label since the hook. Always 0. */
static __noinline int file_mapped(struct file *file)
{
	struct domicile_taint *taint = taint_of(bpf_get_current_task_btf(), 0);

	if (!taint || taint->carrier || is_kernel_object(file->f_inode))
		return 0;
	if (storage_reached((__u64)BPF_CORE_READ(file, f_inode, i_sb), &taint->set,
			    taint->origin)) {
		bpf_send_signal(SIGKILL);
		count(DOMICILE_COUNT_KILLED);
	}
	return 0;
}

/*
 * Between the hook and the mapping the call may have waited for the lock of the
 * address space. Labels that come from here on find the mapping: see
 * inode_mapped().
 */
SEC("fexit/mmap_region")
int BPF_PROG(done_mmap_region, struct file *file, unsigned long addr, unsigned long len,
	     vm_flags_t flags, unsigned long offset, struct list_head *uf, unsigned long ret)
{
	if (!file || is_error(ret) || !tainted_host() || !is_regular(file->f_inode))
		return 0;
	file_taken(file, DOMICILE_HOOK_MMAP_FILE);
	if (flags & VM_SHARED && flags & VM_MAYWRITE && storage_ruled())
		file_mapped(file);
	return 0;
}

/*
 * What was copied out of a mapping is the process's when the mapping is gone.
 * Not at the end of the process, nor of another process's address space.
 */
SEC("fentry/remove_vma")
int BPF_PROG(trace_remove_vma, struct vm_area_struct *vma)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct file *file = vma->vm_file;

	if (!file || !tainted_host())
		return 0;
	if (task->flags & PF_EXITING || vma->vm_mm != seen(task)->mm)
		return 0;
	if (is_regular(file->f_inode))
		file_taken(file, DOMICILE_HOOK_MMAP_FILE);
	return 0;
}
