// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base64.h"
#include "cleanup.h"
#include "cmd_audit.h"
#include "command.h"
#include "moment.h"
#include "number.h"
#include "plain.h"
#include "rundir.h"
#include "tlog.h"
#include "tlog_proof.h"
#include "tlog_verify.h"

#define NS_PER_S 1000000000ull

static const char verify_help[] =
	"Usage: domicile audit verify [--key KEY] [--witness FILE [--quorum N]]\n"
	"                             [--checkpoint FILE] [--json] [DIR]\n"
	"       domicile audit verify --proof FILE --key KEY [--witness FILE [--quorum N]]\n"
	"\n"
	"Checks a log, or a copy of it, without Domicile running and without being root:\n"
	"every entry against the Merkle tree, the tree against the signed checkpoint, and\n"
	"whether what is missing was pruned, and the clock never went back unrecorded.\n"
	"Says where it breaks. DIR is " DOMICILE_TLOG_DIR " if not given. Any log of\n"
	"c2sp.org/tlog-tiles with an Ed25519 key can be checked.\n"
	"\n"
	"  -k, --key KEY          the log's public key, NAME+ID+BASE64, or a file with it.\n"
	"                         Without it, the key that lies in DIR counts, which who\n"
	"                         rewrote the log has replaced, too\n"
	"  -w, --witness FILE     public keys of witnesses, one a line: cosignatures of them\n"
	"                         must be on the checkpoint, that of --checkpoint if given\n"
	"      --quorum N         of how many of them (default 1)\n"
	"  -c, --checkpoint FILE  a checkpoint that you kept: the log must continue it\n"
	"  -p, --proof FILE       check what `domicile audit prove` printed instead of a log,\n"
	"                         and show the entry\n"
	"      --json             the result as one JSON object\n"
	"  -h, --help             this text\n"
	"\n"
	"Exit status: 0 all of it holds; 1 it does not; 3 it cannot be read.\n"
	"\n"
	"Examples:\n"
	"  domicile audit verify --key host1.vkey /mnt/copy/tlog\n"
	"  domicile audit verify -k host1.vkey -w witnesses -c kept.checkpoint ./tlog\n"
	"  domicile audit verify -k host1.vkey --proof entry.tlog-proof\n";

struct verify {
	const char *path;
	const char *key_argument, *witness_file, *checkpoint_file, *proof_file;
	uint64_t quorum;
	bool json;

	int directory;
	struct note_key key;
	struct note_keys witnesses;
	struct checkpoint checkpoint, kept;
	int cosigned; /* witnesses */
	uint64_t since; /* when the first of them signed, seconds */
	struct tlog_summary summary;
	struct fault fault;
};

static void verify_free(struct verify *verify)
{
	close_fd(&verify->directory);
	note_keys_free(&verify->witnesses);
	checkpoint_free(&verify->checkpoint);
	checkpoint_free(&verify->kept);
}

/* --- what it is checked against ----------------------------------------------- */

static int own_key_read(struct verify *verify)
{
	char text[NOTE_KEY_TEXT_MAX + 1];
	struct fault why = { 0 };
	size_t size;
	int err = tile_file_read(verify->directory, TLOG_VKEY, text, sizeof(text) - 1, &size);

	if (err)
		return fault_set(&verify->fault, err, "there is no key in it (give one with --key)");
	text[size] = '\0';
	err = note_key_parse(&verify->key, text, &why);
	return err ? fault_set(&verify->fault, err, TLOG_VKEY ": %s", why.text) : 0;
}

static int keys_read(struct verify *verify)
{
	int err = verify->key_argument ? audit_key_option(&verify->key, verify->key_argument,
							  &verify->fault) :
					 own_key_read(verify);

	if (!err && verify->key.type != NOTE_KEY_LOG)
		err = fault_set(&verify->fault, -EINVAL, "the key is of a witness, not of a log");
	if (!err && verify->witness_file)
		err = note_keys_read(&verify->witnesses, verify->witness_file, &verify->fault);
	for (size_t i = 0; i < verify->witnesses.count && !err; i++)
		if (verify->witnesses.keys[i].type != NOTE_KEY_WITNESS)
			err = fault_set(&verify->fault, -EINVAL, "%s: the key of %s is not of a "
					"witness (type 4)", verify->witness_file,
					verify->witnesses.keys[i].name);
	return err;
}

static int witnesses_check(struct verify *verify, const struct checkpoint *checkpoint)
{
	int count;

	if (!verify->witness_file)
		return 0;
	count = checkpoint_witnesses(checkpoint, &verify->witnesses, &verify->since,
				     &verify->fault);
	if (count < 0)
		return count;
	verify->cosigned = count;
	if ((uint64_t)count >= verify->quorum)
		return 0;
	return fault_set(&verify->fault, -EBADMSG, "%d of the %zu witnesses have signed the "
			 "checkpoint (%" PRIu64 " must)", count, verify->witnesses.count,
			 verify->quorum);
}

static int kept_check(struct verify *verify)
{
	struct fault why = { 0 };
	int err = checkpoint_read(&verify->kept, AT_FDCWD, verify->checkpoint_file,
				  &verify->fault);

	if (err)
		return err;
	err = checkpoint_check(&verify->kept, &verify->key, &why);
	if (err)
		return fault_set(&verify->fault, err, "%s: %s", verify->checkpoint_file, why.text);
	err = witnesses_check(verify, &verify->kept);
	if (!err)
		err = tlog_verify_extends(verify->directory, &verify->checkpoint, &verify->kept,
					  &verify->fault);
	return err;
}

/* --- the result ----------------------------------------------------------------- */

static json_t *result_json(const struct verify *verify)
{
	const struct tlog_summary *summary = &verify->summary;
	json_t *json = json_pack("{s:b, s:s, s:b, s:I, s:I, s:i, s:I, s:I}", "valid", true, "log",
				 verify->key.name, "key_given", verify->key_argument != NULL,
				 "size", (json_int_t)summary->size, "first",
				 (json_int_t)summary->first, "witnesses", verify->cosigned,
				 "lost_records", (json_int_t)summary->lost, "unsigned_entries",
				 (json_int_t)summary->after);

	if (!json)
		return NULL;
	json_object_set_new(json, "newest", summary->newest[0] ? json_string(summary->newest) :
							       json_null());
	json_object_set_new(json, "decisions", json_integer(summary->count[AUDIT_ENTRY_DECISION]));
	json_object_set_new(json, "losses", json_integer(summary->count[AUDIT_ENTRY_LOSS]));
	json_object_set_new(json, "other", json_integer(summary->count[AUDIT_ENTRY_OTHER]));
	for (int i = 0; i < AUDIT_ENTRIES; i++)
		if (audit_event_name(i))
			json_object_set_new(json, audit_event_name(i),
					    json_integer(summary->count[i]));
	return json;
}

static void number_print(const char *what, uint64_t number, const char *unit)
{
	char text[NUMBER_TEXT_MAX];

	if (number)
		printf("%-12s%s%s\n", what, number_text(text, number), unit);
}

static void root_print(const struct verify *verify)
{
	char root[BASE64_SIZE(MERKLE_HASH_SIZE)];

	base64_encode(&verify->checkpoint.root, MERKLE_HASH_SIZE, root);
	printf("%-12s%s\n", "root", root);
}

static void witnesses_print(const struct verify *verify)
{
	char when[MOMENT_TEXT_MAX];

	if (verify->witness_file)
		printf("%-12s%d of %zu, since %s, at %" PRIu64 " entries\n", "witnesses",
		       verify->cosigned, verify->witnesses.count,
		       moment_local(when, verify->since * NS_PER_S),
		       verify->checkpoint_file ? verify->kept.size : verify->checkpoint.size);
}

static void result_print(const struct verify *verify)
{
	const struct tlog_summary *summary = &verify->summary;
	const uint64_t *count = summary->count;

	printf("%-12s", "log");
	plain_print(verify->checkpoint.origin, stdout);
	putchar('\n');
	printf("%-12s%" PRIu64 " entries, all as they were signed\n", "holds",
	       summary->size - summary->first);
	root_print(verify);
	witnesses_print(verify);
	if (summary->newest[0])
		printf("%-12s%s\n", "newest", summary->newest);
	number_print("decisions", count[AUDIT_ENTRY_DECISION], "");
	number_print("lost", summary->lost, " records that the kernel had no room for, each "
		     "counted");
	number_print("starts", count[AUDIT_ENTRY_OPENED], "");
	number_print("not closed", count[AUDIT_ENTRY_RECOVERED], " times: what was not signed "
		     "then can be missing");
	number_print("clock set", count[AUDIT_ENTRY_CLOCK], " times");
	number_print("too long", count[AUDIT_ENTRY_TOO_LONG], " records were left out");
	number_print("pruned", summary->first, " entries before, as recorded");
	number_print("unsigned", summary->after, " more entries, at least, are not signed yet");
	if (!verify->key_argument)
		puts("note        the key is the one in the log itself: who rewrites a log "
		     "replaces it, too (use --key)");
}

static enum answer no(struct verify *verify, int err)
{
	cleanup(free_json) json_t *json = NULL;

	if (verify->json) {
		json = json_pack("{s:b, s:s}", "valid", false, "fault", verify->fault.text);
		json_dumpf(json, stdout, JSON_COMPACT);
		putchar('\n');
	}
	return audit_refuse("audit verify", err, &verify->fault);
}

/* --- a log ---------------------------------------------------------------------- */

static int check(struct verify *verify)
{
	int err;

	verify->directory = open(verify->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (verify->directory < 0)
		return fault_set(&verify->fault, -errno, "%s", strerror(errno));
	err = tlog_format_check(verify->directory, &verify->fault);
	if (!err)
		err = keys_read(verify);
	if (!err)
		err = checkpoint_read(&verify->checkpoint, verify->directory, TLOG_CHECKPOINT,
				      &verify->fault);
	if (!err)
		err = checkpoint_check(&verify->checkpoint, &verify->key, &verify->fault);
	if (!err && !verify->checkpoint_file)
		err = witnesses_check(verify, &verify->checkpoint);
	if (!err)
		err = tlog_verify(verify->directory, &verify->checkpoint, &verify->summary,
				  &verify->fault);
	if (!err && verify->checkpoint_file)
		err = kept_check(verify);
	return err;
}

static enum answer log_verify(struct verify *verify)
{
	cleanup(free_json) json_t *json = NULL;
	struct fault why;
	int err = check(verify);

	if (err) {
		why = verify->fault;
		verify->fault.text[0] = '\0';
		fault_set(&verify->fault, err, "%s: %s", verify->path, why.text);
		return no(verify, err);
	}
	if (!verify->json) {
		result_print(verify);
		return ANSWER_DONE;
	}
	json = result_json(verify);
	json_dumpf(json, stdout, JSON_COMPACT);
	putchar('\n');
	return ANSWER_DONE;
}

/* --- a proof -------------------------------------------------------------------- */

static int proof_check(struct verify *verify, struct tlog_proof *proof)
{
	int err = keys_read(verify);

	if (!err)
		err = tlog_proof_read(proof, verify->proof_file, &verify->fault);
	if (!err)
		err = checkpoint_check(&proof->checkpoint, &verify->key, &verify->fault);
	if (!err)
		err = witnesses_check(verify, &proof->checkpoint);
	return err ? err : tlog_proof_check(proof, &verify->fault);
}

/* An entry that is no JSON is a string. */
static enum answer proof_json_print(const struct tlog_proof *proof)
{
	const char *text = (const char *)proof->entry;
	json_t *entry = json_loadb(text, proof->entry_size, 0, NULL);
	cleanup(free_json) json_t *json = NULL;

	if (!entry)
		entry = json_stringn(text, proof->entry_size) ?: json_null();
	json = json_pack("{s:b, s:s, s:I, s:I, s:o}", "valid", true, "log",
			 proof->checkpoint.origin, "index", (json_int_t)proof->index, "size",
			 (json_int_t)proof->checkpoint.size, "entry", entry);
	json_dumpf(json, stdout, JSON_COMPACT);
	putchar('\n');
	return ANSWER_DONE;
}

static enum answer proof_verify(struct verify *verify)
{
	cleanup(tlog_proof_free) struct tlog_proof proof = { 0 };
	int err = proof_check(verify, &proof);

	if (err)
		return no(verify, err);
	if (verify->json)
		return proof_json_print(&proof);
	printf("entry %" PRIu64 " of ", proof.index);
	plain_print(proof.checkpoint.origin, stdout);
	printf(" is in the tree of %" PRIu64 " that it signed:\n", proof.checkpoint.size);
	plain_print((const char *)proof.entry, stdout);
	putchar('\n');
	return ANSWER_DONE;
}

int audit_verify(int argc, char **argv)
{
	static const struct option options[] = {
		{ "key", required_argument, NULL, 'k' },
		{ "witness", required_argument, NULL, 'w' },
		{ "quorum", required_argument, NULL, 'q' },
		{ "checkpoint", required_argument, NULL, 'c' },
		{ "proof", required_argument, NULL, 'p' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	cleanup(verify_free) struct verify verify = { .path = DOMICILE_TLOG_DIR, .quorum = 1,
						      .directory = -1 };
	int option;

	while ((option = command_option("audit verify", verify_help, argc, argv, "k:w:c:p:h",
					options)) != -1) {
		if (option == 'k')
			verify.key_argument = optarg;
		if (option == 'w')
			verify.witness_file = optarg;
		if (option == 'c')
			verify.checkpoint_file = optarg;
		if (option == 'p')
			verify.proof_file = optarg;
		if (option == 'q' && (number_parse(optarg, &verify.quorum) || !verify.quorum))
			return command_usage("audit verify", "--quorum takes a number above 0");
		verify.json |= option == 'j';
	}
	if (argc - optind > 1)
		return command_usage("audit verify", "takes one directory");
	if (verify.proof_file && (optind < argc || verify.checkpoint_file || !verify.key_argument))
		return command_usage("audit verify", "--proof needs --key, and no directory or "
				     "checkpoint");
	if (verify.quorum > 1 && !verify.witness_file)
		return command_usage("audit verify", "--quorum needs --witness");
	if (optind < argc)
		verify.path = argv[optind];
	return verify.proof_file ? proof_verify(&verify) : log_verify(&verify);
}
