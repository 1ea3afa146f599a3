#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A host with a trusted key takes signed policies alone, and none that is older than what it had.
# minisign signs them.

. "$(dirname "$(readlink -f "$0")")/lib.sh"
needs minisign

keys=/etc/domicile serial=/var/lib/domicile/policy-serial
policy=$work/policy.yaml rest=$work/rest.yaml person=$work/person port=4000

sends() {
	bash -c 'read -r line <"$1" && echo "$line" >"/dev/udp/$2/$3"' - "$person" "$1" $port
}

# key_make NAME: $work/NAME.key and $work/NAME.pub
key_make() {
	minisign -G -W -f -p "$work/$1.pub" -s "$work/$1.key" >"$work/key" 2>&1 ||
		bail_out "minisign cannot make a key"
}

# sign KEY COMMENT FILE...
sign() {
	local key=$1 comment=$2
	shift 2
	minisign -S -s "$work/$key.key" -t "$comment" -m "$@" >"$work/signed" 2>&1 ||
		bail_out "minisign cannot sign"
}

# Which of them the files are together
digest() {
	domicile policy check --json "$@" | json digest
}

# refuses WHY FILE...: and what is in force stays
refuses() {
	local why=$1 before
	shift
	before=$(domicile policy show --json | json generation)
	says "$why" domicile policy apply "$@" && answers 1 domicile policy apply "$@" &&
		[ "$(domicile policy show --json | json generation)" = "$before" ] &&
		refused sends $out4 && sends $in4
}

# The key is there from now on.
trusts() {
	mkdir -p "$keys" && cp "$work/$1.pub" "$keys/policy.pub"
	on_exit rm -f "$keys/policy.pub"
}

test_up() {
	check "up with a policy that is not signed: 1" says "is not signed" domicile up -p "$policy"
	sign other "serial:1" "$policy"
	check "up with one that another key signed: 1" says "does not trust" \
		domicile up -p "$policy"
	sign ours "serial:5" "$policy"
	check "up with one that is signed" says enforcing domicile up -p "$policy"
	is_up=1
	check "labelled data does not go out" refused sends $out4
	check "show says whose signature" says "serial 5" domicile policy show
	check "and so does status --json" [ "$(status policy.signed.serial)" = 5 ]
}

test_key() {
	rm "$policy.minisig"
	check "policy apply: not signed" refuses "is not signed" "$policy"
	sign other "serial:6" "$policy"
	row G08/key blocked policy
	check "policy apply: signed with another key" refuses "does not trust" "$policy"
	sign ours "serial:6" "$rest"
	mv "$rest.minisig" "$policy.minisig"
	check "policy apply: the signature of another file" refuses "is not what key" "$policy"
	sign ours "serial:6" "$policy"
	sed -i 's/^trusted comment: serial:6/trusted comment: serial:7/' "$policy.minisig"
	check "policy apply: another serial written into it" refuses "is not what key" "$policy"
	echo nothing >"$policy.minisig"
	check "policy apply: no signature at all" refuses "expected" "$policy"
	echo "# more" >>"$policy"
	sign ours "serial:6" "$policy"
	check "policy apply: signed, and newer" domicile policy apply "$policy"
	minisign -S -l -s "$work/ours.key" -t "serial:6" -m "$policy" >"$work/signed" 2>&1
	check "the same once more, signed as minisign once did" domicile policy apply "$policy"
	echo "nothing" >"$keys/policy.pub"
	check "policy apply: a key that cannot be read" refuses "no trusted key" "$policy"
	cp "$work/ours.pub" "$keys/policy.pub"
}

test_set() {
	sign ours "serial:7" "$policy" "$rest"
	check "two files, each signed by itself" refuses "a policy by itself" "$policy" "$rest"
	sign ours "serial:7 policy:$(digest "$policy" "$rest")" "$policy" "$rest"
	check "one of them is left out" refuses "together with other files" "$policy"
	check "two files, signed together" domicile policy apply "$policy" "$rest"
}

test_rollback() {
	cp "$policy" "$work/old.yaml"
	cp "$work/before.minisig" "$work/old.yaml.minisig"
	row G08/rollback blocked policy
	check "an older policy" refuses "is older" "$work/old.yaml"
	echo "# other" >>"$work/old.yaml"
	sign ours "serial:7" "$work/old.yaml"
	check "another policy with the serial of this one" refuses "as another policy" \
		"$work/old.yaml"
	check "down" domicile down
	is_up=
	cp "$policy" "$work/old.yaml"
	cp "$work/before.minisig" "$work/old.yaml.minisig"
	check "after it, up with an older policy: 1" answers 1 domicile up -p "$work/old.yaml"
	echo damaged >"$serial"
	check "nor when it is not known what is older" says "does not say" \
		domicile up -p "$policy" -p "$rest"
}

mkdir -p "${serial%/*}"
mount -t tmpfs none "${serial%/*}" && on_exit umount "${serial%/*}"
net_make
echo "data of a person" >"$person"
policy_make "$policy" "$person"
echo "version: 1" >"$rest"
key_make ours
key_make other
trusts ours
test_up
test_key
sign ours "serial:6" "$policy"
cp "$policy.minisig" "$work/before.minisig"
test_set
test_rollback
finish
