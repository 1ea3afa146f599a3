# SPDX-License-Identifier: GPL-2.0-only
#
# What the unit tests and the fuzzers have under test; the policy compiler as a whole.
CODE := \
	colour.c \
	confine.c \
	confined.c \
	endpoint.c \
	generation.c \
	in_force.c \
	label_value.c \
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
	policy_diff.c \
	policy_diff_print.c \
	policy_document.c \
	policy_draft.c \
	policy_draft_case.c \
	policy_draft_name.c \
	policy_draft_resolver.c \
	policy_draft_rule.c \
	policy_error.c \
	policy_error_show.c \
	policy_finish.c \
	policy_json.c \
	policy_listen.c \
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
	policy_valid.c \
	policy_verdict.c \
	policy_warn.c \
	policy_wire.c \
	prefix.c \
	provenance.c \
	read_all.c \
	record.c \
	sequence.c \
	serial.c \
	signature.c \
	suggest.c \
	trust.c
