// SPDX-License-Identifier: GPL-2.0-only
/* policy_wire_seed DIRECTORY POLICY...: what each of them is as packed bytes, one file each. */
#include <err.h>

#include "policy_impl.h"
#include "policy_wire.h"

#include <stdlib.h>
#include <string.h>

static void seed_write(const char *directory, size_t number, const void *data, size_t size)
{
	char name[4096];
	FILE *file;

	snprintf(name, sizeof(name), "%s/%zu", directory, number);
	file = fopen(name, "we");
	if (!file || fwrite(data, 1, size, file) != size || fclose(file))
		err(1, "%s", name);
}

static void seed_make(const char *directory, size_t number, char *file)
{
	struct policy_errors errors = {};
	struct policy_result result = {};
	struct documents documents;
	size_t size;
	void *data;

	if (documents_read(&file, 1, &documents, &errors))
		errx(1, "%s: cannot be read", file);
	policy_build(&documents, &result, &errors);
	if (policy_pack(&result, &errors, &documents, &data, &size))
		errx(1, "%s: no memory", file);
	seed_write(directory, number, data, size);
	policy_result_free(&result);
	documents_free(&documents);
	free(data);
}

int main(int argc, char **argv)
{
	for (int i = 2; i < argc; i++)
		seed_make(argv[1], i, argv[i]);
	return 0;
}
