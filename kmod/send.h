/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DOMICILE_SEND_H
#define DOMICILE_SEND_H

#include <linux/types.h>

struct msghdr;
struct sock;

bool send_copy(const struct sock *sk, struct msghdr *msg);
int send_complete_later(struct sock *sk);

#endif /* DOMICILE_SEND_H */
