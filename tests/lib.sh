# SPDX-License-Identifier: GPL-2.0-only
#
# What the tests in shell share: source it, describe each check with `check`, call `finish`.
# On exit everything that the test made is removed, the newest first.
#
# A process that reads labelled data is labelled itself, for good. So a test never reads such
# data, or the output of what did, with $(...), read or <: children do, and it looks at their
# exit status.

set -u
umask 022

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
sink=$here/vm/sink
python=/usr/bin/python3
[ ! -x "$here/../build/bin/domicile" ] || PATH=$(readlink -f "$here/../build/bin"):$PATH
PATH=$PATH:/usr/sbin:/sbin
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy ALL_PROXY

in4=198.51.100.2 in6=2001:db8:20::2     # what the policy allows
out4=203.0.113.2 out6=2001:db8:bad::2   # what it does not
host_in=198.51.100.1 host_out=203.0.113.1
log=/var/log/domicile/tlog

# --- TAP ---------------------------------------------------------------------

tap_count=0 tap_failed=0 tap_skipped=0 tap_over=

diagnose() {
	sed 's/^/# /' "$@"
}

# check DESCRIPTION COMMAND...: one test; what COMMAND says is shown if it fails
check() {
	local description=$1 status=0
	shift
	tap_count=$((tap_count + 1))
	rm -f "$work/said"
	"$@" >"$work/said" 2>&1 </dev/null || status=$?
	if [ $status = 0 ]; then
		echo "ok $tap_count $description"
		return
	fi
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_count $description"
	echo "# $*: exit status $status"
	diagnose "$work/said"
	return 1
}

# row ID[/VARIANT] tracked|blocked|accepted MECHANISM: the row of the channel ledger that the
# next check proves
row() {
	echo "# row $*"
}

# skip DESCRIPTION REASON
skip() {
	tap_count=$((tap_count + 1))
	tap_skipped=$((tap_skipped + 1))
	echo "ok $tap_count $1 # SKIP $2"
}

skip_all() {
	tap_over=1
	echo "1..0 # SKIP $*"
	exit 4
}

bail_out() {
	tap_over=1
	echo "Bail out! $*"
	exit 1
}

finish() {
	tap_over=1
	echo "1..$tap_count"
	echo "# passed $((tap_count - tap_failed - tap_skipped)) failed $tap_failed skipped $tap_skipped"
	[ $tap_failed = 0 ]
	exit
}

# needs PROGRAM...
needs() {
	local program
	for program; do
		command -v "$program" >/dev/null || skip_all "$program is not installed"
	done
}

# --- commands that shall fail ------------------------------------------------

# refused COMMAND...: it ends by itself, and not well
refused() {
	local status=0
	"$@" || status=$?
	echo "exit status $status"
	[ $status -gt 0 ] && [ $status -lt 124 ] || [ $status = 255 ]
}

# answers STATUS COMMAND...: exit status, exactly
answers() {
	local expected=$1 status=0
	shift
	"$@" || status=$?
	echo "exit status $status, expected $expected"
	[ $status = "$expected" ]
}

# says TEXT COMMAND...: on standard output or standard error
says() {
	local text=$1
	shift
	"$@" >"$work/says" 2>&1
	grep -F -e "$text" "$work/says" || {
		cat "$work/says"
		return 1
	}
}

# not COMMAND...
not() {
	! "$@"
}

# soon COMMAND...: it succeeds within ten seconds
soon() {
	local try
	for try in {1..50}; do
		"$@" >/dev/null 2>&1 && return
		sleep 0.2
	done
	"$@"
}

unprivileged() {
	setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all "$@"
}

# --- what is removed on exit -------------------------------------------------

at_exit=()

# on_exit COMMAND...
on_exit() {
	at_exit+=("$(printf '%q ' "$@")")
}

clean_up() {
	local status=$? i
	trap - EXIT
	if [ -z "$tap_over" ]; then
		echo "Bail out! ended in check $tap_count"
		status=1
	fi
	[ -z "$is_up" ] || domicile down >/dev/null
	for ((i = ${#at_exit[@]} - 1; i >= 0; i--)); do
		eval "${at_exit[i]}" >/dev/null 2>&1
	done
	exit $status
}

# What a server said in its pid file, or a pid
stop() {
	[ ! -f "$1" ] || set -- "$(head -n 1 "$1")"
	kill "$1" 2>/dev/null
	soon not kill -0 "$1"
}

# Labels need a file system that can hold them.
work_make() {
	local place=/var/tmp
	! mountpoint -q /mnt/ext4 || place=/mnt/ext4
	work=$(mktemp -d $place/domicile-test.XXXXXX) || bail_out "cannot write to $place"
	chmod 755 "$work"
	on_exit rm -rf "$work"
}

net_make() {
	on_exit "$here/vm/net" down
	"$here/vm/net" up || bail_out "cannot make the two networks"
	on_exit "$sink" stop
}

# --- Domicile ----------------------------------------------------------------

is_up=

# up POLICY...
up() {
	local policy options=()
	for policy; do
		options+=(-p "$policy")
	done
	domicile up "${options[@]}" >"$work/up" 2>&1 || {
		diagnose "$work/up"
		bail_out "domicile up failed"
	}
	is_up=1
}

down() {
	domicile down >"$work/down" 2>&1 || {
		diagnose "$work/down"
		bail_out "domicile down failed"
	}
	is_up=
}

# policy_make FILE [SOURCE]...: cn.pii comes from each SOURCE and may go to "in" alone
policy_make() {
	local source file=$1
	shift
	{
		cat <<-END
			version: 1
			labels:
			  cn.pii: {title: Personal information, jurisdiction: CN}
			networks:
			  cn-facilities: {cidr: [198.51.100.0/24, "2001:db8:20::/48"]}
			rules:
			  - label: cn.pii
			    egress: {allow: [cn-facilities], mode: enforce}
		END
		[ $# = 0 ] || echo "sources:"
		for source; do
			echo "  - {path: $source, label: cn.pii}"
		done
	} >"$file"
}

# canary NAME: a string that was never seen before
canary() {
	echo "canary-$1-$RANDOM-$RANDOM-$RANDOM"
}

# data_make FILE CANARY: several packets of text, with the canary in the first
data_make() {
	{
		echo "$2"
		head -c 9000 /dev/urandom | base64
	} >"$1"
}

# json PATH: the value at a dotted path of the object on standard input
json() {
	$python -c '
import json, sys
value = json.load(sys.stdin)
for key in sys.argv[1].split("."):
    value = value[int(key) if isinstance(value, list) else key]
print(value if isinstance(value, (str, int)) and not isinstance(value, bool) else json.dumps(value))
' "$1"
}

# status PATH
status() {
	domicile status --json | json "$1"
}

# Is there a process that holds this label? tainted PID LABEL
tainted() {
	domicile task show "$1" --json | grep -F "\"$2\""
}

# How many entries the log has, signed or not
log_size() {
	domicile audit tail --json -n 10000000 2>/dev/null | wc -l
}

# log_since SIZE: its entries from then on, one a line
log_since() {
	domicile audit tail --json -n 10000000 | tail -n +$(($1 + 1))
}

# recorded PATH=VALUE...: a record has all of these (in a list: among its members)
recorded() {
	$python - "$@" <<'END'
import json, subprocess, sys, time

def values(record, path):
    for key in path.split("."):
        record = record.get(key) if isinstance(record, dict) else None
    return record if isinstance(record, list) else [record]

def matches(record):
    pairs = (pair.split("=", 1) for pair in sys.argv[1:])
    return all(value in map(str, values(record, path)) for path, value in pairs)

for attempt in range(20):
    tail = subprocess.run(["domicile", "audit", "tail", "--json", "-n", "1000"],
                          stdout=subprocess.PIPE, check=True).stdout.splitlines()
    records = [json.loads(line) for line in tail]
    found = [record for record in records if matches(record)]
    if found:
        print(json.dumps(found[-1]))
        sys.exit(0)
    time.sleep(0.2)
print("no record has", *sys.argv[1:])
for record in records[-5:]:
    print(json.dumps(record))
sys.exit(1)
END
}

[ "$(id -u)" = 0 ] || skip_all "not root"
needs domicile python3 setpriv ip tcpdump
trap clean_up EXIT
trap 'exit 143' TERM INT HUP
work_make
