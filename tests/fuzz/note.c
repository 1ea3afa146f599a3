// SPDX-License-Identifier: GPL-2.0-only
/* What comes with a log or a proof that somebody sent: notes, checkpoints, keys, entries. */
#include <stdlib.h>
#include <string.h>

#include "audit_entry.h"
#include "fuzz.h"
#include "note_key.h"
#include "tlog_proof.h"

static void use_checkpoint(const struct checkpoint *checkpoint, const struct note_key *key)
{
	struct note_keys witnesses = { (struct note_key *)key, 1 };
	char signers[64];
	uint64_t since;

	checkpoint_check(checkpoint, key, NULL);
	checkpoint_witnesses(checkpoint, &witnesses, &since, NULL);
	note_signers(&checkpoint->note, signers, sizeof(signers));
}

static char *copy_of(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct note_key key = { .name = "host.example/domicile", .type = NOTE_KEY_LOG };
	struct checkpoint checkpoint;
	struct audit_entry entry;
	struct tlog_proof proof;
	struct fault fault = { 0 };
	char *text = copy_of(data, size);

	audit_entry_read(&entry, data, size);
	if (!note_key_parse(&key, text, &fault))
		FUZZ_HOLDS(note_name_is_valid(key.name));
	if (!tlog_proof_parse(&proof, text, &fault)) {
		tlog_proof_check(&proof, &fault);
		use_checkpoint(&proof.checkpoint, &key);
	}
	tlog_proof_free(&proof);
	free(text);
	text = copy_of(data, size);
	if (checkpoint_parse(&checkpoint, text, &fault)) {
		FUZZ_HOLDS(fault.text[0]);
		free(text);
		return 0;
	}
	use_checkpoint(&checkpoint, &key);
	checkpoint_free(&checkpoint);
	return 0;
}
