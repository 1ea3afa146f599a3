// SPDX-License-Identifier: GPL-2.0-only
/* Country data as lines: of Tor, and of the registries. */
#include "country_data_use.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_country_data(data, size);
}
