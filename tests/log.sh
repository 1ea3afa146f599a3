#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The audit log that domiciled writes: an auditor can check it, whatever befell the daemon, and
# what keeps the daemon from writing it is said, in one line, while enforcement goes on.
. "$(dirname "$(readlink -f "$0")")/lib.sh"

person=$work/person port=4000
settings=/etc/domicile/domiciled.conf key=/etc/domicile/audit.key

# One attempt, by a child: it is refused, and recorded in time.
attempt() {
	refused bash -c 'read -r line <"$1" && echo "$line" >"/dev/udp/$2/$3"' - "$person" $out4 $port
}

daemon_end() {
	local pid
	pid=$(status daemon)
	kill "-$1" "$pid" && soon not kill -0 "$pid"
}

# complains STATUS TEXT COMMAND...: with one line, that has TEXT
complains() {
	local expected=$1 text=$2 status=0
	shift 2
	"$@" >"$work/complaint" 2>&1 || status=$?
	cat "$work/complaint"
	[ $status = "$expected" ] && grep -qF -e "$text" "$work/complaint" &&
		[ "$(wc -l <"$work/complaint")" = 1 ]
}

# cannot_start TEXT: no new daemon, for this reason; enforcement is on
cannot_start() {
	complains 3 "$1" domicile up && [ "$(status enforcing)" = true ] && attempt
}

up_again() {
	says "started a new daemon" domicile up
}

verified() {
	says "all as they were signed" domicile audit verify --key "$work/vkey"
}

# last_event NAME
last_event() {
	domicile audit tail --json -n 10000 | grep '"type":"log"' | tail -n 1 |
		grep -F "\"event\":\"$1\""
}

# events NAME COUNT: so many entries of it
events() {
	local found
	found=$(domicile audit tail --json -n 10000 | grep -cF "\"event\":\"$1\"")
	echo "$found of $1"
	[ "$found" = "$2" ]
}

signed() {
	[ "$(sed -n 2p $log/checkpoint)" = "$(log_size)" ]
}

# put_aside FILE: until the end; the host's own log needs its key again
put_aside() {
	[ ! -e "$1" ] || { mv "$1" "$work/aside.${1##*/}" && on_exit mv "$work/aside.${1##*/}" "$1"; }
}

# On a disk of its own, which can be read-only.
put_aside $key
put_aside $settings
mkdir -p "${log%/*}" /etc/domicile
mount -t tmpfs -o size=16m none "${log%/*}" && on_exit umount "${log%/*}"
on_exit rm -f $settings $key
net_make
data_make "$person" "$(canary log)"
policy_make "$work/policy.yaml" "$person"

echo "log-max-age ten" >$settings
check "a setting that is none is refused: 2" complains 2 "domiciled.conf:1: log-max-age" \
	domicile up -p "$work/policy.yaml"
printf '%s\n' "# for this test" "log-name log.example/host" "log-max-size 10" >$settings
up "$work/policy.yaml"
cp $log/vkey "$work/vkey"
check "the key is made, and nobody else reads it" [ "$(stat -c %a:%u $key)" = 600:0 ]
check "the log has the name of the settings" grep -q "^log.example/host+" "$work/vkey"
check "labelled data is refused" attempt
check "and recorded" recorded verdict=deny denied=cn.pii source.path="$person"
check "within a second or two all is signed" soon signed
check "and verified" verified
check "audit show finds it" says "from $person" domicile audit show --verdict deny
check "audit explain tells its way" says "source    $person" domicile audit explain \
	"$(domicile audit show --verdict deny -n 1 --json | json index)"
check "policy simulate reads it" says "0 different" domicile policy simulate "$work/policy.yaml"

check "the daemon ends" daemon_end TERM
check "it closed the log" last_event closed
check "which is verified" verified
check "labelled data is refused without it" attempt
check "a new daemon starts" up_again
check "what waited is recorded" soon events opened 2
check "the daemon is killed" daemon_end KILL
check "a new daemon starts" up_again
check "the log says that it was not closed" events recovered 1
check "and is verified" verified

mv $log $log.away
check "the log is moved away: a new one begins" soon events opened 1
check "what is refused since then" attempt
check "is in it" recorded verdict=deny
check "it is verified" soon verified
check "and the old one, too" says "all as they were signed" domicile audit verify \
	--key "$work/vkey" $log.away
mv $log "$work/kept" && kill -HUP "$(status daemon)"
check "SIGHUP begins a new one, too" soon verified

check "the daemon ends" daemon_end TERM
mount -o remount,ro "${log%/*}"
check "a disk that is read-only" cannot_start "Read-only file system"
mount -o remount,rw "${log%/*}"
mv $key $key.away
check "a key that is missing" cannot_start "it is missing"
mkdir $key
check "a key that cannot be read" cannot_start "key $key: Is a directory"
rmdir $key
echo "PRIVATE+KEY+other" >$key
check "a key that is none" cannot_start "$key:1: it is no key"
mv $key.away $key
cp $log/format "$work/format"
echo "domicile-log 2" >$log/format
check "a log of a newer version" cannot_start "use a newer domicile"
cp "$work/format" $log/format
domicile audit append --key $key "$log" < <(sleep 30) >/dev/null &
on_exit kill $!
check "a log that another process writes" soon cannot_start "another process writes"
kill $!
wait $!
check "nothing is in the way any more" up_again
ring_is_empty() {
	[ "$(status ring.used)" = 0 ]
}
check "what was refused meanwhile is recorded" soon ring_is_empty

check "no record was lost" [ "$(status counters.records_lost)" = 0 ]
down
check "down closed the log" last_event closed
check "and it is verified" verified
finish
