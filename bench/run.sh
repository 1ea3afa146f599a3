#!/bin/bash
# What Domicile costs, in instructions per call, in four set-ups of one boot. Run it in the VM:
#
#	tests/vm/run --icount -- bench/run.sh
#
# Prints a table and writes bench.json to /mnt/out. Exit status: 0; 1 if an untainted process
# pays more than LIMIT times what programs cost that do nothing, or if getpid, which no program
# sees, has changed; 2 if something could not be measured.

set -u
cd "$(dirname "$(readlink -f "$0")")/.." || exit 2

LIMIT=1.15
GETPID_LIMIT=1.01

bench=build/bench
policy=bench/policy.yaml
results=/mnt/out/bench.json
counts=$(mktemp -d) || exit 2

fail() {
	echo "bench: $*" >&2
	exit 2
}

# measure SETUP [COMMAND...]: COMMAND runs what comes after it. Addresses stay the same from
# run to run, or fork would not copy as much.
measure() {
	local setup=$1
	shift
	"$@" setarch -R "$bench/calls" /mnt/ext4 >"$counts/$setup" || fail "set-up '$setup' failed"
}

# Files that the tainted process wrote carry its label: read them when enforcement is off.
measure_all() {
	measure none
	measure empty "$bench/empty" "$bench/empty.bpf.o"
	domicile up -p "$policy" >&2 || fail "domicile up failed"
	measure untainted
	measure tainted domicile run --label cn.pii --
	measure beside
	domicile down >&2 || fail "domicile down failed"
}

columns() {
	(cd "$counts" && paste none empty untainted tainted beside | cut -f 1,2,4,6,8,10)
}

table() {
	awk -F '\t' -v kernel="$(uname -r)" -v limit="$LIMIT" -v getpid_limit="$GETPID_LIMIT" '
	function mark(ratio) {
		if (ratio <= ($1 == "getpid" ? getpid_limit : limit))
			return " "
		over++
		return "!"
	}
	BEGIN {
		printf "Instructions per call, Linux %s\n\n", kernel
		printf "%-17s %9s %9s %9s %9s %9s   %s\n", "", "no", "empty", "untainted",
			"tainted", "untainted", "ratio to empty programs"
		printf "%-17s %9s %9s %9s %9s %9s   %9s %9s %9s\n", "", "Domicile", "programs",
			"", "", "beside", "untainted", "tainted", "beside"
	}
	{
		printf "%-17s %9.0f %9.0f %9.0f %9.0f %9.0f   %8.3f%s %9.3f %8.3f%s\n",
			$1, $2, $3, $4, $5, $6, $4 / $3, mark($4 / $3), $5 / $3,
			$6 / $3, mark($6 / $3)
	}
	END {
		print ""
		print "empty programs: on the same hooks, doing nothing"
		print "untainted: Domicile enforces a policy, and no label has been seen"
		print "tainted: a process that holds a label"
		print "untainted beside: a process that holds none, on a host where another does"
		printf "At most %s for a process that is not tainted, %s for getpid: %s\n",
			limit, getpid_limit, (over ? over " exceed (!)" : "yes")
		exit (over > 0)
	}'
}

json() {
	awk -F '\t' -v kernel="$(uname -r)" -v limit="$LIMIT" '
	BEGIN {
		printf "{\"kernel\": \"%s\", \"unit\": \"instructions per call\", ", kernel
		printf "\"limit\": %s, \"calls\": [", limit
	}
	{
		printf "%s\n  {\"name\": \"%s\", \"none\": %s, \"empty\": %s, \"untainted\": %s, ",
			(NR > 1 ? "," : ""), $1, $2, $3, $4
		printf "\"tainted\": %s, \"beside\": %s, \"ratio\": {\"untainted\": %.4f, ",
			$5, $6, $4 / $3
		printf "\"tainted\": %.4f, \"beside\": %.4f}}", $5 / $3, $6 / $3
	}
	END { print "\n]}" }'
}

trap 'rm -rf "$counts"' EXIT
measure_all
columns | json >"$results" || fail "cannot write $results"
columns | table
