// SPDX-License-Identifier: GPL-2.0-only
/* Networks of a policy: what they are made of, and the files they come from. */
#include "unit.h"

#include <arpa/inet.h>
#include <sys/stat.h>
#include <time.h>

#include "document.h"
#include "moment.h"
#include "policy.h"
#include "policy_error.h"

FIXTURE(networks) {
	struct files files;
	struct policy *policy;
	struct policy_errors errors;
};

FIXTURE_SETUP(networks)
{
	files_start(&self->files);
	ASSERT_EQ(0, chdir(self->files.directory));
}

FIXTURE_TEARDOWN(networks)
{
	files_end(&self->files);
	policy_free(self->policy);
	EXPECT_NO_LEAK();
}

#define WRITE(name, text) files_add_as(&self->files, name, text, strlen(text))
#define COMPILE_AS(...) \
	policy_compile((char *[]){ __VA_ARGS__ }, sizeof((char *[]){ __VA_ARGS__ }) / \
		       sizeof(char *), &self->policy, &self->errors)
#define COMPILE() \
	ASSERT_EQ(0, COMPILE_AS("policy.yaml")) { \
		policy_errors_print(&self->errors, stderr); \
	}

/* The networks of an address: "a, b". */
static const char *networks_of(const struct policy *policy, const char *text)
{
	struct in6_addr address;

	if (inet_pton(AF_INET6, text, &address) == 1)
		return policy->classes[policy_lookup6(policy, &address)].text;
	if (inet_pton(AF_INET, text, &address) != 1)
		errx(1, "%s", text);
	return policy->classes[policy_lookup4(policy, *(struct in_addr *)&address)].text;
}

#define EXPECT_NETWORKS(networks, address) \
	EXPECT_STREQ(networks, networks_of(self->policy, address))

#define COUNTRIES \
	"16777216,16777471,AU\n" /* 1.0.0.0/24 */ \
	"16777472,16778239,CN\n" /* 1.0.1.0 to 1.0.3.255 */ \
	"2001:250::,2001:251:ffff:ffff:ffff:ffff:ffff:ffff,CN\n"

#define NETWORK(name) self->policy->networks[policy_network_index(self->policy, name)]

TEST_F(networks, sets)
{
	WRITE("policy.yaml",
	      "version: 1\n"
	      "networks:\n"
	      "  all: {include: [left, right]}\n"
	      "  left: {cidr: [10.0.0.0/25, '2001:db8::/33']}\n"
	      "  right: {cidr: [10.0.0.128/25, '2001:db8:8000::/33']}\n"
	      "  most: {include: [all], exclude: [hole]}\n"
	      "  some: {include: [most], cidr: [10.0.0.64/32], exclude: {cidr: [10.0.0.0/26], "
	      "include: [right]}}\n"
	      "  hole: {cidr: [10.0.0.64/26, '2001:db8:1::/48']}\n"
	      "  none: {include: [left], exclude: [all]}\n");
	COMPILE();
	EXPECT_NETWORKS("all, left, most", "10.0.0.63");
	EXPECT_NETWORKS("all, hole, left, some", "10.0.0.64");
	EXPECT_NETWORKS("all, hole, left", "10.0.0.65");
	EXPECT_NETWORKS("all, most, right", "10.0.0.128");
	EXPECT_NETWORKS("", "10.0.1.0");
	EXPECT_NETWORKS("all, left, most, some", "2001:db8::1");
	EXPECT_NETWORKS("all, hole, left", "2001:db8:1::1");
	EXPECT_NETWORKS("all, most, right", "2001:db8:8000::1");
	ASSERT_EQ(0, policy_network_index(self->policy, "all"));
	EXPECT_EQ(256, self->policy->networks[0].addresses4);
	EXPECT_EQ(1, self->policy->networks[0].prefixes4);
	EXPECT_EQ(1, self->policy->networks[0].prefixes6);
	EXPECT_EQ(192, NETWORK("most").addresses4);
	EXPECT_EQ(0, NETWORK("none").prefixes4);
}

TEST_F(networks, files)
{
	WRITE("one.txt", "# ours\n198.51.100.0/24\n\n2001:db8:20::/48 # too\n198.51.100.0/25\n");
	WRITE("two.txt", "198.51.100.128/25");
	WRITE("policy.yaml",
	      "version: 1\n"
	      "networks:\n"
	      "  a: {file: [one.txt], cidr: [203.0.113.0/24], exclude: {file: [./two.txt]}}\n"
	      "  b: {file: [one.txt, two.txt]}\n");
	COMPILE();
	EXPECT_NETWORKS("a, b", "198.51.100.127");
	EXPECT_NETWORKS("b", "198.51.100.128");
	EXPECT_NETWORKS("a", "203.0.113.1");
	EXPECT_NETWORKS("a, b", "2001:db8:20::1");
	ASSERT_EQ(3, self->policy->data_count);
	EXPECT_STREQ("one.txt", self->policy->data[0].file);
	EXPECT_EQ(POLICY_DATA_CIDR, self->policy->data[0].format);
	EXPECT_EQ(1, self->policy->data[0].ranges4);
	EXPECT_EQ(3, self->policy->data[0].place.line);
}

/* From the directory of who names it, not from that of who compiles. */
TEST_F(networks, file_beside_the_document)
{
	char path[128];

	WRITE("one.txt", "198.51.100.0/24\n");
	WRITE("policy.yaml", "version: 1\nnetworks: {a: {file: [one.txt]}}\n");
	ASSERT_EQ(0, chdir("/"));
	snprintf(path, sizeof(path), "%s/policy.yaml", self->files.directory);
	ASSERT_EQ(0, COMPILE_AS(path));
	EXPECT_NETWORKS("a", "198.51.100.1");
}

TEST_F(networks, errors_in_a_file)
{
	char *said = NULL;
	size_t size;
	FILE *stream;

	WRITE("good.txt", "198.51.100.0/24\n");
	WRITE("bad.txt", "198.51.100.0/24\n  198.51.100.1/24\n");
	WRITE("worse.txt", "nothing\n");
	WRITE("policy.yaml",
	      "version: 1\nnetworks: {a: {file: [good.txt, bad.txt, worse.txt]}}\n");
	ASSERT_EQ(-EINVAL, COMPILE_AS("policy.yaml"));
	stream = open_memstream(&said, &size);
	policy_errors_print(&self->errors, stream);
	fclose(stream);
	EXPECT_STREQ("bad.txt:2:3: found '198.51.100.1/24', expected a prefix without bits set "
		     "beyond its length; did you mean '198.51.100.0/24'?\n"
		     "    2 |   198.51.100.1/24\n"
		     "      |   ^\n", said);
	free(said);
}

TEST_F(networks, countries)
{
	WRITE("world", COUNTRIES);
	WRITE("policy.yaml",
	      "version: 1\n"
	      "countries: {file: [world]}\n"
	      "networks:\n"
	      "  cn: {country: [CN]}\n"
	      "  east: {country: [CN, AU], exclude: {cidr: [1.0.1.0/24]}}\n"
	      "  but-cn: {cidr: [1.0.0.0/8], exclude: {country: [CN]}}\n");
	COMPILE();
	EXPECT_NETWORKS("but-cn, east", "1.0.0.1");
	EXPECT_NETWORKS("cn", "1.0.1.1");
	EXPECT_NETWORKS("cn, east", "1.0.3.255");
	EXPECT_NETWORKS("but-cn", "1.0.4.0");
	EXPECT_NETWORKS("cn, east", "2001:251::1");
	ASSERT_EQ(1, self->policy->data_count);
	EXPECT_EQ(POLICY_DATA_TOR, self->policy->data[0].format);
	EXPECT_EQ(2, self->policy->data[0].ranges4);
	EXPECT_FALSE(self->policy->data[0].dated);
	EXPECT_GT(self->policy->data[0].date, 0);
	EXPECT_EQ(2, self->policy->data[0].place.line);
}

TEST_F(networks, countries_twice)
{
	WRITE("policy.yaml", "version: 1\ncountries: {file: [a]}\n");
	WRITE("other.yaml", "version: 1\ncountries: {file: [b]}\n");
	ASSERT_EQ(-EINVAL, COMPILE_AS("policy.yaml", "other.yaml"));
	ASSERT_EQ(1, self->errors.count);
	EXPECT_STREQ("found a second 'countries', expected one; the first is at policy.yaml:2:12",
		     self->errors.list[0].text);
}

/* What is excluded, and is not there, is said, too. */
TEST_F(networks, countries_without_addresses)
{
	WRITE("world", COUNTRIES);
	WRITE("policy.yaml",
	      "version: 1\n"
	      "labels: {a: }\n"
	      "countries: {file: [world]}\n"
	      "networks:\n"
	      "  east: {country: [CN, JP], exclude: {country: [XK]}}\n"
	      "rules: [{label: a, egress: {allow: [east]}}]\n");
	COMPILE();
	ASSERT_EQ(2, self->errors.count);
	EXPECT_EQ(24, self->errors.list[0].column);
	EXPECT_STREQ("found no address of country 'JP' in the country data",
		     self->errors.list[0].text);
	EXPECT_EQ(49, self->errors.list[1].column);
	EXPECT_STREQ("found no address of country 'XK' in the country data",
		     self->errors.list[1].text);
}

static void write_dated(struct files *files, __u64 date)
{
	time_t time = date;
	char text[200], line[100];
	struct tm tm;

	gmtime_r(&time, &tm);
	strftime(line, sizeof(line), "# Generated: %a, %d %b %Y %H:%M:%S GMT", &tm);
	snprintf(text, sizeof(text), "%s\n" COUNTRIES, line);
	files_add_as(files, "world", text, strlen(text));
}

#define DAY 86400

TEST_F(networks, old_countries)
{
	__u64 date = time(NULL) - 182 * DAY;
	char expected[200], text[MOMENT_TEXT_MAX];

	write_dated(&self->files, date);
	WRITE("policy.yaml", "version: 1\ncountries: {file: [world]}\n");
	COMPILE();
	ASSERT_EQ(1, self->errors.count);
	EXPECT_EQ(POLICY_WARNING, self->errors.list[0].severity);
	EXPECT_EQ(2, self->errors.list[0].line);
	EXPECT_EQ(20, self->errors.list[0].column);
	EXPECT_STREQ("countries: {file: [world]}", self->errors.list[0].excerpt);
	snprintf(expected, sizeof(expected), "found country data of %s in 'world', expected some "
		 "of the last 180 days; get a newer one", moment_date_text(text, date));
	EXPECT_STREQ(expected, self->errors.list[0].text);
	EXPECT_TRUE(self->policy->data[0].dated);
}

TEST_F(networks, new_countries)
{
	write_dated(&self->files, time(NULL) - 178 * DAY);
	WRITE("policy.yaml", "version: 1\ncountries: {file: [world]}\n");
	COMPILE();
	EXPECT_EQ(0, self->errors.count);
}

/* A file that was modified long ago and does not say when it was made. */
TEST_F(networks, old_countries_without_a_date)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { time(NULL) - 182 * DAY, 0 } };

	WRITE("world", COUNTRIES);
	WRITE("policy.yaml", "version: 1\ncountries: {file: [world]}\n");
	ASSERT_EQ(0, utimensat(AT_FDCWD, "world", times, 0));
	COMPILE();
	EXPECT_EQ(1, self->errors.count);
}

/* A network that is only part of another one is not in vain; an empty one is. */
TEST_F(networks, warnings)
{
	WRITE("policy.yaml",
	      "version: 1\n"
	      "labels: {a: }\n"
	      "networks:\n"
	      "  part: {cidr: [10.0.0.0/8]}\n"
	      "  whole: {include: [part], exclude: [part]}\n"
	      "rules: [{label: a, egress: {allow: [whole]}}]\n");
	COMPILE();
	ASSERT_EQ(1, self->errors.count);
	EXPECT_EQ(5, self->errors.list[0].line);
	EXPECT_STREQ("found no address in network 'whole': what names it matches nothing",
		     self->errors.list[0].text);
}

static void digest_of(struct __test_metadata *_metadata, const char *document,
		      __u8 digest[POLICY_DIGEST_SIZE])
{
	struct policy_errors errors = {};
	struct policy *policy;

	ASSERT_EQ(0, policy_compile((char *[]){ (char *)document }, 1, &policy, &errors));
	memcpy(digest, policy->digest, POLICY_DIGEST_SIZE);
	policy_free(policy);
}

static void swap_files(const char *a, const char *b)
{
	if (rename(a, "swap") || rename(b, a) || rename("swap", b))
		err(1, "rename");
}

/* The digest says which policy it was: with these files, and no others. */
TEST_F(networks, digest)
{
	__u8 before[POLICY_DIGEST_SIZE], after[POLICY_DIGEST_SIZE];

	WRITE("one.txt", "198.51.100.0/24\n");
	WRITE("two.txt", "203.0.113.0/24\n");
	WRITE("world", COUNTRIES);
	WRITE("other", "1,2,CN\n");
	WRITE("policy.yaml",
	      "version: 1\ncountries: {file: [world]}\n"
	      "networks: {a: {file: [one.txt]}, b: {file: [two.txt]}}\n");
	digest_of(_metadata, "policy.yaml", before);
	digest_of(_metadata, "policy.yaml", after);
	EXPECT_EQ(0, memcmp(before, after, sizeof(after)));
	swap_files("one.txt", "two.txt");
	digest_of(_metadata, "policy.yaml", after);
	EXPECT_NE(0, memcmp(before, after, sizeof(after)));
	swap_files("one.txt", "two.txt");
	swap_files("world", "other");
	digest_of(_metadata, "policy.yaml", after);
	EXPECT_NE(0, memcmp(before, after, sizeof(after)));
	swap_files("world", "other");
	digest_of(_metadata, "policy.yaml", after);
	EXPECT_EQ(0, memcmp(before, after, sizeof(after)));
}

/* As deep as there are networks, and as wide as ranges may be. */
TEST_F(networks, deep)
{
	char *text;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	fprintf(file, "version: 1\nnetworks:\n  n0: {cidr: [10.0.0.0/8]}\n");
	for (int i = 1; i < POLICY_NETWORKS_MAX; i++)
		fprintf(file, "  n%d: {include: [n%d]}\n", i, i - 1);
	fclose(file);
	WRITE("policy.yaml", text);
	free(text);
	COMPILE();
	EXPECT_EQ(2, self->policy->class_count);
	EXPECT_EQ(POLICY_NETWORKS_MAX, self->policy->classes[1].network_count);
}

TEST_F(networks, too_many_ranges_together)
{
	char *text;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	for (int i = 0; i < 20000; i++)
		fprintf(file, "10.%d.%d.0/32\n", i >> 8, i & 0xff);
	fclose(file);
	WRITE("list", text);
	free(text);
	file = open_memstream(&text, &size);
	fprintf(file, "version: 1\nnetworks:\n");
	for (int i = 0; i < 500; i++)
		fprintf(file, "  n%03d: {file: [list]}\n", i);
	fclose(file);
	WRITE("policy.yaml", text);
	free(text);
	ASSERT_EQ(-EINVAL, COMPILE_AS("policy.yaml"));
	EXPECT_EQ(3 + (8 << 20) / 20000, self->errors.list[0].line);
	EXPECT_STREQ("found networks of more than 8388608 address ranges together, expected fewer",
		     self->errors.list[0].text);
}

TEST_HARNESS_MAIN
