# SPDX-License-Identifier: GPL-2.0-only
#
# Policies that are not there to stay: looked at, in audit mode, and on trial. Part of cli.sh.

generation() {
	status generation
}

generation_is() {
	local found
	found=$(generation)
	echo "generation $found, expected $1"
	[ "$found" = "$1" ]
}

# A connection that is open all the while, see connection() in cli.sh.
connected() {
	listener &
	on_exit kill $!
	soon says ":$port" ip netns exec in ss -tln
	connection &
	connection=$!
	on_exit kill $connection
	sleep 2
}

# labels_are LABEL PATH...
labels_are() {
	local expected=$1 path
	shift
	for path; do
		label_is "$expected" "$path" || return
	done
}

keepers() {
	pgrep -f "policy apply --confirm"
}

test_dry_run() {
	local before
	before=$(generation)
	check "dry run: what would go" says '- rules' domicile policy apply --dry-run \
		"$work/strict.yaml"
	check "dry run: what would come" says '"allow": []' domicile policy apply --dry-run \
		"$work/strict.yaml"
	check "dry run --json" json_is added.0.in rules domicile policy apply --dry-run --json \
		"$work/strict.yaml"
	check "dry run of the same" says "no difference" domicile policy apply --dry-run "$policy"
	check "dry run of a wrong one: 1" answers 1 domicile policy apply --dry-run \
		"$work/slip.yaml"
	check "dry run of what this host cannot: 3" answers 3 domicile policy apply --dry-run \
		"$work/proc.yaml"
	check "nothing was changed" generation_is "$before"
}

test_whole_audit() {
	check "apply --audit" says "audit mode" domicile policy apply --audit "$policy"
	check "it goes out" sends "$person" $out4
	check "and is recorded" recorded verdict=audit denied=cn.pii source.path="$person" \
		object.address=$out4 policy_generation="$(generation)"
	check "show says so" says "audit: " domicile policy show
	check "status --json too" json_is policy.audit true domicile status --json
	check "the same policy without it" domicile policy apply "$policy"
	check "it does not go out" refused sends "$person" $out4
}

# The trial's time is over. Waiting for it would make the tests as slow as the slowest machine.
time_passes() {
	sed -i 's/"deadline": [0-9]*/"deadline": 1/' /run/domicile/trial.json
}

tries() {
	check "apply --confirm" says "on trial" domicile policy apply --confirm 1h "$1"
}

test_trial() {
	local before
	before=$(generation)
	check "apply --confirm, for a second" domicile policy apply --confirm 1s "$work/strict.yaml"
	check "nobody confirms it: the one before is back" soon sends "$person" $in4
	check "in one step" generation_is $((before + 2))
	connected
	tries "$work/strict.yaml"
	check "it is in force at once" refused sends "$person" $in4
	check "show says that it is on trial" says "unless it is confirmed" domicile policy show
	check "status, too" says "on trial" domicile status
	check "another one has to wait: 1" says "is on trial for" domicile policy apply "$policy"
	check "and so with --confirm: 1" answers 1 domicile policy apply --confirm 4s "$policy"
	check "it is in force still" generation_is $((before + 3))
	time_passes
	check "nobody confirms it: the one before is back" soon sends "$person" $in4
	check "in one step" generation_is $((before + 4))
	check "show has it" says "$policy" domicile policy show
	check "show --json says when" says '"restored": "2' domicile policy show --json
	check "labelled data does not go out" refused sends "$person" $out4
	check "the open connection did as they said" wait $connection
	check "confirm is too late: 1" answers 1 domicile policy confirm
	check "nobody waits for anything any more" soon not keepers
}

test_trial_confirmed() {
	tries "$work/strict.yaml"
	check "confirm, not root: 3" answers 3 unprivileged domicile policy confirm
	check "confirm" says confirmed domicile policy confirm
	check "confirm again: 1" answers 1 domicile policy confirm
	check "nobody waits for anything any more" soon not keepers
	check "it stays" refused sends "$person" $in4
	check "the first policy again" domicile policy apply "$policy"
}

# Whoever is killed: one of the others goes back, and when all were, the next daemon.
test_trial_deaths() {
	tries "$work/strict.yaml"
	kill -9 $(keepers)
	time_passes
	check "its process is killed: the daemon goes back" soon sends "$person" $in4
	tries "$work/strict.yaml"
	kill -9 "$(status daemon)"
	time_passes
	check "the daemon is killed: its process goes back" soon sends "$person" $in4
	tries "$work/strict.yaml"
	kill -9 $(keepers)
	time_passes
	sleep 1
	check "all are killed: it stays" refused sends "$person" $in4
	check "a new daemon starts" says "started a new daemon" domicile up
	check "and goes back" soon sends "$person" $in4
}

test_trial_sources() {
	mkdir -p "$work/tried/by-hand"
	echo "data of a person" >"$work/tried/file"
	domicile label set cn.pii "$work/tried/by-hand" >"$work/said"
	policy_make "$work/tried.yaml" "$work/tried"
	tries "$work/tried.yaml"
	check "its source is labelled" labels_are cn.pii "$work/tried" \
		"$work/tried/file"
	touch "$work/tried/made"
	check "what is made in it, too" label_is cn.pii "$work/tried/made"
	time_passes
	check "it is no source any more" soon label_is "no label" "$work/tried"
	touch "$work/tried/later"
	check "what is made in it gets no label" label_is "no label" "$work/tried/later"
	check "what was labelled keeps it" labels_are cn.pii "$work/tried/file" \
		"$work/tried/made"
	check "and so does what was before" label_is cn.pii "$work/tried/by-hand"
	check "the source of the policy before has its label" label_is cn.pii "$person"
}

test_terms() {
	test_dry_run
	test_whole_audit
	test_trial
	test_trial_confirmed
	test_trial_deaths
	test_trial_sources
}
