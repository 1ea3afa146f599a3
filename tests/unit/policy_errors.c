// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the policy compiler says. bad/ has one file for each mistake, whose first
 * lines, "# expect: ", are the whole of what is to be said about it.
 */
#include "unit.h"

#include <dirent.h>
#include <jansson.h>
#include <sys/stat.h>

#include "document.h"
#include "policy.h"

#define EXPECT_PREFIX "# expect: "

FIXTURE(refused) {
	struct files files;
	struct policy *policy;
	struct policy_errors errors;
};

FIXTURE_SETUP(refused)
{
	files_start(&self->files);
}

FIXTURE_TEARDOWN(refused)
{
	files_end(&self->files);
	EXPECT_EQ(NULL, self->policy);
	EXPECT_NO_LEAK();
}

#define WRITE(text) files_add(&self->files, text, strlen(text))
#define COMPILE(names, count) policy_compile(names, count, &self->policy, &self->errors)
#define REFUSED() \
	ASSERT_EQ(-EINVAL, COMPILE(self->files.names, self->files.count))
#define EXPECT_SAID(index, line_number, said) \
	do { \
		EXPECT_GT(self->errors.count, index); \
		EXPECT_EQ(line_number, self->errors.list[index].line); \
		EXPECT_STREQ(said, self->errors.list[index].text); \
	} while (0)

/* What the policy's first lines say, as policy_errors_print() would print it without lines. */
static char *expected(const char *name)
{
	FILE *file = fopen(name, "re"), *stream;
	char *line = NULL, *text = NULL;
	size_t size = 0, text_size;

	stream = open_memstream(&text, &text_size);
	while (getline(&line, &size, file) > 0 && !strncmp(line, EXPECT_PREFIX,
							   strlen(EXPECT_PREFIX))) {
		const char *said = line + strlen(EXPECT_PREFIX);

		if (*said >= '0' && *said <= '9')
			fprintf(stream, "%s:", name);
		fputs(said, stream);
	}
	free(line);
	fclose(file);
	fclose(stream);
	return text;
}

static char *printed(struct policy_errors errors)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	for (size_t i = 0; i < errors.count; i++)
		errors.list[i].excerpt[0] = 0;
	policy_errors_print(&errors, stream);
	fclose(stream);
	return text;
}

static int yaml_only(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

TEST_F(refused, corpus)
{
	struct dirent **entries;
	int count;

	ASSERT_EQ(0, chdir(BAD_DIRECTORY));
	count = scandir(".", &entries, yaml_only, alphasort);
	ASSERT_GT(count, 100);
	for (int i = 0; i < count; i++) {
		char *name = entries[i]->d_name, *want = expected(name), *got;

		self->errors = (struct policy_errors){};
		EXPECT_EQ(-EINVAL, COMPILE(&name, 1)) {
			TH_LOG("%s", name);
		}
		got = printed(self->errors);
		EXPECT_STREQ(want, got);
		free(want);
		free(got);
		free(entries[i]);
	}
	free(entries);
}

TEST_F(refused, no_files)
{
	EXPECT_EQ(-EINVAL, COMPILE(NULL, 0));
	EXPECT_SAID(0, 0, "found no file, expected at least one");
}

TEST_F(refused, files_that_cannot_be_read)
{
	char *names[] = { self->files.directory, "/nonexistent/policy.yaml", "/proc/self/mem" };
	char *said;

	EXPECT_EQ(-EINVAL, COMPILE(names, 3));
	EXPECT_SAID(0, 0, "found a directory, expected a file");
	EXPECT_SAID(1, 0, "cannot be read: No such file or directory");
	EXPECT_SAID(2, 0, "cannot be read: Input/output error");
	EXPECT_EQ(names[1], self->errors.list[1].file);
	said = printed(self->errors);
	EXPECT_NE(NULL, strstr(said, "/nonexistent/policy.yaml: cannot be read: No such"));
	free(said);
}

TEST_F(refused, file_without_permission)
{
	WRITE("version: 1\n");
	ASSERT_EQ(0, chmod(self->files.names[0], 0));
	if (!access(self->files.names[0], R_OK))
		SKIP(return, "root reads everything");
	REFUSED();
	EXPECT_SAID(0, 0, "cannot be read: Permission denied");
}

TEST_F(refused, no_bytes)
{
	files_add(&self->files, "", 0);
	REFUSED();
	EXPECT_SAID(0, 1, "found an empty file, expected a policy with 'version: 1'");
}

TEST_F(refused, endless_file)
{
	char *names[] = { "/dev/zero" };

	EXPECT_EQ(-EINVAL, COMPILE(names, 1));
	EXPECT_SAID(0, 0, "found more than 64 MiB, expected less");
}

TEST_F(refused, hundred_megabytes)
{
	WRITE("version: 1\n");
	ASSERT_EQ(0, truncate(self->files.names[0], 100 << 20));
	REFUSED();
	EXPECT_SAID(0, 0, "found more than 64 MiB, expected less");
}

TEST_F(refused, utf16)
{
	static const char text[] = "\xff\xfev\0e\0r\0s\0i\0o\0n\0:\0 \0001\0";

	files_add(&self->files, text, sizeof(text) - 1);
	REFUSED();
	EXPECT_EQ(1, self->errors.list[0].line);
}

TEST_F(refused, second_definition_in_another_file)
{
	char said[POLICY_ERROR_TEXT_MAX];

	WRITE("version: 1\nlabels: {cn.pii: }\nnetworks: {dc: {cidr: []}}\n");
	WRITE("version: 1\n\nlabels: {eu.pii: , cn.pii: }\nnetworks: {dc: {cidr: []}}\n");
	REFUSED();
	EXPECT_EQ(2, self->errors.count);
	snprintf(said, sizeof(said), "found a second definition of label 'cn.pii', expected one; "
		 "the first is at %s:2:10", self->files.names[0]);
	EXPECT_SAID(0, 3, said);
	EXPECT_EQ(self->files.names[1], self->errors.list[0].file);
	snprintf(said, sizeof(said), "found a second definition of network 'dc', expected one; "
		 "the first is at %s:3:12", self->files.names[0]);
	EXPECT_SAID(1, 4, said);
}

/* Both files' mistakes are reported, in the order of the files. */
TEST_F(refused, several_files)
{
	WRITE("version: 1\nlabels: {cn.pii: }\nrules: [{label: cn.pi, egress: {allow: []}}]\n");
	WRITE("version: 1\nlabels: {cn.pii2: {jurisdiction: china}}\n");
	REFUSED();
	EXPECT_EQ(2, self->errors.count);
	EXPECT_SAID(0, 3, "found undefined label 'cn.pi', expected one that 'labels' defines; "
		    "did you mean 'cn.pii'?");
	EXPECT_SAID(1, 2, "found 'china', expected a country code of two capital letters");
}

/* What a broken file may have defined is not called undefined. */
TEST_F(refused, no_errors_that_follow_from_others)
{
	WRITE("version: 1\nlabels: {cn.pii: }}\n");
	WRITE("version: 1\nrules: [{label: cn.pii, egress: {allow: []}}]\n");
	REFUSED();
	EXPECT_EQ(1, self->errors.count);
	EXPECT_EQ(self->files.names[0], self->errors.list[0].file);
}

static FILE *text_start(char **text, size_t *size)
{
	FILE *file = open_memstream(text, size);

	fprintf(file, "version: 1\n");
	return file;
}

#define TEXT_END() \
	do { \
		fclose(file); \
		files_add(&self->files, text, size); \
		free(text); \
	} while (0)

TEST_F(refused, too_many_labels)
{
	char *text;
	size_t size;
	FILE *file = text_start(&text, &size);

	fprintf(file, "labels:\n");
	for (int i = 0; i <= DOMICILE_LABELS_MAX; i++)
		fprintf(file, "  l%d:\n", i);
	TEXT_END();
	REFUSED();
	EXPECT_SAID(0, 3 + DOMICILE_LABELS_MAX, "found more than 256 labels, expected fewer");
}

TEST_F(refused, too_many_networks)
{
	char *text;
	size_t size;
	FILE *file = text_start(&text, &size);

	fprintf(file, "networks:\n");
	for (int i = 0; i <= POLICY_NETWORKS_MAX; i++)
		fprintf(file, "  n%d: {cidr: []}\n", i);
	TEXT_END();
	REFUSED();
	EXPECT_SAID(0, 3 + POLICY_NETWORKS_MAX, "found more than 1024 networks, expected fewer");
}

TEST_F(refused, too_many_sources)
{
	char *text;
	size_t size;
	FILE *file = text_start(&text, &size);

	fprintf(file, "labels: {a: }\nsources:\n");
	for (int i = 0; i <= POLICY_SOURCES_MAX; i++)
		fprintf(file, "- {path: /%d, label: a}\n", i);
	TEXT_END();
	REFUSED();
	EXPECT_SAID(0, 4 + POLICY_SOURCES_MAX, "found more than 65536 sources, expected fewer");
}

TEST_F(refused, too_many_carriers)
{
	char *text;
	size_t size;
	FILE *file = text_start(&text, &size);

	fprintf(file, "carriers:\n");
	for (int i = 0; i <= DOMICILE_CARRIERS_MAX; i++)
		fprintf(file, "- {cgroup: /%d}\n", i);
	TEXT_END();
	REFUSED();
	EXPECT_SAID(0, 3 + DOMICILE_CARRIERS_MAX, "found more than 64 carriers, expected fewer");
}

TEST_F(refused, too_many_rules)
{
	char *text;
	size_t size;
	FILE *file = text_start(&text, &size);

	fprintf(file, "labels: {a: }\nrules:\n");
	for (int i = 0; i <= POLICY_RULES_MAX; i++)
		fprintf(file, "- {label: a, egress: {allow: []}}\n");
	TEXT_END();
	REFUSED();
	EXPECT_SAID(0, 4 + POLICY_RULES_MAX, "found more than 4096 rules, expected fewer");
}

/* @bits networks; address number i is in network j if bit j of i is set. */
static void write_combinations(FILE *file, unsigned int addresses, unsigned int bits)
{
	fprintf(file, "networks:\n");
	for (unsigned int j = 0; j < bits; j++) {
		fprintf(file, "  n%u:\n    cidr:\n", j);
		for (unsigned int i = 0; i < addresses; i++)
			if (i >> j & 1)
				fprintf(file, "    - 10.0.%u.%u/32\n", i >> 8, i & 0xff);
	}
}

TEST_F(refused, too_many_classes)
{
	char *text;
	size_t size;
	FILE *file = text_start(&text, &size);

	write_combinations(file, DOMICILE_CLASSES_MAX + 1, 13);
	TEXT_END();
	REFUSED();
	EXPECT_SAID(0, 0, "found networks that overlap in more than 4096 ways, expected fewer");
}

TEST_F(refused, as_many_classes_as_can_be)
{
	char *text;
	size_t size;
	FILE *file = text_start(&text, &size);

	write_combinations(file, DOMICILE_CLASSES_MAX, 12);
	TEXT_END();
	EXPECT_EQ(0, COMPILE(self->files.names, 1));
	EXPECT_EQ(DOMICILE_CLASSES_MAX, self->policy->class_count);
	policy_free(self->policy);
	self->policy = NULL;
}

/* Every other address: twice as many ranges as prefixes. */
TEST_F_TIMEOUT(refused, too_many_ranges, 120)
{
	char *text;
	size_t size;
	FILE *file = text_start(&text, &size);

	fprintf(file, "networks:\n n:\n  cidr:\n");
	for (unsigned int i = 0; i < DOMICILE_RANGES_MAX; i += 2)
		fprintf(file, "  - 10.%u.%u.%u/32\n", i >> 16, i >> 8 & 0xff, i & 0xff);
	fprintf(file, "  - 9.0.0.0/32\n");
	TEXT_END();
	REFUSED();
	EXPECT_SAID(0, 0, "found networks of more than 4194304 address ranges, expected fewer");
}

TEST_F_TIMEOUT(refused, too_many_prefixes, 120)
{
	char *text;
	size_t size;
	FILE *file = text_start(&text, &size);

	fprintf(file, "networks:\n n:\n  cidr: [");
	for (unsigned int i = 0; i <= POLICY_PREFIXES_MAX; i++)
		fprintf(file, "%s", i % 2 ? "1.0.0.0/8, " : "2.0.0.0/8, ");
	fprintf(file, "]\n");
	TEXT_END();
	REFUSED();
	EXPECT_SAID(0, 4, "found more than 4194304 prefixes, expected fewer");
}

TEST_F_TIMEOUT(refused, too_many_values, 120)
{
	char *text;
	size_t size;
	FILE *file = text_start(&text, &size);

	fprintf(file, "labels: [");
	for (unsigned int i = 0; i <= 8 << 20; i++)
		fprintf(file, "a,");
	fprintf(file, "]\n");
	TEXT_END();
	REFUSED();
	EXPECT_SAID(0, 2, "found more than 8388608 values, expected fewer in one file");
}

TEST_F(refused, deep)
{
	char *text;
	size_t size;
	FILE *file = text_start(&text, &size);

	fprintf(file, "labels: ");
	for (int i = 0; i < 1 << 20; i++)
		fputc('[', file);
	TEXT_END();
	REFUSED();
	EXPECT_SAID(0, 2, "found nesting deeper than 32 levels, expected less");
}

TEST_F(refused, at_most_twenty)
{
	char *text, *said;
	size_t size;
	FILE *file = text_start(&text, &size);

	for (int i = 0; i < 1000; i++)
		fprintf(file, "k%d: 1\n", i);
	TEXT_END();
	REFUSED();
	EXPECT_EQ(POLICY_ERRORS_MAX, self->errors.count);
	EXPECT_TRUE(self->errors.more);
	said = printed(self->errors);
	EXPECT_NE(NULL, strstr(said, "there are more errors"));
	free(said);
}

/* The work ends in the middle of the rules. */
TEST_F(refused, at_most_twenty_rules)
{
	char *text;
	size_t size;
	FILE *file = text_start(&text, &size);

	fprintf(file, "rules:\n");
	for (int i = 0; i < 30; i++)
		fprintf(file, "- {label: l%d, egress: {allow: []}}\n", i);
	TEXT_END();
	REFUSED();
	EXPECT_EQ(POLICY_ERRORS_MAX, self->errors.count);
	EXPECT_TRUE(self->errors.more);
}

TEST_F(refused, long_words_are_cut)
{
	char *text;
	size_t size;
	FILE *file = text_start(&text, &size);
	json_t *json;

	for (int i = 0; i < 3; i++) {
		fprintf(file, "%d", i);
		for (int j = 0; j < 100; j++)
			fprintf(file, "\xe2\x82\xac");
		fprintf(file, ": 1\n");
	}
	TEXT_END();
	REFUSED();
	EXPECT_EQ(3, self->errors.count);
	for (size_t i = 0; i < self->errors.count; i++) {
		EXPECT_NE(NULL, strstr(self->errors.list[i].text, "\xe2\x82\xac...'"));
		json = json_string(self->errors.list[i].text);
		EXPECT_NE(NULL, json);
		json_decref(json);
	}
}

TEST_F(refused, json)
{
	const char *file, *text;
	int line, column;
	json_t *json;

	WRITE("version: 1\nlabels: []\n");
	REFUSED();
	json = policy_errors_json(&self->errors, POLICY_ERROR);
	ASSERT_EQ(0, json_unpack(json, "[{s:s, s:i, s:i, s:s}]", "file", &file, "line", &line,
				 "column", &column, "text", &text));
	EXPECT_STREQ(self->files.names[0], file);
	EXPECT_EQ(2, line);
	EXPECT_EQ(9, column);
	EXPECT_STREQ("found a list, expected a mapping", text);
	json_decref(json);
}

TEST_HARNESS_MAIN
