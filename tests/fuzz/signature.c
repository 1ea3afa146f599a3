// SPDX-License-Identifier: GPL-2.0-only
/* A signature, or a public key, as somebody wrote it. */
#include "fuzz.h"
#include "signature.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct signature signature;
	struct public_key key;
	unsigned int line;

	line = signature_parse((const char *)data, size, &signature);
	FUZZ_HOLDS(line <= 4);
	if (line) {
		FUZZ_HOLDS(*signature_expected(line));
	} else {
		memcpy(key.id, signature.key_id, sizeof(key.id));
		memcpy(key.key, signature.bytes, sizeof(key.key));
		/* Nobody here has signed anything. */
		FUZZ_HOLDS(signature_verify(&signature, &key, data, size));
	}
	line = public_key_parse((const char *)data, size, &key);
	FUZZ_HOLDS(line <= 2 && (!line || *public_key_expected(line)));
	return 0;
}
