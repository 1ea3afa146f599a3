// SPDX-License-Identifier: GPL-2.0-only
/* What is below and beside TCP and UDP: other families, detours and tunnels. */

#include "families.c"
#include "detour.c"
#include "tunnel.c"
#include "gateway.c"
