#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# People who log in with ssh and print labelled data on their terminal: from a network that may
# have it they see it; from another the program is refused, and the session goes on.

. "$(dirname "$0")/lib.sh"
needs ssh sshd ssh-keygen

port=2223
ssh_options=(-q -F none -i "$work/key" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null
	-o BatchMode=yes -o ConnectTimeout=20
	-o KexAlgorithms=curve25519-sha256) # the default takes seconds under emulation
declare -A host=([in]=$host_in [out]=$host_out)

sshd_make() {
	mkdir -p /run/sshd
	ssh-keygen -q -t ed25519 -N '' -f "$work/key"
	ssh-keygen -q -t ed25519 -N '' -f "$work/host-key"
	/usr/sbin/sshd -f /dev/null -p $port -h "$work/host-key" -o StrictModes=no -o UsePAM=no \
		-o AuthorizedKeysFile="$work/key.pub" -o PidFile="$work/sshd.pid" -o UseDNS=no \
		-o PermitRootLogin=yes || bail_out "no sshd"
	on_exit stop "$work/sshd.pid"
}

# login NETWORK COMMAND: with a terminal; what it showed is in $work/NETWORK
login() {
	ip netns exec "$1" ssh -tt -p $port "${ssh_options[@]}" "root@${host[$1]}" "$2" \
		>"$work/$1" 2>&1 </dev/null
}

shows() {
	grep -a -q -F -e "$2" "$work/$1"
}

person=$(canary person) plain=$(canary plain)
mkdir "$work/cn"
echo "$person" >"$work/cn/person"
echo "$plain" >"$work/plain"
policy_make "$work/policy.yaml" "$work/cn"
net_make
sshd_make
session="echo begun; cat $work/cn/person; echo status \$?; cat $work/plain; echo ended"

check "without Domicile a login from out shows it" login out "$session"
check "the data is there" shows out "$person"

up "$work/policy.yaml"
check "a login from out goes on to its end" login out "$session"
check "it does not show the data" not shows out "$person"
row P13/login blocked file_permission
check "the program was told so, and ended with an error" shows out "status 1"
check "the terminal says why" shows out "Operation not permitted"
check "what is not labelled is shown after that" shows out "$plain"
check "the session came to its end" shows out ended
check "a record names the client" \
	recorded verdict=deny reason=terminal hook=tty process.comm=cat object.address=$out4
check "a login from in goes on to its end" login in "$session"
check "it shows the data" shows in "$person"
check "what is not labelled, too" shows in "$plain"
down
finish
