// SPDX-License-Identifier: GPL-2.0-only
/* What the compiler warns of, and how errors and warnings show their lines. */
#include "unit.h"

#include <jansson.h>

#include "document.h"
#include "policy.h"
#include "policy_error.h"

FIXTURE(warned) {
	struct files files;
	struct policy *policy;
	struct policy_errors errors;
};

FIXTURE_SETUP(warned)
{
	files_start(&self->files);
	ASSERT_EQ(0, chdir(self->files.directory));
}

FIXTURE_TEARDOWN(warned)
{
	files_end(&self->files);
	policy_free(self->policy);
	EXPECT_NO_LEAK();
}

#define WRITE(text) files_add(&self->files, text, strlen(text))

#define COMPILE(ret) \
	ASSERT_EQ(ret, policy_compile((char *[]){ "0.yaml", "1.yaml" }, self->files.count, \
				      &self->policy, &self->errors))

static char *printed(const struct policy_errors *errors)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	policy_errors_print(errors, stream);
	fclose(stream);
	return text;
}

#define EXPECT_PRINTED(expected) \
	do { \
		char *text = printed(&self->errors); \
		EXPECT_STREQ(expected, text); \
		free(text); \
	} while (0)

#define NETWORKS \
	"version: 1\n" \
	"labels: {cn.pii: , eu.pii: }\n" \
	"networks:\n" \
	"  wide: {cidr: [10.0.0.0/8]}\n" \
	"  narrow: {cidr: [10.1.0.0/16]}\n" \
	"  six: {cidr: ['2001:db8::/32']}\n"

TEST_F(warned, of_nothing)
{
	WRITE(NETWORKS
	      "sources: [{listen: tcp/1, from: six, label: cn.pii}]\n"
	      "rules:\n"
	      "  - {label: cn.pii, egress: {allow: [wide]}}\n"
	      "  - {label: cn.pii, egress: {allow: [six], mode: enforce}}\n"
	      "  - {label: eu.pii, egress: {allow: [narrow], mode: audit}}\n");
	COMPILE(0);
	EXPECT_PRINTED("");
}

/* What is denied is said for a reason, and the defaults are a rule. */
TEST_F(warned, of_nothing_that_is_denied_or_left_to_the_defaults)
{
	WRITE(NETWORKS
	      "defaults: {egress: {allow: [six]}}\n"
	      "rules:\n"
	      "  - {label: cn.pii, egress: {allow: [wide, six], mode: audit}}\n"
	      "  - {label: cn.pii, egress: {deny: [narrow]}}\n"
	      "  - {label: cn.pii, egress: {allow: [wide], deny: [narrow], mode: audit}}\n");
	COMPILE(0);
	EXPECT_PRINTED("");
}

TEST_F(warned, of_labels_and_networks_that_lead_nowhere)
{
	WRITE("version: 1\n"
	      "labels:\n"
	      "  cn.pii:\n"
	      "  eu.pii: {title: Personen}\n"
	      "networks: {no: {cidr: []}, some: {cidr: [10.0.0.0/8]}}\n"
	      "rules:\n"
	      "  - {label: cn.pii, egress: {allow: [no]}}\n");
	COMPILE(0);
	EXPECT_PRINTED("0.yaml:4:3: warning: found no rule for label 'eu.pii': it may go nowhere; "
		       "if that is meant, say so with 'allow: []'\n"
		       "    4 |   eu.pii: {title: Personen}\n"
		       "      |   ^\n"
		       "0.yaml:5:12: warning: found no address in network 'no': what names it "
		       "matches nothing\n"
		       "    5 | networks: {no: {cidr: []}, some: {cidr: [10.0.0.0/8]}}\n"
		       "      |            ^\n"
		       "0.yaml:5:28: warning: found no rule or source that names network 'some'\n"
		       "    5 | networks: {no: {cidr: []}, some: {cidr: [10.0.0.0/8]}}\n"
		       "      |                            ^\n");
}

TEST_F(warned, of_places_that_no_rule_names)
{
	WRITE("version: 1\n"
	      "labels: {cn.pii: }\n"
	      "places:\n"
	      "  disks: {filesystem: [ext4]}\n"
	      "  memory: {filesystem: [tmpfs]}\n"
	      "  other: {filesystem: [xfs]}\n"
	      "rules: [{label: cn.pii, egress: {allow: []}, storage: {allow: [disks]}}]\n"
	      "defaults: {storage: {allow: [memory]}}\n");
	COMPILE(0);
	EXPECT_PRINTED("0.yaml:6:3: warning: found no rule that names place 'other'\n"
		       "    6 |   other: {filesystem: [xfs]}\n"
		       "      |   ^\n");
}

TEST_F(warned, of_a_rule_that_another_covers)
{
	WRITE(NETWORKS
	      "rules:\n"
	      "  - {label: cn.pii, egress: {allow: [narrow]}}\n"
	      "  - {label: cn.pii, egress: {allow: [wide, six]}}\n"
	      "  - {label: eu.pii, egress: {allow: [narrow]}}\n");
	COMPILE(0);
	EXPECT_PRINTED("0.yaml:8:5: warning: found a rule for label 'cn.pii' that adds nothing: "
		       "others let it go to every address of this one\n"
		       "    8 |   - {label: cn.pii, egress: {allow: [narrow]}}\n"
		       "      |     ^\n");
}

/* Of two that say the same, in two files, one is enough. */
TEST_F(warned, of_one_of_two_rules)
{
	WRITE(NETWORKS
	      "rules:\n"
	      "  - {label: cn.pii, egress: {allow: [wide, six]}}\n"
	      "  - {label: eu.pii, egress: {allow: [narrow]}}\n");
	WRITE("version: 1\n"
	      "rules: [{label: cn.pii, egress: {allow: [six, wide]}}]\n");
	COMPILE(0);
	EXPECT_EQ(1, self->errors.count);
	EXPECT_STREQ("1.yaml", self->errors.list[0].file);
	EXPECT_EQ(9, self->errors.list[0].column);
}

TEST_F(warned, of_audit_beside_enforce)
{
	WRITE(NETWORKS
	      "rules:\n"
	      "  - {label: cn.pii, egress: {allow: [wide], mode: audit}}\n"
	      "  - {label: cn.pii, egress: {allow: [six]}}\n"
	      "  - {label: eu.pii, egress: {allow: [narrow]}}\n");
	COMPILE(0);
	ASSERT_EQ(1, self->errors.count);
	EXPECT_EQ(POLICY_WARNING, self->errors.list[0].severity);
	EXPECT_STREQ("found mode audit for label 'cn.pii', which the rule at 0.yaml:9:5 enforces: "
		     "nothing is only recorded", self->errors.list[0].text);
}

TEST_F(warned, and_wrong)
{
	WRITE("version: 1\nlabels: {a: }\nnetwork: {}\n");
	COMPILE(-EINVAL);
	EXPECT_PRINTED("0.yaml:3:1: found unknown key 'network', expected one of 'version', "
		       "'labels', 'networks', 'countries', 'places', 'sources', 'rules', "
		       "'defaults', "
		       "'resolvers', 'carriers', 'cases'; did you mean 'networks'?\n"
		       "    3 | network: {}\n"
		       "      | ^\n");
}

static size_t json_count(const struct policy_errors *errors, enum policy_severity severity)
{
	json_t *json = policy_errors_json(errors, severity);
	size_t count = json_array_size(json);

	json_decref(json);
	return count;
}

TEST_F(warned, as_json)
{
	WRITE("version: 1\nlabels: {a: }\n");
	COMPILE(0);
	EXPECT_EQ(0, json_count(&self->errors, POLICY_ERROR));
	EXPECT_EQ(1, json_count(&self->errors, POLICY_WARNING));
}

/* More than there is room for: errors are not lost to warnings. */
TEST(room)
{
	struct policy_errors errors = {};

	for (int i = 0; i < POLICY_ERRORS_MAX + 1; i++)
		policy_warning_add(&errors, NULL, "odd %d", i);
	EXPECT_EQ(POLICY_ERRORS_MAX, errors.count);
	EXPECT_FALSE(policy_errors_found(&errors));
	for (int i = 0; i < POLICY_ERRORS_MAX; i++)
		ASSERT_EQ(0, policy_error_add(&errors, NULL, "wrong %d", i));
	EXPECT_TRUE(errors.more);
	EXPECT_TRUE(policy_errors_found(&errors));
	EXPECT_EQ(-E2BIG, policy_error_add(&errors, NULL, "wrong"));
	for (size_t i = 0; i < errors.count; i++)
		EXPECT_EQ(POLICY_ERROR, errors.list[i].severity);
}

#define EXPECT_EXCERPT(text, caret) \
	do { \
		EXPECT_STREQ(text, self->errors.list[0].excerpt); \
		EXPECT_EQ(caret, self->errors.list[0].excerpt_column); \
	} while (0)

TEST_F(warned, after_every_kind_of_line_break)
{
	WRITE("\xef\xbb\xbfversion: 1\r\n# a\r# b\xc2\x85# c\xe2\x80\xa8labels: {a: }\r\nrules: []\n");
	COMPILE(0);
	EXPECT_EQ(5, self->errors.list[0].line);
	EXPECT_EXCERPT("labels: {a: }", 10);
}

TEST_F(warned, far_out_in_a_long_line)
{
	char text[600];

	snprintf(text, sizeof(text), "version: 1\nlabels: {%*s a: {title: '%0*d'}}\n", 200, "", 300,
		 0);
	WRITE(text);
	COMPILE(0);
	EXPECT_EQ(41, self->errors.list[0].excerpt_column);
	EXPECT_EQ(POLICY_EXCERPT_MAX - 1, strlen(self->errors.list[0].excerpt));
	EXPECT_EQ(' ', self->errors.list[0].excerpt[39]);
	EXPECT_EQ('a', self->errors.list[0].excerpt[40]);
}

/* Two columns on the screen for each of them. */
TEST_F(warned, behind_wide_characters)
{
	WRITE("version: 1\nlabels: {a: {title: \xe4\xb8\xaa\xe4\xba\xba}, b: }\n"
	      "rules: [{label: a, egress: {allow: []}}]\n");
	COMPILE(0);
	EXPECT_PRINTED("0.yaml:2:26: warning: found no rule for label 'b': it may go nowhere; if "
		       "that is meant, say so with 'allow: []'\n"
		       "    2 | labels: {a: {title: \xe4\xb8\xaa\xe4\xba\xba}, b: }\n"
		       "      |                            ^\n");
}

/* Nothing of a document reaches the terminal that could drive it. */
TEST_F(warned, without_control_characters)
{
	WRITE("version: 1\nlabels: {\"a\\e[2J\": , b\t: \x7f\n");
	COMPILE(-EINVAL);
	for (size_t i = 0; i < self->errors.count; i++)
		EXPECT_EQ(-1, policy_control_find(self->errors.list[i].excerpt,
						  strlen(self->errors.list[i].excerpt)));
	EXPECT_NE(NULL, strstr(self->errors.list[0].excerpt, "b : ?"));
}

TEST_HARNESS_MAIN
