// SPDX-License-Identifier: GPL-2.0-only
/*
 * Policies that people start from: those of policies/, and the examples of
 * domicile-policy(5), which make one. Each keeps what its cases say.
 */
#include "unit.h"

#include <glob.h>

#include "document.h"
#include "policy.h"
#include "policy_case.h"

#define BLOCK_START ".Bd -literal -offset indent\n"
#define BLOCK_END ".Ed\n"
#define HEAD "version: 1\n"

/* Files that the examples name. */
#define BRANCHES "1.0.2.0/24 # abroad\n"
#define REGISTRY "apnic|CN|ipv4|1.0.1.0|768|20110414|allocated\n"

/* Each example is a file; those that do not begin with the version get it. */
static void examples_add(struct files *files, FILE *page)
{
	char *line = NULL, *text = NULL;
	size_t size = 0, used;
	FILE *example = NULL;

	while (getline(&line, &size, page) > 0) {
		if (!strcmp(line, BLOCK_START)) {
			example = open_memstream(&text, &used);
		} else if (example && !strcmp(line, BLOCK_END)) {
			fclose(example);
			files_add(files, text, used);
			free(text);
			example = NULL;
		} else if (example) {
			if (!ftell(example) && strcmp(line, HEAD))
				fputs(HEAD, example);
			fputs(line, example);
		}
	}
	free(line);
}

/* The country data of the machine may be as old as it likes. */
static bool is_clean(const struct policy_errors *errors)
{
	for (size_t i = 0; i < errors->count; i++)
		if (!strstr(errors->list[i].text, "found country data of "))
			return false;
	return true;
}

/* How many cases pass; one that does not, or a warning, is shown. */
static size_t cases_passed(char *const files[], size_t count)
{
	struct policy_errors errors = {};
	struct policy *policy = NULL;
	size_t passed = 0;

	if (policy_compile(files, count, &policy, &errors) || !is_clean(&errors)) {
		policy_errors_print(&errors, stderr);
		policy_free(policy);
		return 0;
	}
	for (size_t i = 0; i < policy->case_count; i++) {
		struct policy_case_result result = {};

		if (policy_case_run(policy, &policy->cases[i], &result))
			break;
		if (!result.passed)
			fprintf(stderr, "# %s:%u: %s: expected %s, got %s\n",
				policy->cases[i].place.file, policy->cases[i].place.line,
				result.about, result.expected, result.got);
		passed += result.passed;
		policy_case_result_free(&result);
	}
	passed = passed == policy->case_count ? passed : 0;
	policy_free(policy);
	return passed;
}

TEST(manual)
{
	FILE *page = fopen(MANUAL, "re");
	struct files files;
	size_t count;

	ASSERT_NE(NULL, page);
	files_start(&files);
	examples_add(&files, page);
	fclose(page);
	count = files.count;
	EXPECT_GE(count, 8);
	files_add_as(&files, "branches.txt", BRANCHES, strlen(BRANCHES));
	files_add_as(&files, "registry.txt", REGISTRY, strlen(REGISTRY));
	EXPECT_GE(cases_passed(files.names, count), 12);
	files_end(&files);
	EXPECT_NO_LEAK();
}

TEST(shipped)
{
	glob_t found;

	ASSERT_EQ(0, glob(POLICIES "/*.yaml", 0, NULL, &found));
	EXPECT_GE(found.gl_pathc, 2);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		EXPECT_GE(cases_passed(&found.gl_pathv[i], 1), 5) {
			TH_LOG("%s", found.gl_pathv[i]);
		}
	}
	globfree(&found);
	EXPECT_NO_LEAK();
}

TEST_HARNESS_MAIN
