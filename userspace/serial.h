/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The newest signed policy that was in force on this host, across reboots: an older one
 * is not taken any more.
 */
#ifndef DOMICILE_SERIAL_H
#define DOMICILE_SERIAL_H

#include "policy.h"

#define SERIAL_FILE "/var/lib/domicile/policy-serial"

struct serial {
	__u64 number; /* 0: there was none */
	char digest[POLICY_DIGEST_TEXT_SIZE]; /* of the policy that had it */
};

/* 0 also when there is no file yet; -EUCLEAN when it is damaged. */
int serial_read(const char *file, struct serial *ret);

/* Makes the directory. In one step, and on disk when it returns. */
int serial_write(const char *file, const struct serial *serial);

/* May a policy with @serial follow one with @newest? Another with the same number may not. */
bool serial_follows(const struct serial *serial, const struct serial *newest);

#endif /* DOMICILE_SERIAL_H */
