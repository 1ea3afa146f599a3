/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DOMICILE_CONNECTION_H
#define DOMICILE_CONNECTION_H

#include "fault.h"

/*
 * A socket that does not block, connected to one of the addresses of @host: SOCK_STREAM
 * or SOCK_DGRAM. Tries each for ten seconds. A negative errno, with @fault.
 */
int connection_open(const char *host, const char *port, int type, struct fault *fault);

#endif /* DOMICILE_CONNECTION_H */
