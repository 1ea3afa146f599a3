#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tools/ledger, on logs of a few lines.

top=$(cd "$(dirname "$(readlink -f "$0")")/../.." && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
count=0 failed=0

# check DESCRIPTION COMMAND...
check() {
	local description=$1
	shift
	count=$((count + 1))
	if "$@" >"$work/said" 2>&1; then
		echo "ok $count $description"
	else
		echo "not ok $count $description"
		sed 's/^/# /' "$work/said"
		failed=$((failed + 1))
	fi
}

ledger() {
	"$top/tools/ledger" --channels "$work/channels" "$@" 2>"$work/complaints"
}

# outcome ROW LOG EXPECTED: the third cell of the row
outcome() {
	cell "$1" 3 "$2" "$3"
}

# cell ROW NUMBER LOG EXPECTED
cell() {
	local cell
	cell=$(ledger "$3" | sed 's/\\|/bar/g' |
		awk -F ' *[|] *' -v row="$1" -v n=$(($2 + 1)) '$2 == row { print $n }')
	echo "'$cell', expected '$4'"
	[ "$cell" = "$4" ]
}

last() {
	ledger "$1" | tail -n 1 | grep -Fx "$2"
}

# What a program prints under the kernel's runner: as it stands here, with "# " before each line
program() {
	echo "# selftests: tests: $1"
	sed 's/^/# /'
	echo "ok 1 selftests: tests: $1"
}

not() {
	! "$@"
}

printf '%s\t%s\t%s\n' N01 connect 'tcp4 tcp6' F08 'a | b' - P16 signals - \
	F20 power - >"$work/channels"

program egress <<'END' >"$work/good"
# kernel 6.12.95+deb12-amd64
# without Domicile
1..2
#  RUN           global.connect_v4 ...
ok 1 global.connect_v4
#  RUN           global.connect_v6 ...
ok 2 global.connect_v6
# under Domicile
#  RUN           global.connect_v4 ...
# row N01/tcp4 blocked socket_connect
#            OK  global.connect_v4
ok 1 global.connect_v4
# row N01/tcp6 tracked socket_connect, cgroup_egress
ok 2 global.connect_v6
END
program shared.sh <<'END' >>"$work/good"
# row F08 tracked file_permission
ok 1 the reader is labelled
ok 2 another test # SKIP no program
END

check "closed: tests passed for all variants" outcome N01 "$work/good" 'tracked, blocked'
check "closed: a row without variants" outcome F08 "$work/good" tracked
check "mechanisms are joined" cell N01 4 "$work/good" 'socket_connect, cgroup_egress'
check "tests are named" cell N01 5 "$work/good" 'egress: connect_v4, connect_v6'
check "kernels are named" cell N01 6 "$work/good" 6.12.95
check "gap: no test" outcome P16 "$work/good" 'GAP: no test'
check "gaps are counted" last "$work/good" 'Gaps: 2 of 4 rows'
check "the same again" cmp <(ledger "$work/good") <(ledger "$work/good")

grep -v tcp6 "$work/good" >"$work/missing"
check "gap: a variant without test" outcome N01 "$work/missing" 'blocked; GAP: no test for tcp6'
check "gap: it is counted" last "$work/missing" 'Gaps: 3 of 4 rows'

sed '12,$s/^# ok 2 global/# not ok 2 global/' "$work/good" >"$work/failing"
check "gap: a test failed" outcome N01 "$work/failing" \
	'blocked; GAP: failed: tcp6 in egress: connect_v6'
sed '1,9s/^# ok 2 global/# not ok 2 global/' "$work/good" >"$work/failing-without"
check "gap: it failed without Domicile" outcome N01 "$work/failing-without" \
	'blocked; GAP: failed: tcp6 in egress: connect_v6'
sed 's/^# ok 1 the reader.*/& # SKIP no file system/' "$work/good" >"$work/skipped"
check "gap: a test was skipped" outcome F08 "$work/skipped" \
	'GAP: skipped: shared.sh: the reader is labelled'
grep -v 'ok 1 the reader\|ok 2 another' "$work/good" >"$work/broken"
check "gap: a program ended within a test" outcome F08 "$work/broken" \
	'GAP: failed: shared.sh: ended without a result'
sed 's/^# ok 2 another.*/# # row N01\/tcp4 blocked x\n# not ok 2 another/' "$work/good" >"$work/other"
check "gap: another test of the variant failed" outcome N01 "$work/other" \
	'tracked, blocked; GAP: failed: tcp4 in shared.sh: another'
sed 's/# row F08 .*/&\n# row F08 is not one/;s/^# # \(row F08 tracked\)/# # # \1/' "$work/good" \
	>"$work/quoted"
check "what a test quotes is no claim" outcome F08 "$work/quoted" 'GAP: no test'

echo '# row P16 accepted none
ok 1 a signal arrives' >"$work/bare"
check "a bar does not end a cell" grep -F '| F08 | a \| b | tracked |' <(ledger "$work/good")
check "a program's own output" outcome P16 "$work/bare" accepted
check "a kernel that nobody named" cell P16 6 "$work/bare" unknown

echo '# row N99 blocked x
ok 1 a test' >"$work/unknown"
check "a row that there is not" not ledger "$work/unknown"
check "it is named" grep "N99" "$work/complaints"

ledger "$work/good" >"$work/old"
check "check: nothing changed" ledger --check "$work/old" "$work/good"
check "check: a row that was closed is a gap" not ledger --check "$work/old" "$work/missing"
check "check: it says so in TAP" grep -c '^not ok [23] ' <(ledger --check "$work/old" "$work/missing")
check "check: and names it" grep '^# N01 no test for tcp6' \
	<(ledger --check "$work/old" "$work/missing")
ledger "$work/missing" >"$work/old"
check "check: fewer gaps" ledger --check "$work/old" "$work/good"
cat "$work/missing" "$work/bare" >"$work/swapped"
ledger "$work/good" >"$work/old"
check "check: one closed for another" not ledger --check "$work/old" "$work/swapped"
check "check: the count is the same" grep '^ok 2 ' \
	<(ledger --check "$work/old" "$work/swapped")
echo '# row F20 tracked store
ok 1 power is cut' >"$work/power"
ledger "$work/good" "$work/power" >"$work/old"
check "check: what another target proves is as it was" ledger --check "$work/old" "$work/good"
sed -i 's/^ok/not &/' "$work/power"
check "check: unless it failed now" not ledger --check "$work/old" "$work/good" "$work/power"
check "check: no older ledger" not ledger --check "$work/none" "$work/good"

echo "1..$count"
[ $failed = 0 ]
