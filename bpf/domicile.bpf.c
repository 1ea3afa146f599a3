// SPDX-License-Identifier: GPL-2.0-only
/*
 * All programs as one object: libbpf's static linker (v1.5) cannot join objects
 * that call the same kfunc ("failed to resolve size of underlying type").
 */
#include "label.bpf.c"
#include "name.bpf.c"
#include "attach.bpf.c"
#include "flow.bpf.c"
#include "arrival.bpf.c"
#include "lost.bpf.c"
#include "file.bpf.c"
#include "device.bpf.c"
#include "splice.bpf.c"
#include "message.bpf.c"
#include "key.bpf.c"
#include "opaque.bpf.c"
#include "terminal.bpf.c"
#include "ring.bpf.c"
#include "egress.bpf.c"
#include "refuse.bpf.c"
#include "packet.bpf.c"
#include "zerocopy.bpf.c"
#include "xdp.bpf.c"
#include "holder.bpf.c"
#include "memory.bpf.c"
#include "guard.bpf.c"
#include "attribute.bpf.c"
#include "setting.bpf.c"
#include "place.bpf.c"
#include "access.bpf.c"

char LICENSE[] SEC("license") = "GPL";
