# SPDX-License-Identifier: GPL-2.0-only
#
# What the unit tests and the fuzzers have under test; the policy compiler as a whole.
CODE := \
	cidr_file.c \
	colour.c \
	confine.c \
	confined.c \
	country.c \
	country_data.c \
	country_mmdb.c \
	country_text.c \
	endpoint.c \
	generation.c \
	in_force.c \
	label_value.c \
	lines.c \
	moment.c \
	netset.c \
	number.c \
	origin.c \
	plain.c \
	policy.c \
	policy_carrier.c \
	policy_case.c \
	policy_compile.c \
	policy_confine.c \
	policy_data.c \
	policy_diff.c \
	policy_diff_print.c \
	policy_document.c \
	policy_draft.c \
	policy_draft_case.c \
	policy_draft_name.c \
	policy_draft_network.c \
	policy_draft_resolver.c \
	policy_draft_rule.c \
	policy_error.c \
	policy_error_show.c \
	policy_finish.c \
	policy_json.c \
	policy_listen.c \
	policy_network.c \
	policy_network_make.c \
	policy_pack.c \
	policy_parse.c \
	policy_reader.c \
	policy_resolve.c \
	policy_resolver.c \
	policy_rule.c \
	policy_show.c \
	policy_signed.c \
	policy_simulate.c \
	policy_span.c \
	policy_steps.c \
	policy_valid.c \
	policy_verdict.c \
	policy_warn.c \
	policy_wire.c \
	prefix.c \
	provenance.c \
	range.c \
	range_flatten.c \
	read_all.c \
	record.c \
	sequence.c \
	serial.c \
	signature.c \
	suggest.c \
	trust.c

# The audit log, and its commands.
CODE += \
	answer.c \
	audit_entry.c \
	audit_log.c \
	audit_prune.c \
	base64.c \
	checkpoint.c \
	fault.c \
	interrupt.c \
	merkle.c \
	merkle_proof.c \
	note.c \
	note_key.c \
	note_key_file.c \
	progress.c \
	tile.c \
	tile_file.c \
	tile_tree.c \
	tlog.c \
	tlog_open.c \
	tlog_proof.c \
	tlog_reader.c \
	tlog_recover.c \
	tlog_verify.c
