/* SPDX-License-Identifier: GPL-2.0-only */
/* What the fuzzers share. Those of their own functions that libFuzzer calls are declared here. */
#ifndef DOMICILE_FUZZ_H
#define DOMICILE_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold whatever the input is. */
#define FUZZ_HOLDS(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, \
				#condition); \
			abort(); \
		} \
	} while (0)

#endif /* DOMICILE_FUZZ_H */
