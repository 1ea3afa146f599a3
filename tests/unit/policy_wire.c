// SPDX-License-Identifier: GPL-2.0-only
/* Whatever arrives from the process that parses, this one must stay sound. */
#include "unit.h"

#include "policy_error.h"
#include "policy_impl.h"
#include "policy_wire.h"

static char text[] =
	"version: 1\n"
	"labels:\n"
	"  cn.pii: {title: People, jurisdiction: CN, category: pii}\n"
	"  eu.health:\n"
	"networks:\n"
	"  wide: {cidr: [10.0.0.0/8, '2001:db8::/32']}\n"
	"  narrow: {cidr: [10.1.0.0/16, '2001:db8:1::/48']}\n"
	"  listed: {file: [list], exclude: [narrow]}\n"
	"sources:\n"
	"  - {path: /srv/cn, label: cn.pii}\n"
	"  - {path: /srv/eu, label: eu.health}\n"
	"  - {listen: tcp/8443, from: narrow, label: cn.pii}\n"
	"  - {listen: udp/514, label: eu.health}\n"
	"places:\n"
	"  disk: {filesystem: [xfs, ext4], uuid: [8f0e2ba1-3ad6-4c1d-9d3a-5a1f0b3c7e52]}\n"
	"  vault: {mount: [/srv/vault]}\n"
	"rules:\n"
	"  - {label: cn.pii, egress: {allow: [narrow, wide]}}\n"
	"  - {label: cn.pii, storage: {allow: [vault, disk], mode: audit}}\n"
	"  - label: cn.pii\n"
	"    read: {allow: [{program: /usr/bin/psql, uid: 110}, {unit: a.service}], mode: audit}\n"
	"    write: {allow: []}\n"
	"  - {label: eu.health, egress: {allow: [wide], mode: audit}}\n"
	"  - {label: eu.health, egress: {deny: [narrow]}}\n"
	"defaults:\n"
	"  egress: {allow: [wide], deny: [narrow], mode: audit}\n"
	"  storage: {allow: []}\n"
	"resolvers:\n"
	"  - {address: 127.0.0.53, rate: 10/s, length: 64}\n"
	"  - {address: '2001:db8::53', port: 5353, rate: 1/s, length: 32}\n"
	"carriers:\n"
	"  - {unit: init.scope, labelled: datagrams, reason: told by services}\n"
	"  - {unit: systemd-journald.service}\n"
	"cases:\n"
	"  - {label: [cn.pii, eu.health], to: '10.1.0.1:443', expect: audit, rule: test.yaml:15}\n"
	"  - {path: /srv/cn/a, holds: [cn.pii], to: '2001:db8::1', expect: allow, network: wide}\n"
	"  - {listen: tcp/8443, from: 10.1.0.9, holds: []}\n"
	"  - {unit: init.scope, labelled: datagrams}\n";
static char list[] = "192.0.2.0/24\n";
static char wants[] =
	"version: 1\n"
	"networks: {a: {file: [more, less], country: [CN]}}\n";
static char wrong[] = "version: 1\nlabels: []\nrule: 1\n";
static char terminal[] = "version: 1\n\"a\\x9bb\": 1\n";

FIXTURE(wire) {
	struct document document;
	struct data_file data_file;
	struct documents documents;
	struct policy_errors errors;
	struct policy_result result;
	void *data;
	size_t size;
};

FIXTURE_VARIANT(wire) {
	char *text;
};

FIXTURE_VARIANT_ADD(wire, policy) {
	.text = text,
};

FIXTURE_VARIANT_ADD(wire, wants) {
	.text = wants,
};

FIXTURE_VARIANT_ADD(wire, errors) {
	.text = wrong,
};

FIXTURE_VARIANT_ADD(wire, terminal) {
	.text = terminal,
};

FIXTURE_SETUP(wire)
{
	self->document = (struct document){ "test.yaml", variant->text, strlen(variant->text) };
	self->data_file = (struct data_file){ .document = { "list", list, strlen(list) },
					      .path = "list",
					      .place = { self->document.file, 1, 1 } };
	self->documents = (struct documents){ .list = &self->document, .count = 1,
					      .data = &self->data_file, .data_count = 1 };
	policy_build(&self->documents, &self->result, &self->errors);
	ASSERT_EQ(0, policy_pack(&self->result, &self->errors, &self->documents, &self->data,
				 &self->size));
}

FIXTURE_TEARDOWN(wire)
{
	policy_result_free(&self->result);
	free(self->data);
	EXPECT_NO_LEAK();
}

/* Uses everything that a policy has, so that the sanitizers see it. */
static void walk(const struct policy *policy)
{
	FILE *file = fopen("/dev/null", "we");
	struct in6_addr address = {};

	policy_show(policy, file);
	fclose(file);
	for (int i = 0; i < 256; i++) {
		address.s6_addr[0] = i;
		(void)policy->classes[policy_lookup6(policy, &address)].text[0];
		(void)policy->classes[policy_lookup4(policy, (struct in_addr){ i })].text[0];
	}
}

/* 0 if the bytes were taken for a policy, or for errors, and that is sound. */
static int try(const struct documents *documents, const void *data, size_t size)
{
	struct policy_result result = {};
	struct policy_errors errors = {};
	int err = policy_unpack(data, size, documents, &result, &errors);

	if (!err && result.policy) {
		err = policy_finish(result.policy, documents);
		if (!err)
			walk(result.policy);
	}
	for (size_t i = 0; i < errors.count; i++)
		if (policy_control_find(errors.list[i].text, strlen(errors.list[i].text)) >= 0)
			err = 1;
	policy_result_free(&result);
	return err;
}

TEST_F(wire, same_after_round_trip)
{
	struct policy_result result = {};
	struct policy_errors errors = {};
	void *data;
	size_t size;

	ASSERT_EQ(0, policy_unpack(self->data, self->size, &self->documents, &result, &errors));
	EXPECT_EQ(self->result.err, result.err);
	EXPECT_EQ(self->errors.count, errors.count);
	EXPECT_EQ(0, memcmp(&self->errors, &errors, sizeof(errors)));
	ASSERT_EQ(0, policy_pack(&result, &errors, &self->documents, &data, &size));
	ASSERT_EQ(self->size, size);
	EXPECT_EQ(0, memcmp(self->data, data, size));
	policy_result_free(&result);
	free(data);
}

TEST_F(wire, cut_anywhere)
{
	for (size_t size = 0; size < self->size; size++) {
		char *data = malloc(size);

		memcpy(data, self->data, size);
		EXPECT_EQ(-EBADMSG, try(&self->documents, data, size));
		free(data);
	}
}

TEST_F(wire, longer)
{
	char *data = calloc(1, self->size + 1);

	memcpy(data, self->data, self->size);
	EXPECT_EQ(-EBADMSG, try(&self->documents, data, self->size + 1));
	free(data);
}

TEST_F_TIMEOUT(wire, every_bit_and_byte, 120)
{
	__u8 *data = self->data;

	for (size_t i = 0; i < self->size; i++) {
		__u8 was = data[i];

		for (int bit = 0; bit < 8; bit++) {
			int err;

			data[i] = was ^ 1 << bit;
			err = try(&self->documents, data, self->size);
			ASSERT_TRUE(!err || err == -EBADMSG);
		}
		data[i] = 0;
		ASSERT_LE(try(&self->documents, data, self->size), 0);
		data[i] = 0xff;
		ASSERT_LE(try(&self->documents, data, self->size), 0);
		data[i] = was;
	}
}

/* Several words at once become counts, indices or lengths that are too large. */
TEST_F_TIMEOUT(wire, random_words, 120)
{
	static const __u32 words[] = { 0, 1, 2, 3, 255, 256, 0x7fffffff, 0x80000000, 0xffffffff };
	__u8 *data = malloc(self->size);
	unsigned int seed = 1;

	for (int i = 0; i < 20000; i++) {
		memcpy(data, self->data, self->size);
		for (int j = rand_r(&seed) % 4; j >= 0; j--)
			memcpy(data + rand_r(&seed) % (self->size - 3),
			       &words[rand_r(&seed) % ARRAY_SIZE(words)], 4);
		ASSERT_LE(try(&self->documents, data, self->size), 0);
	}
	free(data);
}

TEST_HARNESS_MAIN
