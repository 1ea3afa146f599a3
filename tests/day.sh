#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A working day on a host with all its services: people log in and work, with data of persons and
# with other data; servers of both kinds serve; cron, timers and the package manager run. What
# does not belong to the labelled work takes no label, and is refused nothing.
#
#	tests/vm/run --systemd -- tests/day.sh [MINUTES]      default: 10
#
# Labelled work has places of its own: cn.slice for its servers, the cgroup "labelled" beside this
# script for what is started from here, and whatever belongs to the user "clerk". The user "guest"
# and everything else never touches such data.

. "$(dirname "$(readlink -f "$0")")/lib.sh"
needs systemctl ssh sshd ssh-keygen nginx psql crontab logrotate sudo dnsmasq curl
. "$here/day/host.sh"
. "$here/day/work.sh"

minutes=${1-10}
[[ $minutes =~ ^[1-9][0-9]*$ ]] || bail_out "how many minutes is '$minutes'?"
[ "$(cat /proc/1/comm)" = systemd ] || skip_all "no systemd; use tests/vm/run --systemd"

# --- counting ----------------------------------------------------------------

plain_failed=0

say() {
	printf '# %02d:%02d %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$*"
}

# in_group NAME COMMAND...: in a cgroup beside this one
in_group() {
	echo $BASHPID >"$groups/$1/cgroup.procs"
	shift
	"$@"
}

# Takes all that comes down a pipe into @1. No if that was labelled.
witness() {
	local text
	IFS= read -r -d '' text
	printf '%s' "$text" >"$1"
	not tainted $BASHPID cn.pii >/dev/null
}

# plain NAME COMMAND...: other work. It succeeds, and what it says has no label.
plain() {
	local name=$1 ended
	shift
	{
		(in_group plain "$@") </dev/null
		echo $? >"$work/ended"
	} 2>&1 | (witness "$work/said")
	ended=${PIPESTATUS[1]}
	[ "$ended" = 0 ] || found processes "$name: what it says is labelled"
	[ "$(cat "$work/ended")" = 0 ] && return
	found denials "$name: exit status $(cat "$work/ended")"
	[ "$ended" != 0 ] || tail -n 5 "$work/said" | diagnose
}

# found processes|denials WHAT
found() {
	echo "$2" >>"$work/$1"
	say "$2"
}

# labelled EXPECTED NAME COMMAND...: the data's own work; done, or refused
labelled() {
	local expected=$1 name=$2 status=0
	shift 2
	(in_group labelled "$@") >"$srv/log/said" 2>&1 </dev/null || status=$?
	case $expected:$status in
	done:0|refused:[1-9]*) return ;;
	esac
	found labelled "$name: exit status $status, not $expected"
}

# How things stand by now: who holds a label, and what was refused.
look() {
	"$here/day/outside" processes "$groups" >>"$work/processes"
	"$here/day/outside" denials "$groups" >"$work/denials.recorded"
}

# --- the day -----------------------------------------------------------------

round() {
	local task
	for task in $day; do
		[ $SECONDS -lt $((minutes * 60)) ] || break
		"$task"
	done
}

host_make
policy=("$work/policy.yaml")
[ ! -e "$here/../policies/base.yaml" ] || policy+=("$here/../policies/base.yaml")
say "everything runs; Domicile starts"
up "${policy[@]}"
servers_start
: >"$work/processes" >"$work/denials" >"$work/labelled"
SECONDS=0 rounds=0
while [ $SECONDS -lt $((minutes * 60)) ]; do
	rounds=$((rounds + 1))
	round
	look
	say "round $rounds: $(sort -u "$work/processes" | wc -l) processes labelled" \
		"outside the data's path," \
		"$(sort -u "$work/denials" "$work/denials.recorded" | wc -l)" \
		"unlabelled operations denied"
done

# none FILE: it is empty
none() {
	sort -u "$@" | head -n 40
	[ "$(cat "$@" | wc -c)" = 0 ]
}

check "labelled work was done, and refused where it has to be" none "$work/labelled"
check "processes labelled outside the data's path: $(sort -u "$work/processes" | wc -l)" \
	none "$work/processes"
check "unlabelled operations denied: $(sort -u "$work/denials" "$work/denials.recorded" | wc -l)" \
	none "$work/denials" "$work/denials.recorded"
finish
