/* SPDX-License-Identifier: GPL-2.0-only */
/* Zero-copy sends that were made copies, and whose senders wait to be told. */
#ifndef DOMICILE_ZEROCOPY_BPF_H
#define DOMICILE_ZEROCOPY_BPF_H

#include "compat.bpf.h"
#include "maps.bpf.h"

__u8 zerocopies_seen; /* most sends need not look */

/* Return: 0, or a negative errno. */
static __always_inline int zerocopy_note(void)
{
	__u64 thread = bpf_get_current_pid_tgid();
	__u8 one = 1;

	zerocopies_seen = 1;
	return bpf_map_update_elem(&zerocopies, &thread, &one, BPF_ANY);
}

#endif /* DOMICILE_ZEROCOPY_BPF_H */
