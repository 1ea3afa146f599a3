/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is a policy what somebody whom this host trusts has signed, and not older than what it
 * had? Each FILE of it needs a FILE.minisig. What is signed with it, the trusted comment,
 * holds words of the form key:value:
 *
 *	serial:7            which policy is the newer one; without it, timestamp:... counts,
 *	                    which minisign writes by itself
 *	policy:sha256:...   the digest of all files together, as domicile policy check prints
 *	                    it. Files that make a policy together all have to have it, and the
 *	                    same serial, so that none can be left out, added, or be of another
 *	                    version. A file without it makes a policy by itself alone.
 */
#ifndef DOMICILE_POLICY_SIGNED_H
#define DOMICILE_POLICY_SIGNED_H

#include "policy_document.h"
#include "serial.h"
#include "trust.h"

/*
 * 0 with @ret, or -EINVAL with errors added, or another errno. The bytes of @documents
 * are what was signed: they are not read again.
 */
int policy_signed(const struct documents *documents, const struct trust *trust,
		  const struct serial *newest, struct policy_signer *ret,
		  struct policy_errors *errors);

#endif /* DOMICILE_POLICY_SIGNED_H */
