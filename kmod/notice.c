// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tells who sits at a terminal why nothing appears there, as quota does: what the
 * refused program itself would say is refused, too. The text is always the same,
 * so that it carries nothing of the program's.
 */

#include <linux/file.h>
#include <linux/fs.h>
#include <linux/slab.h>

#include "errand.h"
#include "notice.h"
#include "work.h"

static const char text[] =
	"domicile: Operation not permitted: labelled data may not go to this terminal\r\n";

/* Owned by the task it is queued on; freed when it ran. Holds the file. */
struct notice_work {
	struct callback_head head;
	struct file *terminal;
};

static void work_free(struct notice_work *work)
{
	fput(work->terminal);
	kfree(work);
}

static void work_notice(struct callback_head *head)
{
	struct notice_work *work = container_of(head, struct notice_work, head);

	if (!errand_begin(DOMICILE_ERRAND_NOTICE)) {
		kernel_write(work->terminal, text, sizeof(text) - 1, NULL);
		errand_end();
	}
	work_free(work);
	work_over();
}

/*
 * notice_later - write to @terminal, before current returns to user mode, that it
 * was refused
 *
 * Return: 0 or a negative errno. Does not sleep.
 */
int notice_later(struct file *terminal)
{
	struct notice_work *work = kmalloc(sizeof(*work), GFP_ATOMIC);
	int err;

	if (!work)
		return -ENOMEM;
	work->terminal = get_file(terminal);
	err = work_queue(current, &work->head, work_notice, TWA_RESUME);
	if (err)
		work_free(work);
	return err;
}
