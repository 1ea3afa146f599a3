/* SPDX-License-Identifier: GPL-2.0-only */
/* Waiting that SIGINT and SIGTERM end, when they are held (interrupt.h). */
#ifndef DOMICILE_AWAIT_H
#define DOMICILE_AWAIT_H

#include <linux/types.h>

/* For @events of poll(), or an error there: 0, -ETIMEDOUT, -EINTR: told to stop. */
int await_fd(int fd, short events, int timeout_ms);

/* 0 when @ns have passed; -EINTR. */
int await_time(__u64 ns);

#endif /* DOMICILE_AWAIT_H */
