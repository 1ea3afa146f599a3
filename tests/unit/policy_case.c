// SPDX-License-Identifier: GPL-2.0-only
/* Verdicts as a policy's tables give them, and the cases that expect them. */
#include "unit.h"

#include "document.h"
#include "policy.h"
#include "policy_case.h"
#include "policy_verdict.h"

#define POLICY \
	"version: 1\n" \
	"labels: {cn.pii: , eu.pii: , us.phi: , in.pii: }\n" \
	"networks:\n" \
	"  wide: {cidr: [10.0.0.0/8, '2001:db8::/32']}\n" \
	"  narrow: {cidr: [10.1.0.0/16]}\n" \
	"  third: {cidr: [192.0.2.0/24]}\n" \
	"sources:\n" \
	"  - {path: /srv/cn, label: cn.pii}\n" \
	"  - {path: /srv/cn/eu, label: eu.pii}\n" \
	"  - {listen: tcp/443, from: narrow, label: cn.pii}\n" \
	"  - {listen: tcp/443, label: eu.pii}\n" \
	"rules:\n" \
	"  - {label: cn.pii, egress: {allow: [narrow]}, storage: {allow: [disks]}, " \
	"read: {allow: [{program: /bin/a, uid: 7}, {unit: a.service}]}}\n" \
	"  - {label: eu.pii, egress: {allow: [wide], mode: audit}, " \
	"storage: {allow: [], mode: audit}, write: {allow: [{uid: 0}], mode: audit}}\n" \
	"  - {label: in.pii, egress: {allow: [wide]}, storage: {allow: [disks]}}\n" \
	"  - {label: in.pii, egress: {deny: [narrow]}, " \
	"storage: {allow: [vault], mode: audit}}\n" \
	"defaults: {egress: {allow: [third]}}\n" \
	"resolvers:\n" \
	"  - {address: 9.9.9.9, rate: 1/s, length: 9}\n" \
	"carriers:\n" \
	"  - {cgroup: /a/b, labelled: refuse}\n" \
	"places:\n" \
	"  disks: {filesystem: [ext4, xfs], mount: [/srv]}\n" \
	"  vault: {uuid: [8f0e2ba1-3ad6-4c1d-9d3a-5a1f0b3c7e52]}\n"

FIXTURE(ruled) {
	struct files files;
	struct policy *policy;
	struct policy_errors errors;
};

FIXTURE_SETUP(ruled)
{
	files_start(&self->files);
}

FIXTURE_TEARDOWN(ruled)
{
	files_end(&self->files);
	policy_free(self->policy);
	EXPECT_NO_LEAK();
}

#define COMPILE(text) \
	do { \
		files_add(&self->files, text, strlen(text)); \
		ASSERT_EQ(0, policy_compile(self->files.names, self->files.count, &self->policy, \
					    &self->errors)) { \
			policy_errors_print(&self->errors, stderr); \
		} \
	} while (0)

static struct policy_ruling judge(const struct policy *policy, const char *labels, const char *to)
{
	struct domicile_label_set set = {};
	struct policy_ruling ruling;
	struct endpoint endpoint;

	for (size_t i = 0; i < policy->label_count; i++)
		if (strstr(labels, policy->labels[i].name))
			label_set_add(&set, i);
	if (endpoint_parse(to, &endpoint))
		exit(KSFT_FAIL);
	policy_judge(policy, &set, &endpoint, &ruling);
	return ruling;
}

static const struct {
	const char *labels;
	const char *to;
	enum domicile_verdict verdict;
	unsigned int line; /* of the rule, 0: none */
	const char *network;
	const char *prefix;
} rulings[] = {
	{ "cn.pii", "10.1.2.3", DOMICILE_VERDICT_ALLOW, 13, "narrow", "10.1.0.0/16" },
	{ "cn.pii", "10.2.0.0", DOMICILE_VERDICT_DENY, 13, "wide", "10.2.0.0/15" },
	{ "cn.pii", "11.0.0.0", DOMICILE_VERDICT_DENY, 13, NULL, "11.0.0.0/8" },
	{ "eu.pii", "2001:db8:5::1", DOMICILE_VERDICT_ALLOW, 14, "wide", "2001:db8::/32" },
	{ "eu.pii", "2001:db9::1", DOMICILE_VERDICT_AUDIT, 14, NULL, "2001:db9::/32" },
	{ "us.phi", "10.1.2.3", DOMICILE_VERDICT_DENY, 17, "narrow", "10.1.0.0/16" },
	{ "us.phi", "192.0.2.1", DOMICILE_VERDICT_ALLOW, 17, "third", "192.0.2.0/24" },
	{ "cn.pii", "192.0.2.1", DOMICILE_VERDICT_DENY, 13, "third", "192.0.2.0/24" },
	{ "in.pii", "10.2.0.0", DOMICILE_VERDICT_ALLOW, 15, "wide", "10.2.0.0/15" },
	{ "in.pii", "10.1.2.3", DOMICILE_VERDICT_DENY, 16, "narrow", "10.1.0.0/16" },
	{ "in.pii", "11.0.0.0", DOMICILE_VERDICT_DENY, 15, NULL, "11.0.0.0/8" },
	/* Of several labels, the strictest decides. */
	{ "cn.pii eu.pii", "10.1.2.3", DOMICILE_VERDICT_ALLOW, 13, "narrow", "10.1.0.0/16" },
	{ "cn.pii eu.pii", "11.0.0.0", DOMICILE_VERDICT_DENY, 13, NULL, "11.0.0.0/8" },
	{ "eu.pii us.phi", "10.1.2.3", DOMICILE_VERDICT_DENY, 17, "narrow", "10.1.0.0/16" },
	{ "us.phi", "127.0.0.1", DOMICILE_VERDICT_ALLOW, 0, NULL, "64.0.0.0/2" },
	{ "us.phi", "9.9.9.9:53", DOMICILE_VERDICT_ALLOW, 0, NULL, "8.0.0.0/7" },
	{ "us.phi", "9.9.9.9:53/tcp", DOMICILE_VERDICT_DENY, 0, NULL, "8.0.0.0/7" },
	{ "us.phi", "9.9.9.9:54", DOMICILE_VERDICT_DENY, 17, NULL, "8.0.0.0/7" },
	{ "cn.pii", "255.255.255.255", DOMICILE_VERDICT_DENY, 13, NULL, "224.0.0.0/3" },
	{ "cn.pii", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", DOMICILE_VERDICT_DENY, 13, NULL,
	  "8000::/1" },
};

TEST_F(ruled, by_the_tables)
{
	COMPILE(POLICY);
	for (size_t i = 0; i < ARRAY_SIZE(rulings); i++) {
		struct policy_ruling ruling = judge(self->policy, rulings[i].labels, rulings[i].to);
		char text[PREFIX_TEXT_MAX];
		struct endpoint to;
		struct prefix prefix;

		endpoint_parse(rulings[i].to, &to);
		prefix = policy_span_prefix(&ruling.span, &to.address);
		prefix_text(&prefix, text);
		EXPECT_EQ(rulings[i].verdict, ruling.verdict) {
			TH_LOG("%s to %s", rulings[i].labels, rulings[i].to);
		}
		EXPECT_EQ(rulings[i].line, ruling.rule ? ruling.rule->place.line : 0);
		EXPECT_STREQ(rulings[i].network ? rulings[i].network : "none",
			     ruling.network == POLICY_ANYWHERE ?
				     "none" : self->policy->networks[ruling.network].name);
		EXPECT_STREQ(rulings[i].prefix, text);
	}
}

/* Every address is in one span, and has the class that policy_lookup4() finds. */
TEST_F(ruled, spans_leave_nothing_out)
{
	unsigned __int128 next = 0;
	size_t count;

	COMPILE(POLICY);
	count = policy_span_count(self->policy, false);
	for (size_t i = 0; i < count; i++) {
		struct policy_span span = policy_span_at(self->policy, false, i);

		EXPECT_EQ(1, span.first == next && span.last >= span.first);
		EXPECT_EQ(span.class, policy_lookup4(self->policy,
						     (struct in_addr){ htonl(span.first) }));
		EXPECT_EQ(span.class, policy_lookup4(self->policy,
						     (struct in_addr){ htonl(span.last) }));
		next = span.last + 1;
	}
	EXPECT_EQ(1, next == 1ull << 32);
}

static const struct {
	const char *text;
	const char *got; /* NULL: passes */
} cases[] = {
	{ "{label: cn.pii, to: 10.1.0.1, expect: allow, rule: 13, network: narrow}", NULL },
	{ "{label: cn.pii, to: 10.1.0.1, expect: allow, rule: '0.yaml:13'}", NULL },
	{ "{label: cn.pii, to: 10.1.0.1, expect: allow, rule: '10.yaml:13'}",
	  "allow by rule 0.yaml:13 in narrow" },
	{ "{label: cn.pii, to: 10.1.0.1, expect: allow, rule: 99}",
	  "allow by rule 0.yaml:13 in narrow" },
	{ "{label: cn.pii, to: 10.1.0.1, expect: deny}", "allow by rule 0.yaml:13 in narrow" },
	{ "{label: cn.pii, to: 10.1.0.1, expect: allow, network: wide}",
	  "allow by rule 0.yaml:13 in narrow" },
	{ "{label: [cn.pii, us.phi], to: 10.1.0.1, expect: deny}", NULL },
	{ "{label: eu.pii, to: 12.0.0.0, expect: audit}", NULL },
	{ "{label: eu.pii, to: 12.0.0.0, expect: deny}",
	  "audit by rule 0.yaml:14 in no named network" },
	{ "{path: /srv/cn, holds: [cn.pii]}", NULL },
	{ "{path: /srv/cn/a, holds: []}", "cn.pii" },
	{ "{path: /srv/cn/eu/a, holds: [eu.pii, cn.pii]}", NULL },
	{ "{path: /srv/cnn, holds: []}", NULL },
	{ "{path: /srv/cnn, to: 12.0.0.0, expect: allow}", NULL },
	{ "{path: /srv/cn/eu/a, holds: [eu.pii], to: 10.1.0.1, expect: allow}",
	  "cn.pii, eu.pii, and allow by rule 0.yaml:13 in narrow" },
	{ "{listen: tcp/443, from: 10.1.9.9, holds: [cn.pii, eu.pii]}", NULL },
	{ "{listen: tcp/443, from: '10.2.9.9:1000', holds: [eu.pii]}", NULL },
	{ "{listen: tcp/443, holds: [eu.pii], to: 10.1.0.1, expect: allow}", NULL },
	{ "{listen: udp/443, holds: [eu.pii]}", "no label" },
	{ "{cgroup: /a/b, labelled: refuse}", NULL },
	{ "{cgroup: /a/b/c, labelled: refuse}", NULL },
	{ "{cgroup: /a/b/c, labelled: keep}", "refuse" },
	{ "{unit: a.service, labelled: none}", NULL },
	{ "{unit: a.service, labelled: keep}", "no carrier" },
	{ "{label: cn.pii, store: xfs, expect: allow, rule: 13}", NULL },
	{ "{label: in.pii, store: /srv, expect: allow, rule: 15}", NULL },
	{ "{label: in.pii, store: 8F0E2BA1-3ad6-4c1d-9d3a-5a1f0b3c7e52, expect: allow, rule: 16}",
	  NULL },
	{ "{label: in.pii, store: tmpfs, expect: deny, rule: 15}", NULL },
	{ "{label: cn.pii, store: /, expect: allow}", "deny by rule 0.yaml:13" },
	{ "{label: [cn.pii, eu.pii], store: ext4, expect: audit, rule: 14}", NULL },
	{ "{label: us.phi, store: ext2, expect: deny}", "allow" },
	{ "{path: /srv/cnn, store: tmpfs, expect: allow}", NULL },
	{ "{label: cn.pii, read: {program: /bin/a, uid: 7}, expect: allow, rule: 13}", NULL },
	{ "{label: cn.pii, read: {program: /bin/a}, expect: allow}", "deny by rule 0.yaml:13" },
	{ "{label: cn.pii, read: {program: /bin/b, uid: 7}, expect: deny}", NULL },
	{ "{label: cn.pii, read: {uid: 8, unit: a.service}, expect: allow}", NULL },
	{ "{label: cn.pii, read: {cgroup: /system.slice/a.service/b}, expect: allow}", NULL },
	{ "{label: cn.pii, read: {cgroup: /system.slice/a.servicex}, expect: deny}", NULL },
	{ "{label: cn.pii, write: {uid: 8}, expect: allow}", NULL },
	{ "{path: /srv/cn/eu/a, write: {uid: 8}, expect: audit, rule: 14}", NULL },
	{ "{label: [cn.pii, eu.pii], write: {uid: 0}, expect: deny}", "allow" },
	{ "{path: /srv/cn/a, holds: [cn.pii], store: btrfs, expect: allow}",
	  "cn.pii, and deny by rule 0.yaml:13" },
};

static FILE *text_start(char **text, size_t *size)
{
	FILE *file = open_memstream(text, size);

	fprintf(file, POLICY "cases:\n");
	return file;
}

TEST_F(ruled, as_expected)
{
	size_t size;
	char *text;
	FILE *file = text_start(&text, &size);

	ASSERT_EQ(0, chdir(self->files.directory));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		fprintf(file, "  - %s\n", cases[i].text);
	fclose(file);
	files_add(&self->files, text, size);
	free(text);
	ASSERT_EQ(0, policy_compile((char *[]){ "0.yaml" }, 1, &self->policy, &self->errors));
	ASSERT_EQ(ARRAY_SIZE(cases), self->policy->case_count);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct policy_case_result result = {};

		ASSERT_EQ(0, policy_case_run(self->policy, &self->policy->cases[i], &result));
		EXPECT_EQ(!cases[i].got, result.passed) {
			TH_LOG("%s: expected %s, got %s", cases[i].text, result.expected,
			       result.got);
		}
		if (cases[i].got)
			EXPECT_STREQ(cases[i].got, result.got);
		policy_case_result_free(&result);
	}
}

TEST_HARNESS_MAIN
