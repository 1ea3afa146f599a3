// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <openssl/evp.h>

#include "document.h"
#include "policy.h"
#include "policy_actor.h"
#include "policy_storage.h"
#include "policy_store_rule.h"

FIXTURE(compiled) {
	struct files files;
	struct policy *policy;
	struct policy_errors errors;
};

FIXTURE_SETUP(compiled)
{
	files_start(&self->files);
}

FIXTURE_TEARDOWN(compiled)
{
	files_end(&self->files);
	policy_free(self->policy);
	EXPECT_NO_LEAK();
}

#define WRITE(text) files_add(&self->files, text, strlen(text))

#define COMPILE() \
	ASSERT_EQ(0, policy_compile(self->files.names, self->files.count, &self->policy, \
				    &self->errors)) { \
		policy_errors_print(&self->errors, stderr); \
	}

static __u32 class4(const struct policy *policy, const char *text)
{
	struct in_addr address;

	inet_pton(AF_INET, text, &address);
	return policy_lookup4(policy, address);
}

static __u32 class6(const struct policy *policy, const char *text)
{
	struct in6_addr address;

	inet_pton(AF_INET6, text, &address);
	return policy_lookup6(policy, &address);
}

/* "d" denied, "a" audited, "-" let through, for each label in order. */
static const char *verdicts(const struct policy *policy, __u32 class)
{
	static char text[DOMICILE_LABELS_MAX + 1];
	const struct domicile_class *sets = &policy->classes[class].sets;
	size_t i;

	for (i = 0; i < policy->label_count; i++)
		text[i] = label_set_has(&sets->deny, i) && label_set_has(&sets->audit, i) ? '!' :
			  label_set_has(&sets->deny, i) ? 'd' :
			  label_set_has(&sets->audit, i) ? 'a' : '-';
	text[i] = 0;
	return text;
}

#define EXPECT_AT4(expected, address) \
	EXPECT_STREQ(expected, verdicts(self->policy, class4(self->policy, address)))
#define EXPECT_AT6(expected, address) \
	EXPECT_STREQ(expected, verdicts(self->policy, class6(self->policy, address)))
#define EXPECT_NAME4(expected, address) \
	EXPECT_STREQ(expected, \
		     self->policy->classes[class4(self->policy, address)].text)

#define LABELS \
	"version: 1\n" \
	"labels:\n" \
	"  cn.pii: {title: 'People', jurisdiction: CN, category: pii}\n" \
	"  eu.health:\n" \
	"  us.tax: {jurisdiction: US}\n"

#define NETWORKS \
	"version: 1\n" \
	"networks:\n" \
	"  wide: {cidr: [10.0.0.0/8, '2001:db8::/32']}\n" \
	"  narrow: {cidr: [10.1.0.0/16, '2001:db8:1::/48']}\n" \
	"  apart: {cidr: [192.0.2.0/24, 192.0.2.0/25, 192.0.2.128/25]}\n"

/* Goes after LABELS in the same document. */
#define NETWORKS_ONLY \
	"networks:\n" \
	"  narrow: {cidr: [192.0.2.0/24]}\n" \
	"  wide: {cidr: [10.0.0.0/8]}\n"

#define RULES \
	"version: 1\n" \
	"rules:\n" \
	"  - {label: cn.pii, egress: {allow: [narrow]}}\n" \
	"  - {label: eu.health, egress: {allow: [wide], mode: audit}}\n"

TEST_F(compiled, example)
{
	char *files[] = { POLICIES "/example.yaml" };

	ASSERT_EQ(0, policy_compile(files, 1, &self->policy, &self->errors));
	ASSERT_EQ(1, self->policy->label_count);
	EXPECT_EQ(0xd171a680, self->policy->labels[0].id);
	EXPECT_STREQ("CN", self->policy->labels[0].jurisdiction);
	EXPECT_AT4("-", "198.51.100.7");
	EXPECT_AT4("d", "203.0.113.7");
	EXPECT_AT6("-", "2001:db8:20::7");
	EXPECT_AT6("d", "2001:db8:21::7");
	ASSERT_EQ(1, self->policy->source_count);
	EXPECT_STREQ("/srv/cn", self->policy->sources[0].path);
	EXPECT_STREQ(files[0], self->policy->rules[0].place.file);
	EXPECT_NE(files[0], self->policy->rules[0].place.file);
}

TEST_F(compiled, verdicts)
{
	WRITE(LABELS);
	WRITE(NETWORKS);
	WRITE(RULES);
	COMPILE();
	EXPECT_AT4("dad", "0.0.0.0");
	EXPECT_AT4("dad", "9.255.255.255");
	EXPECT_AT4("d-d", "10.0.0.0");
	EXPECT_AT4("d-d", "10.0.255.255");
	EXPECT_AT4("--d", "10.1.0.0");
	EXPECT_AT4("--d", "10.1.255.255");
	EXPECT_AT4("d-d", "10.2.0.0");
	EXPECT_AT4("d-d", "10.255.255.255");
	EXPECT_AT4("dad", "11.0.0.0");
	EXPECT_AT4("dad", "192.0.2.1");
	EXPECT_AT4("dad", "255.255.255.255");
	EXPECT_AT6("dad", "::");
	EXPECT_AT6("d-d", "2001:db8::");
	EXPECT_AT6("--d", "2001:db8:1::");
	EXPECT_AT6("--d", "2001:db8:1:ffff:ffff:ffff:ffff:ffff");
	EXPECT_AT6("d-d", "2001:db8:2::");
	EXPECT_AT6("dad", "2001:db9::");
	EXPECT_AT6("dad", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}

TEST_F(compiled, classes)
{
	WRITE(NETWORKS);
	COMPILE();
	EXPECT_EQ(4, self->policy->class_count);
	EXPECT_EQ(0, class4(self->policy, "11.0.0.0"));
	EXPECT_NAME4("", "11.0.0.0");
	EXPECT_NAME4("wide", "10.0.0.1");
	EXPECT_NAME4("narrow, wide", "10.1.0.1");
	EXPECT_NAME4("apart", "192.0.2.200");
	EXPECT_EQ(class4(self->policy, "10.1.0.1"), class6(self->policy, "2001:db8:1::1"));
	EXPECT_EQ(class4(self->policy, "10.1.0.1"), class6(self->policy, "::ffff:10.1.0.1"));
	EXPECT_EQ(1 + 3 + 1 + 2, self->policy->range4_count);
}

TEST_F(compiled, counts)
{
	WRITE(NETWORKS);
	COMPILE();
	ASSERT_EQ(0, policy_network_index(self->policy, "apart"));
	EXPECT_EQ(1, self->policy->networks[0].prefixes4);
	EXPECT_EQ(0, self->policy->networks[0].prefixes6);
	EXPECT_EQ(256, self->policy->networks[0].addresses4);
	EXPECT_EQ(65536, self->policy->networks[1].addresses4);
	EXPECT_EQ(1 << 24, self->policy->networks[2].addresses4);
	EXPECT_EQ(1, self->policy->networks[2].prefixes6);
}

TEST_F(compiled, whole_address_space)
{
	WRITE("version: 1\nlabels: {a: }\nnetworks: {all: {cidr: [0.0.0.0/0, '::/0']}}\n"
	      "rules: [{label: a, egress: {allow: [all]}}]\n");
	COMPILE();
	EXPECT_AT4("-", "0.0.0.0");
	EXPECT_AT4("-", "255.255.255.255");
	EXPECT_AT6("-", "::");
	EXPECT_AT6("-", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	EXPECT_EQ(1, self->policy->range4_count);
	EXPECT_EQ(1ull << 32, self->policy->networks[0].addresses4);
	EXPECT_STREQ("d", verdicts(self->policy, 0));
}

/* What denies wins, in whatever rule it is. */
TEST_F(compiled, denied)
{
	WRITE(LABELS);
	WRITE(NETWORKS);
	WRITE("version: 1\n"
	      "rules:\n"
	      "  - {label: cn.pii, egress: {allow: [wide], deny: [narrow]}}\n"
	      "  - {label: eu.health, egress: {allow: [wide, narrow]}}\n"
	      "  - {label: eu.health, egress: {deny: [narrow], mode: audit}}\n"
	      "  - {label: us.tax, egress: {deny: [apart], mode: audit}}\n");
	COMPILE();
	EXPECT_AT4("--d", "10.2.0.0");
	EXPECT_AT4("dad", "10.1.0.0");
	EXPECT_AT4("ddd", "192.0.2.1");
	EXPECT_AT6("dad", "2001:db8:1::");
}

TEST_F(compiled, denied_is_audited_where_all_is)
{
	WRITE(LABELS);
	WRITE(NETWORKS);
	WRITE("version: 1\n"
	      "rules:\n"
	      "  - {label: cn.pii, egress: {allow: [wide], deny: [narrow], mode: audit}}\n"
	      "  - {label: eu.health, egress: {allow: [wide], mode: audit}}\n"
	      "  - {label: eu.health, egress: {deny: [narrow]}}\n");
	COMPILE();
	EXPECT_AT4("--d", "10.2.0.0");
	EXPECT_AT4("add", "10.1.0.0");
	EXPECT_AT4("aad", "192.0.2.1");
}

/* Of labels that no rule allows anything, or says that it is nothing. */
TEST_F(compiled, defaults)
{
	WRITE(LABELS);
	WRITE(NETWORKS);
	WRITE("version: 1\n"
	      "defaults: {egress: {allow: [wide, apart], deny: [narrow]}}\n"
	      "rules:\n"
	      "  - {label: cn.pii, egress: {allow: []}}\n"
	      "  - {label: eu.health, egress: {deny: [apart]}}\n");
	COMPILE();
	EXPECT_AT4("d--", "10.2.0.0");
	EXPECT_AT4("ddd", "10.1.0.0");
	EXPECT_AT4("dd-", "192.0.2.1");
	EXPECT_AT4("ddd", "11.0.0.0");
	EXPECT_EQ(&self->policy->rules[0], policy_rule_of(self->policy, 0));
	EXPECT_EQ(self->policy->defaults, policy_rule_of(self->policy, 1));
	EXPECT_EQ(self->policy->defaults, policy_rule_of(self->policy, 2));
}

TEST_F(compiled, defaults_in_audit_mode)
{
	WRITE(LABELS);
	WRITE(NETWORKS);
	WRITE("version: 1\n"
	      "defaults: {egress: {allow: [], mode: audit}}\n"
	      "rules: [{label: cn.pii, egress: {allow: [wide]}}]\n");
	COMPILE();
	EXPECT_AT4("-aa", "10.2.0.0");
	EXPECT_AT4("daa", "192.0.2.1");
}

#define PLACES \
	"version: 1\n" \
	"places:\n" \
	"  vault: {mount: [/srv/vault], uuid: [8f0e2ba1-3ad6-4c1d-9d3a-5a1f0b3c7e52]}\n" \
	"  local: {filesystem: [xfs, ext4]}\n"

/* "e" enforced, "a" audited, "-" anywhere; then where, for each label. */
static const char *stored(const struct policy *policy)
{
	static char text[256];
	char *end = text;

	for (size_t i = 0; i < policy->label_count; i++) {
		struct store_ruling ruling;

		store_ruling_make(policy, i, &ruling);
		*end++ = !ruling.rule ? '-' : ruling.mode == POLICY_ENFORCE ? 'e' : 'a';
		for (size_t j = 0; j < policy->storage_count; j++)
			if (ruling.allowing[j])
				*end++ = policy->storages[j].name[0];
		*end++ = ' ';
	}
	*end = 0;
	return text;
}

TEST_F(compiled, places)
{
	WRITE(LABELS);
	WRITE(PLACES);
	WRITE("version: 1\n"
	      "rules:\n"
	      "  - {label: cn.pii, storage: {allow: [vault], mode: audit}}\n"
	      "  - {label: cn.pii, storage: {allow: [local]}}\n"
	      "  - {label: eu.health, storage: {allow: [], mode: audit}}\n");
	COMPILE();
	EXPECT_STREQ("elv a - ", stored(self->policy));
	EXPECT_AT4("ddd", "10.0.0.0");
	EXPECT_EQ(NULL, policy_rule_of(self->policy, 0));
	ASSERT_EQ(0, policy_storage_index(self->policy, "local"));
	ASSERT_EQ(2, self->policy->storages[0].medium_count);
	EXPECT_STREQ("ext4", self->policy->storages[0].media[0].text);
	EXPECT_EQ(DOMICILE_MEDIUM_UUID, self->policy->storages[1].media[0].kind);
	EXPECT_EQ(DOMICILE_MEDIUM_DEVICE, self->policy->storages[1].media[1].kind);
}

TEST_F(compiled, places_by_default)
{
	WRITE(LABELS);
	WRITE(PLACES);
	WRITE("version: 1\n"
	      "defaults: {storage: {allow: [local]}}\n"
	      "rules: [{label: cn.pii, storage: {allow: [vault]}}]\n");
	COMPILE();
	EXPECT_STREQ("ev el el ", stored(self->policy));
}

TEST_F(compiled, access)
{
	const struct policy_access *read, *write;
	char text[POLICY_ACTOR_TEXT_MAX];

	WRITE(LABELS);
	WRITE("version: 1\n"
	      "rules:\n"
	      "  - label: cn.pii\n"
	      "    read: {allow: [{program: /bin/a, uid: 110, unit: a.service}, {cgroup: /b/c}]}\n"
	      "    write: {allow: [], mode: audit}\n"
	      "  - {label: us.tax, egress: {allow: []}}\n");
	COMPILE();
	ASSERT_EQ(2, self->policy->rule_count);
	read = &self->policy->rules[0].access[DOMICILE_USE_READ];
	write = &self->policy->rules[0].access[DOMICILE_USE_WRITE];
	ASSERT_EQ(2, read->actor_count);
	EXPECT_STREQ("program /bin/a, uid 110, cgroup /system.slice/a.service",
		     policy_actor_text(&read->actors[0], text));
	EXPECT_STREQ("cgroup /b/c", policy_actor_text(&read->actors[1], text));
	EXPECT_EQ(POLICY_ENFORCE, read->mode);
	EXPECT_TRUE(write->ruled);
	EXPECT_EQ(0, write->actor_count);
	EXPECT_EQ(POLICY_AUDIT, write->mode);
	EXPECT_FALSE(self->policy->rules[1].access[DOMICILE_USE_READ].ruled);
	EXPECT_EQ(self->policy->files[1], read->actors[1].place.file);
}

TEST_F(compiled, uuid)
{
	__u8 uuid[DOMICILE_MEDIUM_ID_SIZE];

	policy_medium_uuid("8f0E2ba1-3ad6-4c1d-9d3a-5a1f0b3c7e52", uuid);
	EXPECT_EQ(0, memcmp("\x8f\x0e\x2b\xa1\x3a\xd6\x4c\x1d\x9d\x3a\x5a\x1f\x0b\x3c\x7e\x52",
			    uuid, sizeof(uuid)));
}

TEST_F(compiled, rules_of_one_label_are_united)
{
	WRITE(LABELS);
	WRITE(NETWORKS);
	WRITE("version: 1\n"
	      "rules:\n"
	      "  - {label: cn.pii, egress: {allow: [apart], mode: audit}}\n"
	      "  - {label: eu.health, egress: {allow: [apart], mode: audit}}\n"
	      "  - {label: eu.health, egress: {allow: [narrow, narrow], mode: audit}}\n");
	WRITE("version: 1\n"
	      "rules:\n"
	      "  - {label: cn.pii, egress: {allow: [wide]}}\n");
	COMPILE();
	EXPECT_AT4("dad", "11.0.0.0");
	EXPECT_AT4("--d", "192.0.2.1");
	EXPECT_AT4("-ad", "10.0.0.1");
	EXPECT_AT4("--d", "10.1.0.1");
	EXPECT_EQ(4, self->policy->rule_count);
}

TEST_F(compiled, rule_may_allow_nothing)
{
	WRITE(LABELS);
	WRITE("version: 1\nrules: [{label: cn.pii, egress: {allow: [], mode: audit}}]\n");
	COMPILE();
	EXPECT_AT4("add", "198.51.100.1");
	EXPECT_EQ(0, self->policy->rules[0].network_count);
}

/* A country code must not turn into a truth value. */
TEST_F(compiled, text_is_text)
{
	WRITE("version: 1\nlabels: {no: {jurisdiction: NO, title: 12}, on: {title: \"~\"}}\n");
	COMPILE();
	EXPECT_STREQ("NO", self->policy->labels[0].jurisdiction);
	EXPECT_STREQ("12", self->policy->labels[0].title);
	EXPECT_STREQ("~", self->policy->labels[1].title);
}

TEST_F(compiled, empty_sections)
{
	WRITE("version: 1\nlabels:\nnetworks: {}\nsources: []\nrules: ~\n");
	COMPILE();
	EXPECT_EQ(0, self->policy->label_count + self->policy->network_count +
		     self->policy->source_count + self->policy->rule_count);
}

TEST_F(compiled, byte_order_mark_and_crlf)
{
	WRITE("\xef\xbb\xbfversion: 1\r\nlabels:\r\n  cn.pii:\r\n");
	COMPILE();
	EXPECT_EQ(2, self->policy->labels[0].place.column - 1);
	EXPECT_EQ(3, self->policy->labels[0].place.line);
}

TEST_F(compiled, one_path_two_labels)
{
	WRITE(LABELS "sources: [{path: /srv, label: us.tax}, {path: /srv, label: cn.pii}]\n");
	COMPILE();
	ASSERT_EQ(2, self->policy->source_count);
	EXPECT_EQ(0, self->policy->sources[0].label);
	EXPECT_EQ(2, self->policy->sources[1].label);
	EXPECT_EQ(6, self->policy->sources[1].place.line);
	EXPECT_EQ(11, self->policy->sources[1].place.column);
}

static bool same_tables(const struct policy *a, const struct policy *b)
{
	bool same = a->label_count == b->label_count && a->network_count == b->network_count &&
		    a->class_count == b->class_count && a->rule_count == b->rule_count &&
		    a->range4_count == b->range4_count && a->range6_count == b->range6_count &&
		    !memcmp(a->ranges4, b->ranges4, a->range4_count * sizeof(*a->ranges4)) &&
		    !memcmp(a->ranges6, b->ranges6, a->range6_count * sizeof(*a->ranges6)) &&
		    !memcmp(a->digest, b->digest, sizeof(a->digest));

	for (size_t i = 0; same && i < a->label_count; i++)
		same = !strcmp(a->labels[i].name, b->labels[i].name);
	for (size_t i = 0; same && i < a->network_count; i++)
		same = !strcmp(a->networks[i].name, b->networks[i].name);
	for (size_t i = 0; same && i < a->class_count; i++)
		same = !strcmp(a->classes[i].text, b->classes[i].text) &&
		       !memcmp(&a->classes[i].sets, &b->classes[i].sets,
			       sizeof(a->classes[i].sets));
	for (size_t i = 0; same && i < a->rule_count; i++)
		same = a->rules[i].label == b->rules[i].label &&
		       a->rules[i].place.line == b->rules[i].place.line;
	return same;
}

TEST_F(compiled, order_of_files_does_not_matter)
{
	static const int orders[][3] = {
		{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 },
	};

	WRITE(LABELS);
	WRITE(NETWORKS);
	WRITE(RULES);
	COMPILE();
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		char *names[3];
		struct policy *policy;

		for (int j = 0; j < 3; j++)
			names[j] = self->files.names[orders[i][j]];
		ASSERT_EQ(0, policy_compile(names, 3, &policy, &self->errors));
		EXPECT_TRUE(same_tables(self->policy, policy));
		policy_free(policy);
	}
}

TEST_F(compiled, digest)
{
	__u8 inner[POLICY_DIGEST_SIZE], outer[POLICY_DIGEST_SIZE];
	char text[POLICY_DIGEST_TEXT_SIZE];

	WRITE("version: 1\n");
	COMPILE();
	EVP_Digest("version: 1\n", 11, inner, NULL, EVP_sha256(), NULL);
	EVP_Digest(inner, sizeof(inner), outer, NULL, EVP_sha256(), NULL);
	EXPECT_EQ(0, memcmp(outer, self->policy->digest, sizeof(outer)));
	policy_digest_text(self->policy, text);
	EXPECT_EQ(sizeof(text) - 1, strlen(text));
	EXPECT_EQ(0, strncmp(text, "sha256:", 7));
}

TEST_F(compiled, digest_changes_with_a_comment)
{
	struct policy *other;

	WRITE("version: 1\n");
	WRITE("version: 1 # same\n");
	ASSERT_EQ(0, policy_compile(&self->files.names[0], 1, &self->policy, &self->errors));
	ASSERT_EQ(0, policy_compile(&self->files.names[1], 1, &other, &self->errors));
	EXPECT_NE(0, memcmp(self->policy->digest, other->digest, POLICY_DIGEST_SIZE));
	policy_free(other);
}

#define CARRIERS \
	"version: 1\n" \
	"carriers:\n" \
	"  - {unit: init.scope, labelled: datagrams}\n" \
	"  - {unit: systemd-journald.service, reason: keeps lines}\n" \
	"  - {cgroup: /a.slice/a-b.slice/c@1.service, labelled: refuse}\n"

TEST_F(compiled, carriers)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	WRITE(CARRIERS);
	COMPILE();
	ASSERT_EQ(3, self->policy->carrier_count);
	EXPECT_STREQ("/a.slice/a-b.slice/c@1.service", self->policy->carriers[0].cgroup);
	EXPECT_EQ(DOMICILE_CARRIAGE_REFUSE, self->policy->carriers[0].carriage);
	EXPECT_STREQ("/init.scope", self->policy->carriers[1].cgroup);
	EXPECT_EQ(DOMICILE_CARRIAGE_DATAGRAMS, self->policy->carriers[1].carriage);
	EXPECT_STREQ("/system.slice/systemd-journald.service", self->policy->carriers[2].cgroup);
	EXPECT_EQ(DOMICILE_CARRIAGE_KEEP, self->policy->carriers[2].carriage);
	EXPECT_STREQ("keeps lines", self->policy->carriers[2].reason);
	EXPECT_EQ(4, self->policy->carriers[2].place.line);
	policy_show(self->policy, file);
	fclose(file);
	EXPECT_NE(NULL, strstr(text, "/init.scope                             datagrams  -\n"));
	free(text);
}

TEST_F(compiled, base)
{
	char *files[] = { POLICIES "/base.yaml", POLICIES "/example.yaml" };

	ASSERT_EQ(0, policy_compile(files, 2, &self->policy, &self->errors));
	EXPECT_LT(5, self->policy->carrier_count);
}

TEST_F(compiled, names)
{
	WRITE(LABELS);
	WRITE(NETWORKS);
	COMPILE();
	EXPECT_EQ(1, policy_label_index(self->policy, "eu.health"));
	EXPECT_EQ(-ENOENT, policy_label_index(self->policy, "eu.healt"));
	EXPECT_STREQ("eu.health", policy_label_nearest(self->policy, "eu.healt"));
	EXPECT_EQ(NULL, policy_label_nearest(self->policy, "something"));
	EXPECT_EQ(2, policy_network_index(self->policy, "wide"));
	EXPECT_STREQ("narrow", policy_network_nearest(self->policy, "narow"));
}

TEST_F(compiled, show)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	WRITE(LABELS "sources: [{path: /srv/cn, label: cn.pii}]\n");
	WRITE(NETWORKS);
	WRITE(RULES);
	COMPILE();
	policy_show(self->policy, file);
	fclose(file);
	EXPECT_NE(NULL, strstr(text, "eu.health  0x"));
	EXPECT_NE(NULL, strstr(text, "cn.pii     /srv/cn\n"));
	EXPECT_NE(NULL, strstr(text, "eu.health  audit    wide  ("));
	EXPECT_NE(NULL, strstr(text, "us.tax     enforce  nowhere  (no rule)\n"));
	free(text);
}

TEST_F(compiled, json)
{
	const char *label, *mode, *network;
	json_int_t version, addresses;
	json_t *json;

	WRITE(LABELS NETWORKS_ONLY);
	WRITE(RULES);
	COMPILE();
	json = policy_json(self->policy);
	ASSERT_EQ(0, json_unpack(json, "{s:I, s:[{s:I}*], s:[{s:s, s:{s:[s], s:s}}*]}", "version",
				 &version, "networks", "addresses4", &addresses, "rules", "label",
				 &label, "egress", "allow", &network, "mode", &mode));
	EXPECT_EQ(1, version);
	EXPECT_EQ(256, addresses);
	EXPECT_STREQ("cn.pii", label);
	EXPECT_STREQ("narrow", network);
	EXPECT_STREQ("enforce", mode);
	json_decref(json);
}

/* As the documents may hold it: 256 labels, one rule for each. */
TEST_F(compiled, all_labels)
{
	char text[65536] = "version: 1\nnetworks: {n: {cidr: [10.0.0.0/8]}}\nlabels:\n";
	size_t used = strlen(text);

	for (int i = 0; i < DOMICILE_LABELS_MAX; i++)
		used += sprintf(text + used, "  l%d:\n", i);
	used += sprintf(text + used, "rules:\n");
	for (int i = 0; i < DOMICILE_LABELS_MAX; i++)
		used += sprintf(text + used, "  - {label: l%d, egress: {allow: [n]}}\n", i);
	WRITE(text);
	COMPILE();
	EXPECT_EQ(DOMICILE_LABELS_MAX, self->policy->label_count);
	for (int i = 0; i < DOMICILE_LABELS_MAX; i++) {
		EXPECT_TRUE(label_set_has(&self->policy->classes[0].sets.deny, i));
		EXPECT_FALSE(label_set_has(&self->policy->classes[1].sets.deny, i));
	}
}

TEST_F(compiled, nothing_but_version)
{
	WRITE("version: 1\n");
	COMPILE();
	EXPECT_EQ(0, self->policy->label_count);
	EXPECT_EQ(1, self->policy->class_count);
	EXPECT_EQ(1, self->policy->range4_count);
	EXPECT_EQ(1, self->policy->range6_count);
	EXPECT_EQ(-ENOENT, policy_label_index(self->policy, "cn.pii"));
}

TEST_HARNESS_MAIN
