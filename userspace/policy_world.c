// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "cleanup.h"
#include "policy_error.h"
#include "policy_world.h"

/* In quotes, as JSON has them: YAML takes the same. */
static int write_file_name(FILE *document, const char *name, bool first)
{
	cleanup(free_json) json_t *text = json_string(name);

	if (!text)
		return -EILSEQ;
	fputs(first ? "countries:\n  file:\n  - " : "  - ", document);
	json_dumpf(text, document, JSON_ENCODE_ANY);
	fputc('\n', document);
	return 0;
}

static int write_files(FILE *document, const struct policy *policy)
{
	bool first = true;
	int err = 0;

	for (size_t i = 0; policy && i < policy->data_count && !err; i++) {
		if (policy->data[i].format == POLICY_DATA_CIDR)
			continue;
		err = write_file_name(document, policy->data[i].file, first);
		first = false;
	}
	return err;
}

static void write_country(FILE *document, __u16 country)
{
	char code[COUNTRY_TEXT_SIZE];

	country_text(country, code);
	fprintf(document, "  %c%c: {country: [%s]}\n", code[0] | 0x20, code[1] | 0x20, code);
}

static int write_document(FILE *document, const struct policy *policy, __u16 country)
{
	int err;

	fputs("version: 1\n", document);
	err = write_files(document, policy);
	fputs("networks:\n", document);
	for (__u16 i = 0; i < COUNTRIES_MAX; i++)
		if (country_assigned(i) && (country == COUNTRY_NONE || country == i))
			write_country(document, i);
	return err;
}

int policy_world(const struct policy *policy, __u16 country, struct policy **ret,
		 struct policy_errors *errors)
{
	char *text = NULL;
	size_t size;
	FILE *document = open_memstream(&text, &size);
	int err;

	if (!document)
		return policy_error_work(errors, -ENOMEM);
	err = write_document(document, policy, country);
	if (fclose(document) && !err)
		err = -ENOMEM;
	if (!err)
		return policy_compile_text_confined("(countries)", text, ret, errors);
	free(text);
	return policy_error_work(errors, err);
}
