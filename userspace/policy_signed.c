// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "cleanup.h"
#include "confined.h"
#include "policy_error.h"
#include "policy_signed.h"
#include "read_all.h"

#define SUFFIX ".minisig"

/* What a trusted comment says. */
struct claims {
	__u64 serial; /* 0: not said; no policy has it */
	__u64 timestamp;
	char digest[POLICY_DIGEST_TEXT_SIZE]; /* "": not said */
};

__attribute__((format(printf, 3, 4)))
static int wrong(struct policy_errors *errors, const struct document *document,
		 const char *format, ...)
{
	struct policy_place place = { .file = document->file };
	va_list args;

	va_start(args, format);
	policy_error_addv(errors, &place, format, args);
	va_end(args);
	return -EINVAL;
}

/* --- the signature of one file -------------------------------------------- */

struct bytes {
	char *text;
	size_t size;
};

struct parsed {
	__u32 wrong_line; /* 0: none */
	struct signature signature;
};

static int parse(const void *input, void **ret, size_t *ret_size)
{
	const struct bytes *bytes = input;
	struct parsed *parsed = calloc(1, sizeof(*parsed));

	if (!parsed)
		return -ENOMEM;
	parsed->wrong_line = signature_parse(bytes->text, bytes->size, &parsed->signature);
	*ret = parsed;
	*ret_size = sizeof(*parsed);
	return 0;
}

static int parse_confined(const struct bytes *bytes, struct parsed *ret,
			  struct policy_errors *errors)
{
	const struct confined child = {
		.what = "signature parser",
		.work = parse,
		.input = bytes,
		.size_max = sizeof(*ret),
	};
	cleanup(free_memory) char *data = NULL;
	size_t size;
	int err = confined_run(&child, &data, &size, errors);

	if (err)
		return err;
	if (size != sizeof(*ret))
		return -EBADMSG;
	memcpy(ret, data, size);
	return ret->wrong_line > 4 ? -EBADMSG : 0;
}

static int file_read(const char *name, struct bytes *ret)
{
	cleanup(close_fd) int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	return fd < 0 ? -errno :
			read_all(fd, SIGNATURE_FILE_SIZE_MAX, &ret->text, &ret->size);
}

static int signature_read(const struct document *document, struct signature *ret,
			  struct policy_errors *errors)
{
	cleanup(free_memory) char *name = NULL;
	struct bytes bytes = {};
	struct parsed parsed = {};
	int err;

	if (asprintf(&name, "%s" SUFFIX, document->file) < 0)
		return -ENOMEM;
	err = file_read(name, &bytes);
	if (err)
		return wrong(errors, document, "is not signed: %s: %s (this host has a trusted "
			     "key: sign it with minisign -S, see domicile(8))", name,
			     strerror(-err));
	err = parse_confined(&bytes, &parsed, errors);
	free(bytes.text);
	if (err)
		return err;
	if (parsed.wrong_line)
		return wrong(errors, document, "%s:%u: expected %s", name, parsed.wrong_line,
			     signature_expected(parsed.wrong_line));
	*ret = parsed.signature;
	return 0;
}

static int signature_check(const struct document *document, const struct signature *signature,
			   const struct trust *trust, struct policy_errors *errors)
{
	const struct public_key *key = trust_find(trust, signature->key_id);
	char id[SIGNATURE_KEY_ID_TEXT_SIZE];
	int err;

	signature_key_id_text(signature->key_id, id);
	if (!key)
		return wrong(errors, document, "is signed with key %s, which this host does not "
			     "trust", id);
	err = signature_verify(signature, key, document->text, document->size);
	if (err == -EKEYREJECTED)
		return wrong(errors, document, "is not what key %s has signed", id);
	return err;
}

/* --- the trusted comment --------------------------------------------------- */

static bool number_scan(const char *text, __u64 *number)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno && *number &&
	       *number <= INT64_MAX;
}

static bool number_claim(const char *text, __u64 *number)
{
	return !*number && number_scan(text, number);
}

static bool digest_claim(const char *text, char digest[POLICY_DIGEST_TEXT_SIZE])
{
	if (*digest || strlen(text) != POLICY_DIGEST_TEXT_SIZE - 1)
		return false;
	strcpy(digest, text);
	return true;
}

/* "key:" and what comes after it, or NULL. */
static const char *value_of(const char *word, const char *key)
{
	size_t size = strlen(key);

	return strncmp(word, key, size) ? NULL : word + size;
}

static bool word_claim(const char *word, struct claims *claims)
{
	const char *value;

	if ((value = value_of(word, "serial:")))
		return number_claim(value, &claims->serial);
	if ((value = value_of(word, "timestamp:")))
		return number_claim(value, &claims->timestamp);
	if ((value = value_of(word, "policy:")))
		return digest_claim(value, claims->digest);
	return true;
}

static int claims_read(const struct document *document, const struct signature *signature,
		       struct claims *claims, struct policy_errors *errors)
{
	char comment[SIGNATURE_COMMENT_MAX + 1], *rest = comment, *word;

	memcpy(comment, signature->comment, signature->comment_size);
	comment[signature->comment_size] = '\0';
	while ((word = strsep(&rest, " \t")))
		if (!word_claim(word, claims))
			return wrong(errors, document, "the trusted comment of its signature has "
				     "'%.*s', expected serial:NUMBER, timestamp:NUMBER and "
				     "policy:sha256:DIGEST, each once", (int)strcspn(word, ":"),
				     word);
	if (!claims->serial)
		claims->serial = claims->timestamp;
	if (!claims->serial)
		return wrong(errors, document, "the trusted comment of its signature says neither "
			     "serial:NUMBER nor timestamp:NUMBER, so that it could be older than "
			     "another");
	return 0;
}

/* --- all files together ---------------------------------------------------- */

static int digest_check(const struct documents *documents, const struct document *document,
			const struct claims *claims, struct policy_errors *errors)
{
	char digest[POLICY_DIGEST_TEXT_SIZE];

	policy_digest_print(documents->digest, digest);
	if (!*claims->digest && (documents->count > 1 || documents->data_count))
		return wrong(errors, document, "is signed as a policy by itself; with other files, "
			     "%s, the trusted comment of each has to say policy:%s",
			     documents->data_count ? "here those it names" : "as here", digest);
	if (*claims->digest && strcmp(claims->digest, digest))
		return wrong(errors, document, "is signed together with other files: policy:%s, "
			     "but these make %s", claims->digest, digest);
	return 0;
}

static int age_check(const struct documents *documents, const struct policy_signer *signer,
		     const struct serial *newest, struct policy_errors *errors)
{
	const struct document *document = &documents->list[0];
	struct serial serial = { .number = signer->serial };

	policy_digest_print(documents->digest, serial.digest);
	if (serial_follows(&serial, newest))
		return 0;
	if (serial.number == newest->number)
		return wrong(errors, document, "has serial %" PRIu64 ", as another policy that was "
			     "in force had (sign it with a greater one)", (uint64_t)serial.number);
	return wrong(errors, document, "is older than a policy that was in force: serial %" PRIu64
		     ", after %" PRIu64 " (sign it with a greater one)", (uint64_t)serial.number,
		     (uint64_t)newest->number);
}

static int document_check(const struct documents *documents, size_t index,
			  const struct trust *trust, struct policy_signer *signer,
			  struct policy_errors *errors)
{
	const struct document *document = &documents->list[index];
	struct signature signature;
	struct claims claims = {};
	int err = signature_read(document, &signature, errors);

	if (!err)
		err = signature_check(document, &signature, trust, errors);
	if (!err)
		err = claims_read(document, &signature, &claims, errors);
	if (!err)
		err = digest_check(documents, document, &claims, errors);
	if (!err && index && claims.serial != signer->serial)
		err = wrong(errors, document, "has serial %" PRIu64 ", and %s has %" PRIu64
			    ", expected one for all files", (uint64_t)claims.serial,
			    documents->list[0].file, (uint64_t)signer->serial);
	if (err)
		return err;
	*signer = (struct policy_signer){ .present = true, .serial = claims.serial };
	memcpy(signer->key_id, signature.key_id, sizeof(signer->key_id));
	return 0;
}

int policy_signed(const struct documents *documents, const struct trust *trust,
		  const struct serial *newest, struct policy_signer *ret,
		  struct policy_errors *errors)
{
	struct policy_signer signer = {};
	int err = 0;

	for (size_t i = 0; i < documents->count && !err; i++)
		err = document_check(documents, i, trust, &signer, errors);
	if (!err)
		err = age_check(documents, &signer, newest, errors);
	if (err)
		return policy_error_work(errors, err);
	*ret = signer;
	return 0;
}
