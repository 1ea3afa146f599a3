// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include <jansson.h>

#include "document.h"
#include "policy.h"
#include "policy_diff.h"

FIXTURE(differing) {
	struct files files;
	struct policy *before;
	struct policy *after;
};

FIXTURE_SETUP(differing)
{
	files_start(&self->files);
}

FIXTURE_TEARDOWN(differing)
{
	files_end(&self->files);
	policy_free(self->before);
	policy_free(self->after);
	EXPECT_NO_LEAK();
}

static struct policy *compile(struct files *files, const char *text)
{
	struct policy_errors errors = {};
	struct policy *policy = NULL;

	files_add(files, text, strlen(text));
	if (policy_compile(files->names + files->count - 1, 1, &policy, &errors))
		policy_errors_print(&errors, stderr);
	return policy;
}

#define COMPILE(old, new) \
	do { \
		self->before = compile(&self->files, old); \
		self->after = compile(&self->files, new); \
		ASSERT_TRUE(self->before && self->after); \
	} while (0)

static char *printed(const struct policy *before, const struct policy *after)
{
	json_t *diff = policy_diff(before, after);
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	policy_diff_print(diff, stream);
	fclose(stream);
	json_decref(diff);
	return text;
}

#define EXPECT_CHANGES(expected) \
	do { \
		char *text = printed(self->before, self->after); \
		EXPECT_STREQ(expected, text); \
		free(text); \
	} while (0)

#define HEAD "version: 1\nlabels: {cn.pii: }\n"
#define RULE(allow, mode) \
	"rules: [{label: cn.pii, egress: {allow: [" allow "], mode: " mode "}}]\n"

TEST_F(differing, in_nothing)
{
	COMPILE(HEAD "networks: {dc: {cidr: [10.0.0.0/25, 10.0.0.128/25]}}\n" RULE("dc", "enforce"),
		HEAD "# the same\n" RULE("site", "enforce") "networks: {site: {cidr: [10.0.0.0/24]}}\n");
	EXPECT_CHANGES("");
}

TEST_F(differing, in_addresses)
{
	COMPILE(HEAD "networks: {dc: {cidr: [10.0.0.0/24, '2001:db8::/48']}}\n"
		RULE("dc", "enforce"),
		HEAD "networks: {dc: {cidr: [10.0.0.0/25]}, sg-dc: {cidr: [10.1.0.0/21, 10.1.8.0/24, "
		"'2001:db8:1::/63', '2001:db8:2::8/125']}}\n"
		RULE("dc, sg-dc", "enforce"));
	EXPECT_CHANGES("cn.pii may now reach 2,304 more IPv4 addresses: sg-dc\n"
		       "cn.pii may now reach 2 more IPv6 networks of /64 and 8 more IPv6 addresses: "
		       "sg-dc\n"
		       "cn.pii may no longer reach 128 IPv4 addresses: dc\n"
		       "cn.pii may no longer reach 65,536 IPv6 networks of /64: dc\n");
}

TEST_F(differing, in_mode)
{
	COMPILE(HEAD "networks: {all: {cidr: [0.0.0.0/0, '::/0']}, one: {cidr: [10.0.0.1/32]}}\n"
		RULE("one", "enforce"),
		HEAD "networks: {all: {cidr: [0.0.0.0/0, '::/0']}, one: {cidr: [10.0.0.1/32]}}\n"
		RULE("", "audit"));
	EXPECT_CHANGES("cn.pii is recorded, no longer refused, on its way to 4,294,967,295 IPv4 "
		       "addresses: all\n"
		       "cn.pii is recorded, no longer refused, on its way to every IPv6 address: "
		       "all\n"
		       "cn.pii is recorded as what no rule allows on its way to 1 IPv4 address: "
		       "one\n");
}

/* Who has no rule goes nowhere, and so does a label that is not there. */
#define PLACES \
	"places: {disks: {filesystem: [ext4, xfs]}, memory: {filesystem: [tmpfs]}}\n"
#define STORAGE(allow, mode) \
	"rules: [{label: cn.pii, storage: {allow: [" allow "], mode: " mode "}}]\n"

TEST_F(differing, in_where_data_is_stored)
{
	COMPILE(HEAD PLACES STORAGE("disks", "audit"),
		HEAD STORAGE("disks, memory", "enforce")
		"places: {disks: {filesystem: [ext4]}, memory: {filesystem: [tmpfs]}}\n");
	EXPECT_CHANGES("cn.pii is refused, no longer only recorded, when it is stored where no "
		       "rule says\n"
		       "cn.pii may now be stored on tmpfs\n"
		       "cn.pii may no longer be stored on xfs\n");
}

TEST_F(differing, in_whether_it_matters_where_data_is_stored)
{
	COMPILE(HEAD PLACES, HEAD PLACES STORAGE("disks", "enforce"));
	EXPECT_CHANGES("cn.pii may no longer be stored but on ext4, xfs\n");
}

TEST_F(differing, in_that_it_does_not_matter_where_data_is_stored)
{
	COMPILE(HEAD PLACES STORAGE("disks", "enforce"), HEAD);
	EXPECT_CHANGES("cn.pii may now be stored wherever labels are kept\n");
}

#define USE(use, who, mode) \
	"rules: [{label: cn.pii, " use ": {allow: [" who "], mode: " mode "}}]\n"

TEST_F(differing, in_who_may_read)
{
	COMPILE(HEAD, HEAD USE("read", "{program: /bin/a}, {uid: 7}", "enforce"));
	EXPECT_CHANGES("cn.pii may no longer be read but by program /bin/a, uid 7\n");
}

TEST_F(differing, in_who_may_change)
{
	COMPILE(HEAD USE("write", "{program: /bin/a}, {uid: 7}", "enforce"),
		HEAD USE("write", "{program: /bin/b}, {uid: 7}", "audit"));
	EXPECT_CHANGES("cn.pii is recorded, no longer refused, when it is changed by whom no rule "
		       "names\n"
		       "cn.pii may now be changed by program /bin/b\n"
		       "cn.pii may no longer be changed by program /bin/a\n");
}

TEST_F(differing, in_that_nobody_may_read)
{
	COMPILE(HEAD, HEAD USE("read", "", "enforce"));
	EXPECT_CHANGES("cn.pii may no longer be read by anybody\n");
}

TEST_F(differing, in_what_is_there)
{
	COMPILE("version: 1\nlabels: {a: , b: }\n"
		"sources: [{path: /a, label: a}, {listen: tcp/1, label: b}]\n"
		"resolvers: [{address: 9.9.9.9, rate: 1/s, length: 9}]\n",
		"version: 1\nlabels: {a: , c: {jurisdiction: CN}}\n"
		"networks: {all: {cidr: [0.0.0.0/0]}}\n"
		"sources: [{path: /a, label: c}]\n"
		"resolvers: [{address: 9.9.9.9, rate: 2/s, length: 9}]\n"
		"rules: [{label: c, egress: {allow: [all]}}]\n");
	EXPECT_CHANGES("c may now reach every IPv4 address: all\n"
		       "added to labels: name c, id 3859557458, jurisdiction CN\n"
		       "added to sources: path /a, label c\n"
		       "added to resolvers: address 9.9.9.9, port 53, rate 2, length 9\n"
		       "removed from labels: name b, id 3876335077\n"
		       "removed from sources: path /a, label a\n"
		       "removed from sources: listen tcp/1, label b\n"
		       "removed from resolvers: address 9.9.9.9, port 53, rate 1, length 9\n");
}

TEST_F(differing, in_who_labels_what_arrives)
{
	COMPILE(HEAD "networks: {dc: {cidr: [10.0.0.0/24, '2001:db8::/64']}}\n"
		"sources: [{listen: tcp/443, from: dc, label: cn.pii}, "
		"{listen: udp/9, label: cn.pii}]\n",
		HEAD "networks: {ab: {cidr: [9.0.0.0/8]}, dc: {cidr: [10.0.0.0/23]}}\n"
		"sources: [{listen: tcp/443, from: dc, label: cn.pii}, "
		"{listen: udp/9, label: cn.pii}]\n");
	EXPECT_CHANGES("cn.pii is no longer taken at tcp/443 from 1 IPv6 network of /64: dc\n"
		       "cn.pii is taken at tcp/443 from 256 more IPv4 addresses: dc\n");
}

/* --- against one address at a time ----------------------------------------- */

#define BASE 0x0a000000u
#define SPACE 512

static char *random_policy(unsigned int *seed)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	fprintf(file, HEAD "networks:\n");
	for (int i = 0; i < 4; i++) {
		fprintf(file, "  n%d: {cidr: [", i);
		for (int j = rand_r(seed) % 4; j >= 0; j--) {
			unsigned int length = 24 + rand_r(seed) % 9;
			unsigned int first = rand_r(seed) % SPACE & -1u << (32 - length);

			fprintf(file, "10.0.%u.%u/%u%s", first >> 8, first & 255, length,
				j ? ", " : "");
		}
		fprintf(file, "]}\n");
	}
	fprintf(file, "rules: [{label: cn.pii, egress: {allow: [n0, n1], mode: %s}}]\n",
		rand_r(seed) % 2 ? "audit" : "enforce");
	fclose(file);
	return text;
}

static const char *verdict(const struct policy *policy, __u32 number)
{
	__u32 class = policy_lookup4(policy, (struct in_addr){ htonl(number) });
	const struct domicile_class *sets = &policy->classes[class].sets;

	return label_set_has(&sets->deny, 0) ? "deny" :
	       label_set_has(&sets->audit, 0) ? "audit" : "allow";
}

/* Of the addresses that networks can be in, those that went from one verdict to another. */
static unsigned long long counted(const struct policy *before, const struct policy *after,
				  const char *from, const char *to)
{
	unsigned long long count = 0;

	for (__u32 i = 0; i < SPACE; i++)
		count += !strcmp(verdict(before, BASE + i), from) &&
			 !strcmp(verdict(after, BASE + i), to);
	if (!strcmp(verdict(before, 0), from) && !strcmp(verdict(after, 0), to))
		count += (1ull << 32) - SPACE;
	return count;
}

static unsigned long long told(json_t *diff, const char *from, const char *to)
{
	json_t *change;
	size_t i;

	json_array_foreach(json_object_get(diff, "verdicts"), i, change)
		if (!strcmp(json_string_value(json_object_get(change, "family")), "ipv4") &&
		    !strcmp(json_string_value(json_object_get(change, "from")), from) &&
		    !strcmp(json_string_value(json_object_get(change, "to")), to))
			return strtoull(json_string_value(json_object_get(change, "addresses")),
					NULL, 10);
	return 0;
}

TEST_F(differing, as_counted_one_by_one)
{
	static const char *const verdicts[] = { "deny", "audit", "allow" };
	unsigned int seed = 1;

	for (int round = 0; round < 200; round++) {
		char *old = random_policy(&seed), *new = random_policy(&seed);
		json_t *diff;

		COMPILE(old, new);
		diff = policy_diff(self->before, self->after);
		for (int i = 0; i < 9; i++)
			if (i / 3 != i % 3)
				EXPECT_EQ(counted(self->before, self->after, verdicts[i / 3],
						  verdicts[i % 3]),
					  told(diff, verdicts[i / 3], verdicts[i % 3]));
		json_decref(diff);
		policy_free(self->before);
		policy_free(self->after);
		self->before = self->after = NULL;
		free(old);
		free(new);
		files_end(&self->files);
		files_start(&self->files);
	}
}

TEST_HARNESS_MAIN
