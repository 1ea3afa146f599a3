#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Enforcement does not need its daemon: without it there is no gap, its records wait, and the
# next daemon writes all of them, whatever befell the last one. And `domicile down` leaves nothing
# behind, however often.

. "$(dirname "$(readlink -f "$0")")/lib.sh"
. "$here/siege.sh"
needs bpftool lsmod unshare

person=$work/person counts=$work/counts canary=$(canary staying-up)
port=4000

# Reads the labelled file and sends it to "out" until it is told to end. Exit status: 0 every
# attempt was refused, 1 not, 2 no attempt was made. Leaves the number of refusals in $counts.
sender() {
	exec $python - "$person" "$counts" $out4 $port <<-'END'
		import os, signal, socket, sys, time

		def attempt(send):
		    try:
		        send()
		        return False
		    except PermissionError:
		        return True

		data, to, going = open(sys.argv[1], "rb").read(512), (sys.argv[3], int(sys.argv[4])), True
		def end(*_):
		    global going
		    going = False
		signal.signal(signal.SIGTERM, end)
		udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		refused = leaked = 0
		while going:
		    with socket.socket() as tcp:
		        tcp.settimeout(5)
		        for send in lambda: udp.sendto(data, to), lambda: tcp.connect(to):
		            try:
		                send()
		                leaked += 1
		            except PermissionError:
		                refused += 1
		            except OSError:
		                leaked += 1  # it went as far as the other side
		    open(sys.argv[2] + ".begun", "w").close()
		    time.sleep(0.05)
		with open(sys.argv[2], "w") as file:
		    print(os.getpid(), refused, file=file)
		sys.exit(2 if not refused + leaked else leaked > 0)
	END
}

sender_start() {
	rm -f "$counts" "$counts.begun"
	sender &
	sender=$!
	on_exit stop $sender
	soon [ -e "$counts.begun" ]
}

sender_end() {
	local status=0
	kill $sender
	wait $sender || status=$?
	return $status
}

# One attempt or a few.
sends() {
	sender_start
	sender_end
}

# What the log has got of records since $log_start.
log_read() {
	log_since "$log_start" >"$work/records"
}

# Runs as a child: the counts are labelled.
all_are_recorded() {
	log_read
	$python - "$counts" "$work/records" <<-'END'
		import json, sys
		pid, refused = map(int, open(sys.argv[1]).read().split())
		log = open(sys.argv[2])
		found = sum(record["process"]["pid"] == pid for record in map(json.loads, log)
		            if record["type"] == "decision")
		print(refused, "refusals,", found, "records")
		sys.exit(found != refused)
	END
}

# Each CPU's numbers begin with 1, none is missing, none is there twice.
numbers_are_complete() {
	log_read
	$python - "$work/records" "$(status counters.records)" <<-'END'
		import json, sys
		log = open(sys.argv[1])
		numbers, bad = {}, 0
		for record in map(json.loads, log):
		    if record["type"] == "log":
		        continue
		    if record["type"] != "decision":
		        print(record)
		        bad = 1
		    else:
		        numbers.setdefault(record["cpu"], []).append(record["seq"])
		for cpu, found in numbers.items():
		    if sorted(found) != list(range(1, len(found) + 1)):
		        print("CPU", cpu, "has", sorted(found))
		        bad = 1
		total = sum(map(len, numbers.values()))
		print(total, "records in the log; the kernel made", sys.argv[2])
		sys.exit(bad or total != int(sys.argv[2]))
	END
}

# Everything of BPF in the kernel, by number, and what is attached to cgroups.
kernel_state() {
	local kind
	for kind in link prog map; do
		bpftool -j $kind show | $python -c 'import json, sys
print(sys.argv[1], sorted(each["id"] for each in json.load(sys.stdin)))' $kind
	done
	bpftool cgroup tree 2>/dev/null | grep -c hook_
	find /sys/fs/bpf -mindepth 1
	lsmod | cut -d ' ' -f 1 | sort
}

kernel_is_as_before() {
	kernel_state >"$work/kernel-after"
	diff "$work/kernel-before" "$work/kernel-after"
}

daemon_is() {
	test "$(status daemon)" "$@"
}

daemon_kill() {
	local pid
	pid=$(status daemon)
	kill -9 "$pid" && soon not kill -0 "$pid"
}

records_wait() {
	[ "$(status ring.used)" -gt 0 ]
}

# The sender is at work: more and more of them.
records_pile_up() {
	local before
	before=$(status ring.used)
	sleep 0.3
	[ "$before" -gt 0 ] && [ "$(status ring.used)" -gt "$before" ]
}

# --- what befalls the daemon -------------------------------------------------

# unharmed VARIANT WHAT: no record is written, and enforcement goes on
unharmed() {
	row "G02/$1" blocked "socket_sendmsg, socket_connect"
	check "$2: labelled data is refused, other goes out" stays "$1"
	check "$2: the records wait" records_pile_up
}

recovers() {
	check "$1: it writes what waited" soon not records_wait
}

new_daemon() {
	check "$1: a new daemon starts" says "started a new daemon" domicile up
	recovers "$1"
}

daemon_stopped() {
	kill -STOP "$1"
	unharmed stop "the daemon is stopped"
	kill -CONT "$1"
	recovers "the daemon goes on"
}

tracer() {
	exec $python - "$1" <<-'END'
		import ctypes, os, signal, sys
		libc, pid = ctypes.CDLL(None), int(sys.argv[1])
		signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
		if libc.ptrace(16, pid, 0, 0):  # PTRACE_ATTACH
		    sys.exit(1)
		os.waitpid(pid, 0)
		signal.sigwait({signal.SIGTERM})
		sys.exit(libc.ptrace(17, pid, 0, 0) != 0)  # PTRACE_DETACH
	END
}

daemon_traced() {
	local tracer
	tracer "$1" &
	tracer=$!
	on_exit stop $tracer
	check "the daemon is traced" soon grep -q "State:.*tracing" "/proc/$1/status"
	unharmed ptrace "the daemon is traced"
	kill $tracer
	check "the daemon is let go" wait $tracer
	recovers "the daemon is let go"
}

# Not a page more for it: it dies of its next record.
daemon_starved() {
	echo "$1" >$cgroup/cgroup.procs
	echo 0 >$cgroup/memory.max
	check "the daemon gets no memory: it is killed" soon grep -q "oom_kill [1-9]" \
		$cgroup/memory.events
	echo max >$cgroup/memory.max
	unharmed oom "the daemon got no memory"
	new_daemon "the daemon got no memory"
}

daemon_without_program() {
	local program
	program=$(command -v domiciled)
	mv "$program" "$program.away"
	on_exit mv "$program.away" "$program"
	check "the daemon is killed, and its program gone" daemon_kill
	unharmed binary "no program for a daemon"
	check "up says so: 3" answers 3 domicile up
	mv "$program.away" "$program"
	new_daemon "its program is back"
}

log_filled() {
	dd if=/dev/zero of="${log%/*}/filler" bs=64k status=none 2>/dev/null
	unharmed logfull "the disk of the log is full"
	rm "${log%/*}/filler"
	recovers "there is room again"
}

# -----------------------------------------------------------------------------

# A disk for the log that can be filled.
mkdir -p "${log%/*}"
mount -t tmpfs -o size=32m none "${log%/*}" && on_exit umount "${log%/*}"
echo "data of nobody" >"$work/plain"
cgroup_make
net_make
data_make "$person" "$canary"
policy_make "$work/policy.yaml" "$person"
"$sink" capture out "$work/out.pcap" || bail_out "no capture"
kernel_state >"$work/kernel-before"

check "without Domicile the data goes out" answers 1 sends
check "and the capture shows it" "$sink" seen "$work/out.pcap" "$canary"
siege_places

# The same file, other data.
canary=$(canary staying-up-labelled)
data_make "$person" "$canary"
log_start=$(log_size)
up "$work/policy.yaml"
sender_start
check "labelled data is refused" soon recorded denied=cn.pii source.path="$person"

for round in 1 2 3; do
	check "the daemon is killed" daemon_kill
	check "status knows" daemon_is = null
	unharmed kill "the daemon is killed"
	check "a new daemon starts" says "started a new daemon" domicile up
	check "and status knows" daemon_is -gt 0
	check "it writes what waited" soon not records_wait
done

daemon_stopped "$(status daemon)"
daemon_traced "$(status daemon)"
daemon_starved "$(status daemon)"
daemon_without_program
log_filled

check "not one attempt was let through" sender_end
check "nothing was on the wire" answers 1 "$sink" seen "$work/out.pcap" "$canary"
check "every refusal is in the log" soon all_are_recorded
check "no number is missing, none is there twice" soon numbers_are_complete
check "status counts no loss" [ "$(status counters.records_lost)" = 0 ]

check "the daemon is killed once more" daemon_kill
check "labelled data is refused without it" sends
check "down works without it" domicile down
is_up=
check "down wrote the records that waited" all_are_recorded
check "nothing is left in the kernel" soon kernel_is_as_before
check "no daemon is left" not pgrep -x domiciled
check "what was refused goes out" answers 1 sends

log_start=$(log_size)
for round in 1 2; do
	check "up, round $round" in_cgroup domicile up -p "$work/policy.yaml"
	is_up=1
	# It is not to be killed for what is charged there.
	status daemon >$cgroups/cgroup.procs
	check "labelled data is refused" sends
	[ $round != 1 ] || siege
	check "down, round $round" domicile down
	is_up=
done
check "nothing is left in the kernel after more rounds" soon kernel_is_as_before
finish
