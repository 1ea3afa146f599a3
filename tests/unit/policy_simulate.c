// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include "document.h"
#include "policy.h"
#include "policy_simulate.h"

#define POLICY \
	"version: 1\n" \
	"labels: {cn.pii: , eu.pii: }\n" \
	"networks: {dc: {cidr: [198.51.100.0/24]}}\n" \
	"rules:\n" \
	"  - {label: cn.pii, egress: {allow: [dc]}}\n" \
	"  - {label: eu.pii, egress: {allow: [], mode: audit}}\n" \
	"resolvers: [{address: 9.9.9.9, rate: 1/s, length: 9}]\n"

#define RECORD(verdict, reason, labels, address, port, protocol) \
	"{\"type\":\"decision\",\"time\":\"2026-11-22T10:00:00.0Z\",\"verdict\":\"" verdict \
	"\",\"reason\":\"" reason "\",\"process\":{\"exe\":\"/usr/bin/c\\u001burl\"},\"labels\":[" \
	labels "],\"object\":{\"kind\":\"address\",\"protocol\":\"" protocol "\",\"address\":\"" \
	address "\",\"port\":" port "}}\n"

#define CN "\"cn.pii\""
#define EU "\"eu.pii\""

FIXTURE(replay) {
	struct files files;
	struct policy *policy;
	struct policy_errors errors;
	struct simulation simulation;
};

FIXTURE_SETUP(replay)
{
	files_start(&self->files);
	files_add(&self->files, POLICY, strlen(POLICY));
	ASSERT_EQ(0, chdir(self->files.directory));
	ASSERT_EQ(0, policy_compile((char *[]){ "0.yaml" }, 1, &self->policy, &self->errors));
	ASSERT_EQ(0, simulation_start(&self->simulation, self->policy));
}

FIXTURE_TEARDOWN(replay)
{
	simulation_free(&self->simulation);
	policy_free(self->policy);
	files_end(&self->files);
	EXPECT_NO_LEAK();
}

#define ADD(line) ASSERT_EQ(0, simulation_add(&self->simulation, line))

#define EXPECT_PRINTED(expected) \
	do { \
		char *text = printed(&self->simulation); \
		EXPECT_STREQ(expected, text); \
		free(text); \
	} while (0)

static char *printed(const struct simulation *simulation)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	simulation_print(simulation, stream);
	fclose(stream);
	return text;
}

TEST_F(replay, what_stays)
{
	ADD(RECORD("allow", "network", CN, "198.51.100.7", "443", "tcp"));
	ADD(RECORD("deny", "network", CN, "203.0.113.2", "443", "tcp"));
	ADD(RECORD("audit", "network", EU, "2001:db8::1", "443", "udp"));
	ADD(RECORD("allow", "resolver", CN, "9.9.9.9", "53", "udp"));
	ADD(RECORD("deny", "no_policy", "\"us.phi\"", "198.51.100.7", "443", "tcp"));
	ADD(RECORD("deny", "network", CN ",\"*\"", "198.51.100.7", "443", "tcp"));
	EXPECT_PRINTED("0 different, 6 the same\n");
}

TEST_F(replay, what_changes)
{
	ADD(RECORD("deny", "network", CN, "198.51.100.7", "443", "tcp"));
	ADD(RECORD("deny", "network", CN, "198.51.100.7", "443", "tcp"));
	ADD(RECORD("allow", "network", EU, "198.51.100.7", "0", "icmp"));
	ADD(RECORD("allow", "network", CN "," EU ",\"us.phi\"", "2001:db8::1", "443", "tcp"));
	ADD(RECORD("allow", "resolver", CN, "9.9.9.10", "53", "udp"));
	EXPECT_PRINTED("allow, was deny: /usr/bin/c\\x1burl: cn.pii to 198.51.100.7:443/tcp (dc), "
		       "2 times: a rule lets it go there [0.yaml:5]\n"
		       "audit, was allow: /usr/bin/c\\x1burl: eu.pii to 198.51.100.7 (dc), 1 times: "
		       "no rule lets it go there [0.yaml:6]\n"
		       "deny, was allow: /usr/bin/c\\x1burl: cn.pii, eu.pii, us.phi to "
		       "[2001:db8::1]:443/tcp (no named network), 1 times: the policy does not have "
		       "the label\n"
		       "deny, was allow: /usr/bin/c\\x1burl: cn.pii to 9.9.9.10:53/udp (no named "
		       "network), 1 times: no rule lets it go there [0.yaml:5]\n"
		       "5 different, 0 the same\n");
}

TEST_F(replay, what_no_rule_decides)
{
	ADD(RECORD("deny", "user_namespace", CN, "198.51.100.7", "443", "tcp"));
	ADD(RECORD("deny", "resolver", CN, "9.9.9.9", "53", "udp"));
	ADD(RECORD("kill", "network", CN, "198.51.100.7", "443", "tcp"));
	ADD("{\"type\":\"decision\",\"verdict\":\"deny\",\"object\":{\"kind\":\"inode\"}}\n");
	ADD("{\"type\":\"decision\",\"verdict\":\"deny\",\"object\":null}\n");
	ADD("{\"type\":\"loss\",\"count\":1200}\n");
	EXPECT_PRINTED("0 different, 0 the same, 5 not decided by rules, 1,200 lost\n");
}

TEST_F(replay, what_is_no_record)
{
	ADD("\n");
	ADD("{\"type\":\n");
	ADD("[1, 2]\n");
	ADD("{\"type\":{}}\n");
	ADD(RECORD("deny", "network", CN, "198.51.100", "443", "tcp"));
	ADD(RECORD("deny", "network", CN, "198.51.100.0/24", "443", "tcp"));
	ADD(RECORD("deny", "network", CN, "198.51.100.7", "65536", "tcp"));
	ADD(RECORD("deny", "network", CN, "198.51.100.7", "-1", "tcp"));
	EXPECT_PRINTED("0 different, 0 the same, 8 lines that are no record\n");
}

/* However many there are, what is kept is bounded. */
TEST_F(replay, more_than_is_listed)
{
	char line[sizeof(RECORD("deny", "network", CN, "198.51.100.7", "65535", "tcp")) + 8];

	for (int port = 1; port <= SIMULATION_CHANGES_MAX + 5; port++) {
		snprintf(line, sizeof(line),
			 RECORD("deny", "network", CN, "198.51.100.7", "%d", "tcp"), port);
		ADD(line);
	}
	EXPECT_EQ(SIMULATION_CHANGES_MAX, json_object_size(self->simulation.changes));
	EXPECT_EQ(SIMULATION_CHANGES_MAX + 5, self->simulation.different);
	EXPECT_EQ(5, self->simulation.unlisted);
}

TEST_HARNESS_MAIN
