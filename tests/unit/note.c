// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include <stdlib.h>

#include "base64.h"
#include "checkpoint.h"
#include "note.h"

/* The key and the note that the documentation of Go's sumdb/note signs. */
#define SECRET "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
#define PUBLIC "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
#define TEXT "If you think cryptography is the answer to your problem,\n" \
	"then you don't know what your problem is.\n"
#define LINE "\xe2\x80\x94 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFY" \
	"C2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"

static struct note_key key_of(const char *text)
{
	struct note_key key;

	if (note_key_parse(&key, text, NULL))
		abort();
	return key;
}

TEST(signs_as_go_does)
{
	struct note_key key = key_of(SECRET);
	char line[NOTE_LINE_MAX], text[NOTE_KEY_TEXT_MAX];

	ASSERT_EQ(0, note_sign(TEXT, strlen(TEXT), &key, 0, line));
	EXPECT_STREQ(LINE, line);
	EXPECT_STREQ(PUBLIC, note_key_text(&key, text));
	EXPECT_STREQ(SECRET, note_key_secret(&key, text));
}

TEST(checks_what_go_signed)
{
	struct note_key key = key_of(PUBLIC "\n");
	char changed[] = TEXT "\n" LINE;
	struct note note;

	ASSERT_EQ(0, note_parse(&note, TEXT "\n" LINE, strlen(TEXT "\n" LINE), NULL));
	EXPECT_EQ(0, note_check(&note, &key, NULL));
	changed[0] = 'i';
	ASSERT_EQ(0, note_parse(&note, changed, strlen(changed), NULL));
	EXPECT_EQ(-EBADMSG, note_check(&note, &key, NULL));
	key.id++;
	EXPECT_EQ(-ENOKEY, note_check(&note, &key, NULL));
}

/* One of two lines of a key does not hold: nothing of it counts. */
TEST(a_false_line_beside_a_right_one)
{
	struct note_key key = key_of(PUBLIC);
	char data[] = TEXT "\n" LINE LINE;
	struct note note;

	data[sizeof(data) - 10] = data[sizeof(data) - 10] == 'A' ? 'B' : 'A';
	ASSERT_EQ(0, note_parse(&note, data, strlen(data), NULL));
	EXPECT_EQ(-EBADMSG, note_check(&note, &key, NULL));
}

TEST(notes_that_are_none)
{
	static const char *const bad[] = {
		"", "\n", "\n\n", TEXT, TEXT "\n", LINE, TEXT LINE, TEXT "\n" LINE "more\n",
		TEXT "\n- PeterNeumann x08go/ZJ\n", TEXT "\n\xe2\x80\x94 PeterNeumann\n",
		TEXT "\n\xe2\x80\x94 PeterNeumann x08g\n", TEXT "\n\xe2\x80\x94  x08go/ZJ\n",
		TEXT "\n\xe2\x80\x94 PeterNeumann x08go/ZJ", "\xff\n\n" LINE, "a\tb\n\n" LINE,
		TEXT "\n\xe2\x80\x94 Peter+Neumann x08go/ZJkuBS\n",
		TEXT "\n\xe2\x80\x94 PeterNeumann x08go/ZJkuB=\n",
	};
	struct fault fault;
	struct note note;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		fault.text[0] = '\0';
		EXPECT_EQ(-EBADMSG, note_parse(&note, bad[i], strlen(bad[i]), &fault));
		EXPECT_NE('\0', fault.text[0]);
	}
}

TEST(too_many_signatures)
{
	size_t size = strlen(TEXT) + 1 + (NOTE_SIGNATURES_MAX + 1) * strlen(LINE);
	char *data = calloc(1, size + 1), *end = stpcpy(data, TEXT "\n");
	struct note note;

	for (int i = 0; i < NOTE_SIGNATURES_MAX; i++)
		end = stpcpy(end, LINE);
	EXPECT_EQ(0, note_parse(&note, data, strlen(data), NULL));
	strcpy(end, LINE);
	EXPECT_EQ(-EBADMSG, note_parse(&note, data, strlen(data), NULL));
	free(data);
	EXPECT_NO_LEAK();
}

TEST(keys_that_are_none)
{
	static const char *const bad[] = {
		"", "PeterNeumann", "PeterNeumann+c74f20a3", "PeterNeumann+c74f20a3+",
		"PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
		"peterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
		"PeterNeumann+c74f20a3+AhpC2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
		"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T=",
		"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW x",
		"+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
		"a b+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
	};
	struct note_key key;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		EXPECT_EQ(-EINVAL, note_key_parse(&key, bad[i], NULL));
}

TEST(a_new_key_signs)
{
	char line[NOTE_LINE_MAX], data[1024], text[NOTE_KEY_TEXT_MAX];
	struct note_key key, public;
	struct note note;

	ASSERT_EQ(0, note_key_make(&key, "host.example/domicile"));
	ASSERT_EQ(0, note_key_parse(&public, note_key_text(&key, text), NULL));
	ASSERT_EQ(0, note_sign(TEXT, strlen(TEXT), &key, 0, line));
	sprintf(data, TEXT "\n%s", line);
	ASSERT_EQ(0, note_parse(&note, data, strlen(data), NULL));
	EXPECT_EQ(0, note_check(&note, &public, NULL));
	EXPECT_EQ(-EINVAL, note_key_make(&key, "two words"));
	EXPECT_EQ(-EINVAL, note_key_make(&key, "a+b"));
	note_key_forget(&key);
	EXPECT_NE(0, note_sign(TEXT, strlen(TEXT), &key, 0, line));
}

/* A witness's key is the log's key, too: its cosignature is still no signature of the log. */
TEST(a_cosignature_is_of_its_time)
{
	struct note_key log = key_of(SECRET), witness = log;
	char line[NOTE_LINE_MAX], data[1024];
	struct note note;
	uint64_t when = 0;

	witness.type = NOTE_KEY_WITNESS;
	witness.id = 0x12345678;
	ASSERT_EQ(0, note_sign(TEXT, strlen(TEXT), &witness, 1679315147, line));
	sprintf(data, TEXT "\n%s", line);
	ASSERT_EQ(0, note_parse(&note, data, strlen(data), NULL));
	EXPECT_EQ(0, note_check(&note, &witness, &when));
	EXPECT_EQ(1679315147, when);
	EXPECT_EQ(-ENOKEY, note_check(&note, &log, NULL));
	log.id = witness.id;
	EXPECT_EQ(-EBADMSG, note_check(&note, &log, NULL));
}

/* --- checkpoints ------------------------------------------------------------------ */

#define ROOT "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="

static int checkpoint_of(struct checkpoint *checkpoint, const char *body)
{
	char *data;
	int err;

	if (asprintf(&data, "%s\n" LINE, body) < 0)
		abort();
	err = checkpoint_parse(checkpoint, data, NULL);
	if (err)
		free(data);
	return err;
}

TEST(checkpoint_is_read)
{
	struct checkpoint checkpoint;

	ASSERT_EQ(0, checkpoint_of(&checkpoint, "example.com/log\n20852163\n" ROOT "\n"));
	EXPECT_STREQ("example.com/log", checkpoint.origin);
	EXPECT_EQ(20852163, checkpoint.size);
	EXPECT_EQ(0x0a, checkpoint.root.bytes[0]);
	checkpoint_free(&checkpoint);
	ASSERT_EQ(0, checkpoint_of(&checkpoint, "o\n0\n" ROOT "\nan extension\n"));
	checkpoint_free(&checkpoint);
	EXPECT_NO_LEAK();
}

TEST(checkpoints_that_are_none)
{
	static const char *const bad[] = {
		"o\n1\n", "\n1\n" ROOT "\n", "o\n01\n" ROOT "\n", "o\n-1\n" ROOT "\n",
		"o\n1 \n" ROOT "\n", "o\n\n" ROOT "\n", "o\n9223372036854775808\n" ROOT "\n",
		"o\n99999999999999999999\n" ROOT "\n", "o\n1\n" ROOT "x\n", "o\n1\nAAAA\n",
		"o\n1\n" ROOT "\n\nmore\n",
	};
	struct checkpoint checkpoint;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		EXPECT_EQ(-EBADMSG, checkpoint_of(&checkpoint, bad[i]));
	EXPECT_NO_LEAK();
}

TEST(checkpoint_is_of_the_log_that_the_key_names)
{
	struct note_key key = key_of(SECRET), other = key;
	struct checkpoint checkpoint;
	struct merkle_hash root = { { 1 } };
	struct fault fault = { 0 };
	char *data;

	ASSERT_EQ(0, checkpoint_format(5, &root, &key, &data));
	ASSERT_EQ(0, checkpoint_parse(&checkpoint, data, NULL));
	EXPECT_EQ(0, checkpoint_check(&checkpoint, &key, NULL));
	EXPECT_EQ(5, checkpoint.size);
	other.id ^= 1;
	EXPECT_EQ(-ENOKEY, checkpoint_check(&checkpoint, &other, &fault));
	EXPECT_NE(NULL, strstr(fault.text, "but by: PeterNeumann (c74f20a3)"));
	strcpy(checkpoint.origin, "another");
	EXPECT_EQ(-EBADMSG, checkpoint_check(&checkpoint, &key, NULL));
	checkpoint_free(&checkpoint);
	EXPECT_NO_LEAK();
}

/* --- base 64 ----------------------------------------------------------------------- */

TEST(base64_is_canonical)
{
	static const char *const bad[] = { "A", "AA", "AA=", "AA=A", "AB==", "AAB=", "A===", "====",
					   "AA A", "AAA\n", " AAAA", "AAAA====", "AA==AAAA" };
	unsigned char data[8];

	EXPECT_EQ(0, base64_decode("", 0, data, sizeof(data)));
	EXPECT_EQ(1, base64_decode("AA==", 4, data, sizeof(data)));
	EXPECT_EQ(2, base64_decode("AAA=", 4, data, sizeof(data)));
	EXPECT_EQ(3, base64_decode("AAAA", 4, data, sizeof(data)));
	EXPECT_EQ(-EINVAL, base64_decode("AAAA", 4, data, 2));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		EXPECT_EQ(-EINVAL, base64_decode(bad[i], strlen(bad[i]), data, sizeof(data)));
}

TEST_HARNESS_MAIN
