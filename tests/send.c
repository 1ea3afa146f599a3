// SPDX-License-Identifier: GPL-2.0-only
/* Ways to send that are more than a call: what the kernel does later, or by reference. */

#include "uring.c"
#include "reference.c"
#include "queue.c"
#include "packet.c"
#include "allow.c"
