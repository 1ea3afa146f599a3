// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/bpf.h>

#include <domicile/policy_abi.h>

#include "cleanup.h"
#include "generation.h"

static int bpf(enum bpf_cmd command, union bpf_attr *attributes)
{
	int ret = syscall(SYS_bpf, command, attributes, sizeof(*attributes));

	return ret < 0 ? -errno : ret;
}

int generation_in_force(__u64 *generation)
{
	struct domicile_state state = { 0 };
	union bpf_attr attributes = {
		.pathname = (unsigned long)DOMICILE_PIN_DIR "/maps/state",
	};
	cleanup(close_fd) int fd = bpf(BPF_OBJ_GET, &attributes);
	__u32 zero = 0;
	int err;

	if (fd < 0)
		return fd;
	memset(&attributes, 0, sizeof(attributes));
	attributes.map_fd = fd;
	attributes.key = (unsigned long)&zero;
	attributes.value = (unsigned long)&state;
	err = bpf(BPF_MAP_LOOKUP_ELEM, &attributes);
	if (!err)
		*generation = state.generation;
	return err;
}
