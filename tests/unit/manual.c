// SPDX-License-Identifier: GPL-2.0-only
/* The examples of domicile-policy(5) make one policy, which keeps what its cases say. */
#include "unit.h"

#include "document.h"
#include "policy.h"
#include "policy_case.h"

#define BLOCK_START ".Bd -literal -offset indent\n"
#define BLOCK_END ".Ed\n"
#define HEAD "version: 1\n"

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

TEST(manual)
{
	struct policy_errors errors = {};
	struct policy *policy = NULL;
	struct files files;
	FILE *page = fopen(MANUAL, "re");

	ASSERT_NE(NULL, page);
	files_start(&files);
	examples_add(&files, page);
	fclose(page);
	EXPECT_GE(files.count, 8);
	EXPECT_EQ(0, policy_compile(files.names, files.count, &policy, &errors));
	EXPECT_EQ(0, errors.count) {
		policy_errors_print(&errors, stderr);
	}
	ASSERT_NE(NULL, policy);
	EXPECT_GE(policy->case_count, 12);
	for (size_t i = 0; i < policy->case_count; i++) {
		struct policy_case_result result = {};

		ASSERT_EQ(0, policy_case_run(policy, &policy->cases[i], &result));
		EXPECT_TRUE(result.passed) {
			TH_LOG("%s: expected %s, got %s", result.about, result.expected,
			       result.got);
		}
		policy_case_result_free(&result);
	}
	policy_free(policy);
	files_end(&files);
	EXPECT_NO_LEAK();
}

TEST_HARNESS_MAIN
