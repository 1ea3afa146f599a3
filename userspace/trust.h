/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The keys whose signatures this host believes: policy.pub and trusted.d/NAME.pub in a
 * directory, DOMICILE_POLICY_DIR.
 */
#ifndef DOMICILE_TRUST_H
#define DOMICILE_TRUST_H

#include "policy.h"
#include "signature.h"

struct trust {
	struct public_key *keys; /* owned */
	size_t count; /* 0: no signature is asked for */
};

/*
 * All of them or -EINVAL with errors added: a key that cannot be read, or that others
 * could have written, is not passed over. @ret is to be freed when 0.
 */
int trust_read(const char *directory, struct trust *ret, struct policy_errors *errors);
void trust_free(struct trust *trust);

/* NULL when it is not trusted. */
const struct public_key *trust_find(const struct trust *trust,
				    const __u8 key_id[SIGNATURE_KEY_ID_SIZE]);

#endif /* DOMICILE_TRUST_H */
