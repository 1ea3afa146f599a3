// SPDX-License-Identifier: GPL-2.0-only
/* What the module is doing on behalf of a task, for the BPF programs to ask. */

#include <linux/sched.h>
#include <linux/xarray.h>

#include "errand.h"

/* By address of the task. An entry lives only while its task is inside the module. */
static DEFINE_XARRAY(errands);

/* errand_current - the errand that current is on */
enum domicile_errand errand_current(void)
{
	void *entry = xa_load(&errands, (unsigned long)current);

	return entry ? xa_to_value(entry) : DOMICILE_ERRAND_NONE;
}

/* errand_begin - Return: 0, or -ENOMEM. May sleep. */
int errand_begin(enum domicile_errand errand)
{
	return xa_err(xa_store(&errands, (unsigned long)current,
			       xa_mk_value(errand), GFP_KERNEL));
}

void errand_end(void)
{
	xa_erase(&errands, (unsigned long)current);
}

void errand_exit(void)
{
	xa_destroy(&errands);
}
