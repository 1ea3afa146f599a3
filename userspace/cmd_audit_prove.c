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
#include "number.h"
#include "rundir.h"
#include "tlog_proof.h"
#include "tlog_reader.h"

static const char prove_help[] =
	"Usage: domicile audit prove [--checkpoint FILE] [--json] N [DIR]\n"
	"       domicile audit prove --from CHECKPOINT [--checkpoint FILE] [--json] [DIR]\n"
	"\n"
	"Prints a proof that entry N is in the log (c2sp.org/tlog-proof, with the entry as\n"
	"its extra data), or that the log only grew since CHECKPOINT (the request for\n"
	"add-checkpoint of c2sp.org/tlog-witness). Who checks it needs the log's public key\n"
	"and nothing else of the log. DIR is " DOMICILE_TLOG_DIR " if not given.\n"
	"\n"
	"  -f, --from CHECKPOINT  a checkpoint that the log signed before, or \"0\": none\n"
	"  -c, --checkpoint FILE  prove it for this one, that has cosignatures for example,\n"
	"                         instead of the newest\n"
	"      --json             as one JSON object\n"
	"  -h, --help             this text\n"
	"\n"
	"Examples:\n"
	"  domicile audit prove 1234 > entry.tlog-proof\n"
	"  domicile audit verify --key host1.vkey --proof entry.tlog-proof\n"
	"  domicile audit prove --from last.checkpoint |\n"
	"      curl --data-binary @- https://witness.example/add-checkpoint\n";

struct prove {
	const char *path, *from, *checkpoint_file;
	bool json;
	struct tlog_reader reader;
	struct tlog_proof proof; /* its checkpoint is what is proved for */
	struct fault fault;
};

static void prove_free(struct prove *prove)
{
	tlog_reader_close(&prove->reader);
	tlog_proof_free(&prove->proof);
}

/* --- what is proved ---------------------------------------------------------------- */

/* The newest, which the reader has no more need of, or the one given. */
static int checkpoint_choose(struct prove *prove)
{
	struct checkpoint *checkpoint = &prove->proof.checkpoint;

	if (prove->checkpoint_file)
		return checkpoint_read(checkpoint, AT_FDCWD, prove->checkpoint_file, &prove->fault);
	*checkpoint = prove->reader.checkpoint;
	prove->reader.checkpoint.data = NULL;
	return 0;
}

/* Tiles that are damaged would make a proof that proves nothing. */
static int consistency(struct prove *prove, const struct tile_tree *tree,
		       const struct checkpoint *before, struct merkle_proof *path)
{
	const struct checkpoint *checkpoint = &prove->proof.checkpoint;
	int err;

	if (before->size > checkpoint->size)
		return fault_set(&prove->fault, -EINVAL, "%s has %" PRIu64 " entries, more than the "
				 "%" PRIu64 " of the log", prove->from, before->size,
				 checkpoint->size);
	err = tile_tree_extend(tree, before->size, path, &prove->fault);
	if (err || merkle_is_consistent(before->size, &before->root, checkpoint->size,
					&checkpoint->root, path))
		return err;
	return fault_set(&prove->fault, -EBADMSG, "the log does not continue %s (see domicile audit "
			 "verify)", prove->from);
}

static int inclusion(struct prove *prove, const struct tile_tree *tree)
{
	struct tlog_proof *proof = &prove->proof;
	const unsigned char *entry;
	int size, err;

	if (proof->index >= proof->checkpoint.size)
		return fault_set(&prove->fault, -ERANGE, "there is no entry %" PRIu64 " among %"
				 PRIu64, proof->index, proof->checkpoint.size);
	size = tlog_reader_entry(&prove->reader, proof->index, &entry, &prove->fault);
	if (size < 0)
		return size;
	proof->entry = malloc(size + 1);
	if (!proof->entry)
		return -ENOMEM;
	memcpy(proof->entry, entry, size);
	proof->entry_size = size;
	err = tile_tree_include(tree, proof->index, &proof->path, &prove->fault);
	return err ? err : tlog_proof_check(proof, &prove->fault);
}

/* --- printing ----------------------------------------------------------------------- */

static json_t *path_json(const struct merkle_proof *path)
{
	char text[BASE64_SIZE(MERKLE_HASH_SIZE)];
	json_t *array = json_array();

	for (size_t i = 0; i < path->count; i++) {
		base64_encode(&path->hashes[i], MERKLE_HASH_SIZE, text);
		json_array_append_new(array, json_string(text));
	}
	return array;
}

static void json_print(json_t *object)
{
	json_dumpf(object, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(object);
}

static int inclusion_print(const struct prove *prove)
{
	const struct tlog_proof *proof = &prove->proof;

	if (!prove->json)
		return tlog_proof_print(proof, stdout);
	json_print(json_pack("{s:I, s:o, s:o, s:s}", "index", (json_int_t)proof->index, "entry",
			     json_stringn((const char *)proof->entry, proof->entry_size), "path",
			     path_json(&proof->path), "checkpoint", proof->checkpoint.data));
	return 0;
}

static void consistency_print(const struct prove *prove, uint64_t before,
			      const struct merkle_proof *path)
{
	const struct checkpoint *checkpoint = &prove->proof.checkpoint;

	if (prove->json)
		json_print(json_pack("{s:I, s:o, s:s}", "old", (json_int_t)before, "path",
				     path_json(path), "checkpoint", checkpoint->data));
	else
		tlog_proof_print_consistency(before, path, checkpoint, stdout);
}

/* --- the command -------------------------------------------------------------------- */

static int before_read(struct prove *prove, struct checkpoint *before)
{
	if (strcmp(prove->from, "0"))
		return checkpoint_read(before, AT_FDCWD, prove->from, &prove->fault);
	merkle_empty(&before->root);
	return 0;
}

static int prove_print(struct prove *prove)
{
	cleanup(checkpoint_free) struct checkpoint before = { 0 };
	struct merkle_proof path = { .count = 0 };
	struct tile_tree tree;
	int err = tlog_reader_open(&prove->reader, prove->path, &prove->fault);

	if (!err)
		err = checkpoint_choose(prove);
	if (err)
		return err;
	tree = (struct tile_tree){ prove->reader.directory, prove->proof.checkpoint.size };
	if (!prove->from) {
		err = inclusion(prove, &tree);
		return err ? err : inclusion_print(prove);
	}
	err = before_read(prove, &before);
	if (!err)
		err = consistency(prove, &tree, &before, &path);
	if (!err)
		consistency_print(prove, before.size, &path);
	return err;
}

int audit_prove(int argc, char **argv)
{
	static const struct option options[] = {
		{ "from", required_argument, NULL, 'f' },
		{ "checkpoint", required_argument, NULL, 'c' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	cleanup(prove_free) struct prove prove = { .path = DOMICILE_TLOG_DIR,
						   .reader.directory = -1 };
	int option, err;

	while ((option = command_option("audit prove", prove_help, argc, argv, "f:c:h",
					options)) != -1) {
		if (option == 'f')
			prove.from = optarg;
		if (option == 'c')
			prove.checkpoint_file = optarg;
		prove.json |= option == 'j';
	}
	if (!prove.from && (optind == argc || number_parse(argv[optind++], &prove.proof.index)))
		return command_usage("audit prove", "takes the number of an entry, or --from");
	if (argc - optind > 1)
		return command_usage("audit prove", "takes one directory");
	if (optind < argc)
		prove.path = argv[optind];
	err = prove_print(&prove);
	return err ? audit_refuse("audit prove", err, &prove.fault) : ANSWER_DONE;
}
