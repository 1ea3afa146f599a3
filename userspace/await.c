// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>

#include "await.h"
#include "interrupt.h"
#include "moment.h"

#define TICK_MS 200
#define NS_PER_MS 1000000ull

int await_fd(int fd, short events, int timeout_ms)
{
	__u64 end = moment_boottime() + timeout_ms * NS_PER_MS;
	struct pollfd wanted = { .fd = fd, .events = events };

	while (!interrupt_waits()) {
		if (poll(&wanted, 1, timeout_ms < TICK_MS ? timeout_ms : TICK_MS) > 0)
			return 0;
		if (moment_boottime() >= end)
			return -ETIMEDOUT;
	}
	return -EINTR;
}

int await_time(__u64 ns)
{
	__u64 now = moment_boottime(), end = now + ns;

	for (; now < end; now = moment_boottime()) {
		__u64 left = (end - now + NS_PER_MS - 1) / NS_PER_MS;

		if (interrupt_waits())
			return -EINTR;
		poll(NULL, 0, left < TICK_MS ? left : TICK_MS);
	}
	return interrupt_waits() ? -EINTR : 0;
}
