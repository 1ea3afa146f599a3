/* SPDX-License-Identifier: GPL-2.0-only */
/* Network devices and routes: which of them send a packet as it is. */
#ifndef DOMICILE_NETDEV_BPF_H
#define DOMICILE_NETDEV_BPF_H

#include "compat.bpf.h"

#define DEVICE_KIND_MAX 16

#define IS_KIND(kind, name) (!bpf_strncmp(kind, sizeof(name), name))

/*
 * Hardware and the loopback device have no kind. Of the others, these pass on
 * what they get, to another device or network namespace. Tunnels, TUN and all
 * that is not known are not among them.
 */
static __noinline bool device_is_plain(struct net_device *device)
{
	char kind[DEVICE_KIND_MAX] = {};
	const char *name;

	name = BPF_CORE_READ(device, rtnl_link_ops, kind);
	if (!name)
		return true;
	bpf_probe_read_kernel_str(kind, sizeof(kind), name);
	return IS_KIND(kind, "veth") || IS_KIND(kind, "bridge") || IS_KIND(kind, "vlan") ||
	       IS_KIND(kind, "bond") || IS_KIND(kind, "team") || IS_KIND(kind, "macvlan") ||
	       IS_KIND(kind, "ipvlan") || IS_KIND(kind, "vrf") || IS_KIND(kind, "dummy") ||
	       IS_KIND(kind, "ifb") || IS_KIND(kind, "netkit") || IS_KIND(kind, "virt_wifi");
}

/* Encapsulation that belongs to the route and not to a device: MPLS, SRv6, BPF and others. */
static __always_inline bool route_is_plain(struct dst_entry *route)
{
	return !BPF_CORE_READ(route, lwtstate);
}

#endif /* DOMICILE_NETDEV_BPF_H */
