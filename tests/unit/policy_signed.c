// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which sets of signed files are taken. Built without sanitizers: signatures are parsed by a
 * confined child.
 */
#include "kselftest_harness.h"

#include <sys/stat.h>
#include <openssl/evp.h>

#include "document.h"
#include "policy_impl.h"
#include "policy_signed.h"

static const char one[] = "version: 1\nlabels: {cn.pii: }\n";
static const char two[] = "version: 1\nlabels: {eu.pii: }\n";

struct signer {
	EVP_PKEY *private;
	struct public_key public;
};

FIXTURE(policy) {
	struct files files;
	struct signer signer;
	struct trust trust;
	struct serial newest;
	struct policy_errors errors;
	struct policy_signer said;
	char digest[POLICY_DIGEST_TEXT_SIZE];
};

static void signer_make(struct signer *signer, __u8 id)
{
	size_t size = sizeof(signer->public.key);

	signer->private = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	EVP_PKEY_get_raw_public_key(signer->private, signer->public.key, &size);
	memset(signer->public.id, id, sizeof(signer->public.id));
}

static void sign(const struct signer *signer, const void *data, size_t size, __u8 bytes[64])
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	size_t signed_size = 64;

	EVP_DigestSignInit(context, NULL, NULL, NULL, signer->private);
	EVP_DigestSign(context, bytes, &signed_size, data, size);
	EVP_MD_CTX_free(context);
}

static void put_base64(FILE *file, const void *data, size_t size)
{
	unsigned char text[256];

	EVP_EncodeBlock(text, data, size);
	fprintf(file, "%s\n", text);
}

/* FILE.minisig, by @signer, with trusted comment @comment. */
static void sign_file(const struct signer *signer, const char *name, const char *data,
		      const char *comment)
{
	__u8 line[2 + 8 + 64] = "Ed", global[64], bytes[64 + 1024];
	char *signature_name;
	FILE *file;

	memcpy(line + 2, signer->public.id, 8);
	sign(signer, data, strlen(data), line + 10);
	memcpy(bytes, line + 10, 64);
	memcpy(bytes + 64, comment, strlen(comment));
	sign(signer, bytes, 64 + strlen(comment), global);
	if (asprintf(&signature_name, "%s.minisig", name) < 0)
		err(1, "asprintf");
	file = fopen(signature_name, "we");
	fputs("untrusted comment: test\n", file);
	put_base64(file, line, sizeof(line));
	fprintf(file, "trusted comment: %s\n", comment);
	put_base64(file, global, sizeof(global));
	fclose(file);
	free(signature_name);
}

FIXTURE_SETUP(policy)
{
	files_start(&self->files);
	signer_make(&self->signer, 1);
	self->trust = (struct trust){ &self->signer.public, 1 };
}

FIXTURE_TEARDOWN(policy)
{
	for (size_t i = 0; i < self->files.count; i++) {
		char name[128];

		snprintf(name, sizeof(name), "%s.minisig", self->files.names[i]);
		unlink(name);
	}
	files_end(&self->files);
	EVP_PKEY_free(self->signer.private);
}

#define ADD(text) files_add(&self->files, text, strlen(text))
#define SIGN(index, text, comment) \
	sign_file(&self->signer, self->files.names[index], text, comment)

static int check(FIXTURE_DATA(policy) *self, size_t first, size_t count)
{
	struct policy_errors ignored = {};
	struct policy *policy = NULL;
	struct documents documents;
	int err;

	self->errors = (struct policy_errors){};
	if (documents_read(self->files.names + first, count, &documents, &self->errors))
		return -EIO;
	/* Reads the files that the policy names, if it is one. */
	if (!policy_compile_documents(&documents, &policy, &ignored))
		policy_free(policy);
	policy_digest_print(documents.digest, self->digest);
	err = policy_signed(&documents, &self->trust, &self->newest, &self->said, &self->errors);
	documents_free(&documents);
	return err;
}

#define TAKEN(first, number) EXPECT_EQ(0, check(self, first, number))
#define REFUSED(first, number, why) \
	do { \
		EXPECT_EQ(-EINVAL, check(self, first, number)); \
		EXPECT_EQ(1, self->errors.count); \
		EXPECT_NE(NULL, strstr(self->errors.list[0].text, why)) { \
			TH_LOG("%s", self->errors.list[0].text); \
		} \
	} while (0)

TEST_F(policy, alone)
{
	ADD(one);
	REFUSED(0, 1, "is not signed: ");
	SIGN(0, one, "serial:7");
	TAKEN(0, 1);
	EXPECT_TRUE(self->said.present);
	EXPECT_EQ(7, self->said.serial);
	EXPECT_EQ(0, memcmp(self->said.key_id, self->signer.public.id, 8));
	SIGN(0, one, "timestamp:1795380839\tfile:a b.yaml\thashed");
	TAKEN(0, 1);
	EXPECT_EQ(1795380839, self->said.serial);
	SIGN(0, one, "timestamp:1795380839 serial:8");
	TAKEN(0, 1);
	EXPECT_EQ(8, self->said.serial);
}

TEST_F(policy, wrongly_signed)
{
	struct signer other;

	signer_make(&other, 2);
	ADD(one);
	sign_file(&other, self->files.names[0], one, "serial:7");
	REFUSED(0, 1, "is signed with key 0202020202020202, which this host does not trust");
	/* It calls itself by the trusted one's number. */
	other.public.id[0] = 1;
	memset(other.public.id, 1, 8);
	sign_file(&other, self->files.names[0], one, "serial:7");
	REFUSED(0, 1, "is not what key 0101010101010101 has signed");
	SIGN(0, two, "serial:7");
	REFUSED(0, 1, "is not what key 0101010101010101 has signed");
	EVP_PKEY_free(other.private);
}

TEST_F(policy, wrong_comments)
{
	static const char *const comments[] = {
		"", "serial", "serial:", "serial:0", "serial:-1", "serial:+1", "serial:1x",
		"serial:1 serial:2", "serial:9223372036854775808", "serial:1 policy:sha256:00",
		"serial: 1", "Serial:1", "xserial:1",
	};

	ADD(one);
	for (size_t i = 0; i < ARRAY_SIZE(comments); i++) {
		SIGN(0, one, comments[i]);
		REFUSED(0, 1, "the trusted comment of its signature ");
	}
}

TEST_F(policy, not_a_signature)
{
	char name[128];
	FILE *file;

	ADD(one);
	snprintf(name, sizeof(name), "%s.minisig", self->files.names[0]);
	file = fopen(name, "we");
	fputs("untrusted comment: x\nnothing\n", file);
	fclose(file);
	REFUSED(0, 1, ".minisig:2: expected an Ed25519 signature in base64");
	ASSERT_EQ(0, truncate(name, SIGNATURE_FILE_SIZE_MAX + 1));
	REFUSED(0, 1, "File too large");
}

/* Each signed, but nobody has said that they belong together. */
TEST_F(policy, strangers)
{
	ADD(one);
	ADD(two);
	SIGN(0, one, "serial:7");
	SIGN(1, two, "serial:7");
	REFUSED(0, 2, "is signed as a policy by itself");
}

TEST_F(policy, together)
{
	char comment[128];

	ADD(one);
	ADD(two);
	check(self, 0, 2);
	snprintf(comment, sizeof(comment), "serial:7 policy:%s", self->digest);
	SIGN(0, one, comment);
	REFUSED(0, 2, "is not signed: ");
	SIGN(1, two, comment);
	TAKEN(0, 2);
	/* One is left out, or another put in. */
	REFUSED(0, 1, "is signed together with other files");
	REFUSED(1, 1, "is signed together with other files");
	ADD("version: 1\n");
	SIGN(2, "version: 1\n", comment);
	REFUSED(0, 3, "is signed together with other files");
	/* One is of another version. */
	comment[7] = '8';
	SIGN(1, two, comment);
	REFUSED(0, 2, "expected one for all files");
}

TEST_F(policy, older)
{
	ADD(one);
	ADD(two);
	SIGN(0, one, "serial:7");
	SIGN(1, two, "serial:7");
	TAKEN(0, 1);
	self->newest.number = 7;
	REFUSED(0, 1, "has serial 7, as another policy that was in force had");
	self->newest.number = 8;
	REFUSED(0, 1, "is older than a policy that was in force: serial 7, after 8");
	self->newest.number = 6;
	TAKEN(0, 1);
}

/* --- where the host keeps what it knows ------------------------------------ */

FIXTURE(host) {
	char directory[64];
	char file[128];
	struct policy_errors errors;
	struct trust trust;
};

FIXTURE_SETUP(host)
{
	strcpy(self->directory, "/tmp/domicile-unit-XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->directory));
	snprintf(self->file, sizeof(self->file), "%s/state/serial", self->directory);
}

FIXTURE_TEARDOWN(host)
{
	char command[128];

	trust_free(&self->trust);
	snprintf(command, sizeof(command), "rm -rf %s", self->directory);
	EXPECT_EQ(0, system(command));
}

TEST_F(host, serial)
{
	struct serial serial, written = { .number = 7 };
	int fd;

	policy_digest_print((const __u8[POLICY_DIGEST_SIZE]){ 1, 2, 0xff }, written.digest);
	EXPECT_EQ(0, serial_read(self->file, &serial));
	EXPECT_EQ(0, serial.number);
	ASSERT_EQ(0, serial_write(self->file, &written));
	EXPECT_EQ(0, serial_read(self->file, &serial));
	EXPECT_EQ(0, memcmp(&written, &serial, sizeof(serial)));
	EXPECT_TRUE(serial_follows(&serial, &written));
	written.number = ~0ull;
	ASSERT_EQ(0, serial_write(self->file, &written));
	EXPECT_EQ(0, serial_read(self->file, &serial));
	EXPECT_EQ(~0ull, serial.number);
	fd = open(self->file, O_WRONLY | O_APPEND | O_CLOEXEC);
	ASSERT_EQ(1, write(fd, " ", 1));
	EXPECT_EQ(-EUCLEAN, serial_read(self->file, &serial));
	ASSERT_EQ(0, ftruncate(fd, 0));
	EXPECT_EQ(-EUCLEAN, serial_read(self->file, &serial));
	ASSERT_EQ(0, ftruncate(fd, 1 << 20));
	EXPECT_EQ(-EUCLEAN, serial_read(self->file, &serial));
	close(fd);
}

static const char key_text[] = "untrusted comment: minisign public key 5599677C3ABE694E\n"
			       "RWROab46fGeZVdwoESK0dhvBSClShZV0RoFOEj/gVbCTUG5rNGmBVwVh\n";

static void put(const char *directory, const char *name, const char *text)
{
	char path[192];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "we");
	if (!file || fputs(text, file) < 0 || fclose(file))
		err(1, "%s", path);
	chmod(path, 0644);
}

#define PATH(name) \
	({ \
		snprintf(self->file, sizeof(self->file), "%s/" name, self->directory); \
		self->file; \
	})

TEST_F(host, no_keys)
{
	EXPECT_EQ(0, trust_read(PATH("nothing"), &self->trust, &self->errors));
	EXPECT_EQ(0, self->trust.count);
	EXPECT_EQ(0, trust_read(self->directory, &self->trust, &self->errors));
	EXPECT_EQ(0, self->trust.count);
}

TEST_F(host, keys)
{
	static const __u8 id[] = { 0x4e, 0x69, 0xbe, 0x3a, 0x7c, 0x67, 0x99, 0x55 };

	put(self->directory, "policy.pub", key_text);
	ASSERT_EQ(0, mkdir(PATH("trusted.d"), 0755));
	put(self->directory, "trusted.d/a.pub", key_text);
	put(self->directory, "trusted.d/README", "not a key\n");
	ASSERT_EQ(0, trust_read(self->directory, &self->trust, &self->errors));
	EXPECT_EQ(2, self->trust.count);
	EXPECT_NE(NULL, trust_find(&self->trust, id));
}

#define NO_TRUST(why) \
	do { \
		self->errors = (struct policy_errors){}; \
		EXPECT_EQ(-EINVAL, trust_read(self->directory, &self->trust, &self->errors)); \
		ASSERT_EQ(1, self->errors.count); \
		EXPECT_NE(NULL, strstr(self->errors.list[0].text, why)) { \
			TH_LOG("%s", self->errors.list[0].text); \
		} \
	} while (0)

/* A key that cannot be had does not make the host one without keys. */
TEST_F(host, keys_that_cannot_be_had)
{
	ASSERT_EQ(0, symlink("/nonexistent", PATH("policy.pub")));
	NO_TRUST("policy.pub: no trusted key: No such file or directory");
	unlink(self->file);
	put(self->directory, "policy.pub", "RWR\n");
	NO_TRUST("policy.pub: no trusted key: expected 'untrusted comment: ...'");
	put(self->directory, "policy.pub", key_text);
	ASSERT_EQ(0, chmod(PATH("policy.pub"), 0666));
	NO_TRUST("policy.pub: no trusted key: others may write it");
	unlink(self->file);
	ASSERT_EQ(0, mkdir(self->file, 0755));
	NO_TRUST("Is a directory");
	rmdir(self->file);
	put(self->directory, "trusted.d", "");
	NO_TRUST("trusted.d: cannot look for trusted keys: Not a directory");
}

/* What a policy names is signed with it. */
TEST_F(policy, names_files)
{
	static const char before[] = "198.51.100.0/24\n", after[] = "203.0.113.0/24\n";
	char text[256], comment[128];
	FILE *file;

	files_add_as(&self->files, "prefixes", before, strlen(before));
	snprintf(text, sizeof(text), "version: 1\nnetworks: {n: {file: [%s]}}\n",
		 self->files.names[0]);
	ADD(text);
	SIGN(1, text, "serial:1");
	REFUSED(1, 1, "here those it names");
	snprintf(comment, sizeof(comment), "serial:1 policy:%s", self->digest);
	SIGN(1, text, comment);
	TAKEN(1, 1);
	file = fopen(self->files.names[0], "we");
	fputs(after, file);
	fclose(file);
	REFUSED(1, 1, "is signed together with other files");
}

TEST_HARNESS_MAIN
