/* SPDX-License-Identifier: GPL-2.0-only */
/* Data sent to `in` that the network of this host takes to `out`. */
#ifndef DOMICILE_DETOUR_H
#define DOMICILE_DETOUR_H

#include "route.h"

/* @argument: the address, or NULL for IN4. */
static inline int plain_udp_in(void *argument)
{
	return send_canary(argument ?: IN4);
}

static inline int send_udp_in(void *argument)
{
	return take_label() ?: plain_udp_in(argument);
}

/* What was meant for @host reaches `out`, unless it is labelled. */
static inline void check_detour_of(struct __test_metadata *_metadata, const char *host,
				   const char *record)
{
	arrived("out", false);
	EXPECT_EQ(0, in_child(plain_udp_in, (void *)host));
	EXPECT_TRUE(arrived("out", true));
	EXPECT_DENIED(in_child(send_udp_in, (void *)host));
	EXPECT_EQ(!enforcing, arrived("out", !enforcing));
	if (enforcing)
		EXPECT_TRUE(recorded("cgroup_egress", record, LABELLED));
}

static inline void check_detour(struct __test_metadata *_metadata, const char *record)
{
	check_detour_of(_metadata, IN4, record);
}

#endif /* DOMICILE_DETOUR_H */
