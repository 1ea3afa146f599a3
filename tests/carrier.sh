#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Services that a policy calls carriers, by policies/base.yaml: what they get labels them, and
# what they write, start and answer has no label; or they take no label at all. Servers stand in
# for the journal and for D-Bus in the cgroups of these.

. "$(dirname "$(readlink -f "$0")")/lib.sh"
needs socat
cgroups=/sys/fs/cgroup
mountpoint -q $cgroups || skip_all "no cgroup v2"

person=$work/cn/person canary=$(canary person) plain=$work/plain
journal=system.slice/systemd-journald.service bus=system.slice/dbus.service
syslog=system.slice/rsyslog.service

# cgroup PATH: made, and removed in the end
cgroup() {
	local at=$cgroups part
	for part in ${1//\// }; do
		at=$at/$part
		[ -d "$at" ] || { mkdir "$at" && on_exit rmdir "$at"; }
	done
}

# service CGROUP COMMAND...: its pid is in $pid
service() {
	local place=$1
	shift
	(
		echo "$BASHPID" >"$cgroups/$place/cgroup.procs"
		exec "$@" >/dev/null 2>&1 </dev/null
	) &
	pid=$!
	on_exit stop $pid
}

# in_cgroup CGROUP SCRIPT: in a shell there that has read the labelled data
in_cgroup() {
	bash -c 'echo $BASHPID >"$1/cgroup.procs" && read -r data <"$0" && '"$2" "$person" \
		"$cgroups/$1"
}

# says_to FILE SOCKET: sends the file's first line, as a datagram
says_to() {
	bash -c 'read -r line <"$0"; echo "$line" | socat -u - "UNIX-SENDTO:$1"' "$1" "$2"
}

asks() {
	bash -c 'read -r line <"$0"; echo "$line" | socat -t 5 - "UNIX-CONNECT:$1" >/dev/null' "$1" "$2"
}

has_label() {
	domicile label show "$1" | grep -F cn.pii
}

# Runs as a child: it may read labelled data.
holds() {
	(grep -q -F -e "$2" "$1")
}

mkdir "$work/cn"
echo "$canary" >"$person"
echo "nothing special" >"$plain"
policy_make "$work/policy.yaml" "$work/cn"
for place in $journal $bus $syslog user/$journal; do
	cgroup $place
done
net_make
service $journal socat -u "UNIX-RECV:$work/log" "OPEN:$work/journal,creat,append"
keeper=$pid
service $bus socat "UNIX-LISTEN:$work/bus,fork" "OPEN:$work/passed-on,creat,append"
refuser=$pid
service $syslog socat -u "UNIX-RECV:$work/next" "OPEN:$work/syslog,creat,append"
next=$pid
service $syslog socat -u "UNIX-LISTEN:$work/stream" "OPEN:$work/streamed,creat,append"
streamed=$pid
service user/$journal socat -u "UNIX-RECV:$work/user" "OPEN:$work/others,creat,append"
others=$pid
for socket in log bus next stream user; do
	soon [ -S "$work/$socket" ] || bail_out "no servers"
done

check "without Domicile the journal gets the data" says_to "$person" "$work/log"
check "and writes it" soon holds "$work/journal" "$canary"
check "without Domicile the bus gets the data" asks "$person" "$work/bus"
check "and passes it on" soon holds "$work/passed-on" "$canary"

canary=$(canary person-labelled)
echo "$canary" >"$person"
up "$here/../policies/base.yaml" "$work/policy.yaml"

check "the journal gets labelled data" says_to "$person" "$work/log"
check "and writes it" soon holds "$work/journal" "$canary"
check "it is labelled" soon tainted $keeper cn.pii
check "task show says that it is a carrier" says carrier domicile task show $keeper
check "what it wrote is not" not has_label "$work/journal"

check "the bus takes no labelled data" refused asks "$person" "$work/bus"
check "nothing of it is passed on" not holds "$work/passed-on" "$canary"
check "a record says so" recorded verdict=deny reason=carrier denied=cn.pii
check "the bus has no label" not tainted $refuser cn.pii
check "it serves others" asks "$plain" "$work/bus"
check "and passes on what they say" soon holds "$work/passed-on" "nothing special"

check "a carrier writes a file and a pipe, and starts a program" in_cgroup $journal \
	"echo \"\$data\" >$work/kept && echo \"\$data\" | cat >$work/piped && sh -c 'echo >$work/child'"
check "the data is there" holds "$work/kept" "$canary"
for file in kept piped child; do
	check "no label on what it left: $file" not has_label "$work/$file"
done
check "a carrier hands it to another" in_cgroup $journal \
	"exec socat -u OPEN:$person UNIX-SENDTO:$work/next"
check "which gets it" soon holds "$work/syslog" "$canary"
check "with the label" tainted $next cn.pii
check "and writes it without" not has_label "$work/syslog"
service $journal socat -u "OPEN:$person,ignoreeof" "UNIX-CONNECT:$work/stream"
check "by a connection, another gets it, too" soon holds "$work/streamed" "$canary"
check "with the label" tainted $streamed cn.pii
check "a carrier hands it to anybody else" in_cgroup $journal \
	"exec socat -u OPEN:$person UNIX-SENDTO:$work/user"
check "who gets it" soon holds "$work/others" "$canary"
check "without a label" not tainted $others cn.pii
check "a carrier may not send it out" refused in_cgroup $journal "exec 3<>/dev/tcp/$out4/7"
check "a record says so, too" recorded verdict=deny reason=network hook=socket_connect \
	object.address=$out4 object.port=7
check "a cgroup of that name elsewhere is no carrier" in_cgroup user/$journal \
	"echo >$work/elsewhere"
check "what is written there is labelled" has_label "$work/elsewhere"
check "nobody enters a carrier's cgroup without the right to" refused unprivileged \
	sh -c "echo 0 >$cgroups/$journal/cgroup.procs"
down
finish
