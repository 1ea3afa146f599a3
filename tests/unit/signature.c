// SPDX-License-Identifier: GPL-2.0-only
/* Signatures and keys that minisign 0.11 wrote, and what is left of them when they are changed. */
#include "unit.h"

#include <errno.h>

#include "signature.h"

#define UNTRUSTED "untrusted comment: signature from minisign secret key\n"
#define KEY "RWROab46fGeZVdwoESK0dhvBSClShZV0RoFOEj/gVbCTUG5rNGmBVwVh\n"

static const char key_text[] = "untrusted comment: minisign public key 5599677C3ABE694E\n" KEY;
static const char data[] = "version: 1\n";

FIXTURE(signature) {
	struct public_key key;
	struct signature parsed;
	char *text;
	size_t size;
};

FIXTURE_VARIANT(signature) {
	const char *text;
	enum signature_algorithm algorithm;
};

FIXTURE_VARIANT_ADD(signature, hashed) {
	.text = UNTRUSTED
		"RUROab46fGeZVb5uYrzQkNPKDZ44mqUsLguxVpL/51ruurRw5AnSiYEXztDq3tPYWLydvcunLim0LkGqoFSe"
		"9/Qjp86NQnlxAQA=\n"
		"trusted comment: serial:7\n"
		"A5weWW3ldHaCr2hH84UN66qwujH566uPL8tgVzccyzEhuJuyMAw0lX+b1BI+KgDkhUTNTI9gByz5C0Dj4XEo"
		"AQ==\n",
	.algorithm = SIGNATURE_HASHED,
};

FIXTURE_VARIANT_ADD(signature, whole) {
	.text = UNTRUSTED
		"RWROab46fGeZVZFSZ4Tj4naIJ0yhD6DW/QWbGS0J6rMQqwxyhoV8zjr2rRHhkkuQrP5EZ7N4rGyGj5f/9pjM"
		"2IkBAHinHaAvtg8=\n"
		"trusted comment: serial:7\n"
		"mb1V+48MKWpgv1lmOGjyIwSGKh9y465MPtGnsibATnl9OtGS5d8tYO2nJ1Om1Qp5Y5alNRu1NQp2eFDA0Saf"
		"CA==\n",
	.algorithm = SIGNATURE_WHOLE,
};

FIXTURE_SETUP(signature)
{
	self->text = strdup(variant->text);
	self->size = strlen(variant->text);
	ASSERT_EQ(0, public_key_parse(key_text, strlen(key_text), &self->key));
	ASSERT_EQ(0, signature_parse(self->text, self->size, &self->parsed));
}

FIXTURE_TEARDOWN(signature)
{
	free(self->text);
	EXPECT_NO_LEAK();
}

/* A copy whose end the sanitizer knows. */
static unsigned int parse(const char *text, size_t size, struct signature *signature)
{
	char *copy = malloc(size ?: 1);
	unsigned int line;

	memcpy(copy, text, size);
	line = signature_parse(copy, size, signature);
	free(copy);
	return line;
}

#define VERIFY(of) signature_verify(&self->parsed, &self->key, of, strlen(of))

TEST_F(signature, of_minisign)
{
	char id[SIGNATURE_KEY_ID_TEXT_SIZE];

	EXPECT_EQ(variant->algorithm, self->parsed.algorithm);
	EXPECT_EQ(8, self->parsed.comment_size);
	EXPECT_EQ(0, memcmp("serial:7", self->parsed.comment, 8));
	EXPECT_STREQ("5599677C3ABE694E", signature_key_id_text(self->key.id, id));
	EXPECT_EQ(0, VERIFY(data));
}

TEST_F(signature, of_other_data)
{
	EXPECT_EQ(-EKEYREJECTED, VERIFY("version: 2\n"));
	EXPECT_EQ(-EKEYREJECTED, VERIFY(""));
}

TEST_F(signature, of_another_key)
{
	self->key.key[0] ^= 1;
	EXPECT_NE(0, VERIFY(data));
	self->key.key[0] ^= 1;
	self->key.id[0] ^= 1;
	EXPECT_EQ(-ENOKEY, VERIFY(data));
}

TEST_F(signature, another_algorithm)
{
	self->parsed.algorithm = !self->parsed.algorithm;
	EXPECT_EQ(-EKEYREJECTED, VERIFY(data));
	self->parsed.algorithm = SIGNATURE_ALGORITHMS;
	EXPECT_EQ(-EKEYREJECTED, VERIFY(data));
}

TEST_F(signature, another_comment)
{
	self->parsed.comment[7] = '8';
	EXPECT_EQ(-EKEYREJECTED, VERIFY(data));
	self->parsed.comment[7] = '7';
	self->parsed.comment_size--;
	EXPECT_EQ(-EKEYREJECTED, VERIFY(data));
	self->parsed.comment_size = ~0u;
	EXPECT_EQ(-EKEYREJECTED, VERIFY(data));
}

/* Whatever bit is changed: it does not parse, or does not verify, or says nothing that counts. */
TEST_F(signature, every_bit)
{
	size_t counts = strlen(UNTRUSTED);

	for (size_t i = 0; i < 8 * self->size; i++) {
		struct signature changed;
		bool good;

		self->text[i / 8] ^= 1 << i % 8;
		good = !parse(self->text, self->size, &changed) &&
		       !signature_verify(&changed, &self->key, data, strlen(data));
		/* The last bits of a line's base64 are of no byte. */
		if (good && i / 8 >= counts) {
			EXPECT_EQ(0, memcmp(&changed, &self->parsed, sizeof(changed)));
		}
		self->text[i / 8] ^= 1 << i % 8;
	}
}

TEST_F(signature, cut_anywhere)
{
	struct signature untouched = self->parsed, cut = self->parsed;

	/* Only the last line's end may be missing. */
	for (size_t size = 0; size < self->size - 1; size++) {
		EXPECT_NE(0, parse(self->text, size, &cut));
	}
	EXPECT_EQ(0, memcmp(&untouched, &cut, sizeof(cut)));
	EXPECT_EQ(0, parse(self->text, self->size - 1, &cut));
}

static unsigned int line_of(const char *text)
{
	struct signature signature;

	return parse(text, strlen(text), &signature);
}

TEST(wrong_lines)
{
	EXPECT_EQ(1, line_of(""));
	EXPECT_EQ(1, line_of("\n\n\n\n"));
	EXPECT_EQ(1, line_of("trusted comment: x\n"));
	EXPECT_EQ(2, line_of(UNTRUSTED));
	EXPECT_EQ(2, line_of(UNTRUSTED "AAAA\n"));
	EXPECT_EQ(2, line_of(UNTRUSTED KEY));
	EXPECT_STREQ("an Ed25519 signature in base64", signature_expected(2));
}

TEST_F(signature, more_lines)
{
	char *text;

	ASSERT_LT(0, asprintf(&text, "%s\n", self->text));
	EXPECT_EQ(4, line_of(text));
	free(text);
}

TEST_F(signature, ends_of_lines_as_dos_has_them)
{
	struct signature signature;
	FILE *file;
	char *text;
	size_t size;

	file = open_memstream(&text, &size);
	for (const char *c = self->text; *c; c++)
		fprintf(file, *c == '\n' ? "\r\n" : "%c", *c);
	fclose(file);
	EXPECT_EQ(0, parse(text, size, &signature));
	EXPECT_EQ(0, memcmp(&signature, &self->parsed, sizeof(signature)));
	free(text);
}

TEST_F(signature, comment_as_long_as_may_be)
{
	struct signature signature;
	char *end = strrchr(self->text, ':') + 1, *last = strchr(end, '\n'), *text;

	for (int more = 0; more < 2; more++) {
		ASSERT_LT(0, asprintf(&text, "%.*s%*d%s", (int)(end - self->text) - 7, self->text,
				      SIGNATURE_COMMENT_MAX + more, 1, last));
		EXPECT_EQ(more ? 3 : 0, parse(text, strlen(text), &signature));
		free(text);
	}
}

TEST(keys)
{
	static const char *const wrong[] = {
		"", KEY, "untrusted comment: x\n", "untrusted comment: x\nAAAA\n",
		"untrusted comment: x\n" KEY "\n", "untrusted comment: x\n" KEY KEY,
		/* "ED", as no key is. */
		"untrusted comment: x\nRUROab46fGeZVdwoESK0dhvBSClShZV0RoFOEj/gVbCTUG5rNGmBVwVh\n",
		"untrusted comment: x\nRWROab46fGeZVdwoESK0dhvBSClShZV0RoFOEj/gVbCTUG5rNGmBVwV=\n",
		"untrusted comment: x\n RWROab46fGeZVdwoESK0dhvBSClShZV0RoFOEj/gVbCTUG5rNGmBVwVh\n",
	};
	struct public_key key;

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		EXPECT_NE(0, public_key_parse(wrong[i], strlen(wrong[i]), &key)) {
			TH_LOG("%s", wrong[i]);
		}
	}
}

TEST_HARNESS_MAIN
