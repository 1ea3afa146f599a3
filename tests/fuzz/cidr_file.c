// SPDX-License-Identifier: GPL-2.0-only
/* A file of prefixes that a policy names. */
#include "cidr_file.h"
#include "use.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct document policy = { "fuzz.yaml", "", 0 };
	struct data_file file = { .document = { "list", (char *)data, size } };
	struct documents documents = { .list = &policy, .count = 1, .data = &file,
				       .data_count = 1 };
	struct policy_errors errors = {};
	struct ranges ranges[2] = {};
	size_t count = 0;
	int err = cidr_file_read(&file.document, &count, ranges, &errors);

	FUZZ_HOLDS(!err || policy_errors_found(&errors));
	FUZZ_HOLDS(count <= size);
	for (int ipv6 = 0; ipv6 < 2; ipv6++) {
		ranges_normalise(&ranges[ipv6]);
		FUZZ_HOLDS(ranges_prefix_count(&ranges[ipv6], ipv6) <= 256 * (count + 1));
		ranges_free(&ranges[ipv6]);
	}
	use_errors(&errors, &documents);
	return 0;
}
