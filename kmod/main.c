// SPDX-License-Identifier: GPL-2.0-only
/* domicile.ko: what the BPF programs of Domicile cannot do themselves. */

#include <linux/domicile.h>
#include <linux/module.h>
#include <net/genetlink.h>

#include "errand.h"
#include "herald.h"
#include "kfunc.h"
#include "netlink.h"
#include "work.h"

static int __init domicile_init(void)
{
	int err = herald_init();

	if (err)
		return err;
	err = netlink_init();
	if (err)
		goto out_herald;
	err = kfunc_init();
	if (err)
		goto out_netlink;
	return 0;

out_netlink:
	netlink_exit();
out_herald:
	herald_exit();
	return err;
}

static void __exit domicile_exit(void)
{
	netlink_exit();
	work_exit();
	errand_exit();
	herald_exit();
}

module_init(domicile_init);
module_exit(domicile_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Domicile: labels on files, for its BPF LSM programs");
MODULE_VERSION(DOMICILE_VERSION);
MODULE_ALIAS_GENL_FAMILY(DOMICILE_GENL_NAME);
