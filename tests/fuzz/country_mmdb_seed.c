// SPDX-License-Identifier: GPL-2.0-only
/* country_mmdb_seed DIRECTORY: MaxMind DBs with records of each size, one file each. */
#include <stdio.h>

#include "../unit/mmdb.h"

static void seed_make(const char *directory, unsigned int bits, bool ipv6)
{
	struct mmdb mmdb;
	char name[4096], *text;
	size_t size;
	FILE *file;

	mmdb_start(&mmdb, bits, ipv6, 1790000000);
	mmdb_add(&mmdb, "1.0.1.0/24", "CN");
	mmdb_add(&mmdb, "128.0.0.0/1", "JP");
	if (ipv6) {
		mmdb_add(&mmdb, "2001:250::/31", "CN");
		mmdb_alias(&mmdb);
	}
	mmdb_finish(&mmdb, &text, &size);
	snprintf(name, sizeof(name), "%s/%u-%d", directory, bits, ipv6 ? 6 : 4);
	file = fopen(name, "we");
	if (!file || fwrite(text, 1, size, file) != size || fclose(file))
		err(1, "%s", name);
	free(text);
}

int main(int argc, char **argv)
{
	for (unsigned int bits = 24; bits <= 32; bits += 4) {
		seed_make(argv[1], bits, false);
		seed_make(argv[1], bits, true);
	}
	return 0;
}
