// SPDX-License-Identifier: GPL-2.0-only
/* Places: file systems that go. */
#include "place.bpf.h"

static __always_inline void device_forget(__u32 slot, const struct domicile_medium *medium)
{
	void *table = bpf_map_lookup_elem(&storages, &slot);

	if (table)
		bpf_map_delete_elem(table, medium);
}

/* Its device number may soon be another's, which is not where the policy meant. */
SEC("fentry/generic_shutdown_super")
int BPF_PROG(trace_generic_shutdown_super, struct super_block *sb)
{
	struct domicile_medium medium = { .kind = DOMICILE_MEDIUM_DEVICE };
	__u32 dev = sb->s_dev;

	__builtin_memcpy(medium.id, &dev, sizeof(dev));
	for (__u32 slot = 0; slot < DOMICILE_SLOTS; slot++)
		device_forget(slot, &medium);
	return 0;
}
