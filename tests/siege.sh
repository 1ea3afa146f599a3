# SPDX-License-Identifier: GPL-2.0-only
#
# What root of a host, and what goes wrong on it, can do to Domicile. Sourced by staying_up.sh:
# $person is labelled, $work/plain is not, $out4 is where the label may not go, and $canary is in
# the first line of $person.

cgroups=/sys/fs/cgroup
cgroup=$cgroups/siege

# goes_out FILE MARK [COMMAND...]: its first line, and MARK, in the surroundings that COMMAND makes
goes_out() {
	local file=$1 mark=$2
	shift 2
	"$@" bash -c 'read -r line <"$1" || exit 9; echo "$line $2" >"/dev/udp/$3/$4"' - \
		"$file" "$mark" $out4 $port
}

# stays MARK [COMMAND...]: so does not labelled data, and other does
stays() {
	goes_out "$work/plain" "$@" && answers 1 goes_out "$person" "$@"
}

# --- a cgroup ----------------------------------------------------------------

cgroup_make() {
	echo "+memory +pids" >$cgroups/cgroup.subtree_control
	mkdir $cgroup || bail_out "cannot make a cgroup"
	on_exit rmdir $cgroup
}

# in_cgroup COMMAND...
in_cgroup() {
	(echo $BASHPID >$cgroup/cgroup.procs && exec "$@")
}

# --- namespaces and mounts ---------------------------------------------------

leaks() {
	goes_out "$person" "$@" && "$sink" seen "$work/out.pcap" "$canary $1"
}

# place VARIANT WHAT [COMMAND...]: nothing changes in the surroundings that COMMAND makes
place() {
	local variant=$1 what=$2
	shift 2
	if [ -z "$is_up" ]; then
		check "without Domicile, $what: the data goes out" leaks "$variant" "$@"
		return
	fi
	row "G05/$variant" blocked socket_connect
	check "$what: labelled data is refused, other goes out" stays "$variant" "$@"
}

without_pins() {
	unshare -m sh -c 'umount /sys/fs/bpf; exec "$@"' - "$@"
}

in_chroot() {
	unshare -m sh -c 'mount --rbind / "$0" && exec chroot "$0" "$@"' "$work/root" "$@"
}

in_cgroup_v1() {
	(echo $BASHPID >"$work/v1/siege/cgroup.procs" && exec "$@")
}

# The older kind of hierarchy has no programs, and the process is in one of the newer kind, too.
siege_cgroups() {
	place cgroupns "a new cgroup, and a namespace of cgroups" in_cgroup unshare -C
	mount -t cgroup -o none,name=siege none "$work/v1" && mkdir "$work/v1/siege"
	place cgroupns "a cgroup of the first version" in_cgroup_v1
	rmdir "$work/v1/siege"
	umount "$work/v1"
	mount -t tmpfs none $cgroups
	place cgroupfs "something is mounted over the cgroups"
	umount $cgroups
}

# Whoever looks for the pins has to say that they are out of sight.
siege_pins() {
	mount -t tmpfs none /sys/fs/bpf
	place bpffs "something is mounted over the pins"
	if [ -n "$is_up" ]; then
		check "status: they are out of sight: 3" answers 3 domicile status
		check "up starts no second enforcement: 3" answers 3 domicile up -p "$work/policy.yaml"
		check "down says what is in its way" says "out of sight" domicile down
	fi
	umount /sys/fs/bpf
}

siege_places() {
	mkdir -p "$work/root" "$work/v1"
	place userns "a new user namespace" unshare -Ur
	place mntns "a new mount namespace, without the pins" without_pins
	place chroot "another root" in_chroot
	siege_cgroups
	siege_pins
	[ -z "$is_up" ] || check "enforcement is still on" [ "$(status enforcing)" = true ]
}

# --- a flood -----------------------------------------------------------------

# flood COUNT: so many refused sends, by a process of their own
flood() {
	$python - "$person" $out4 $port "$1" <<-'END'
		import socket, sys
		data, to = open(sys.argv[1], "rb").read(64), (sys.argv[2], int(sys.argv[3]))
		udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		for i in range(int(sys.argv[4])):
		    try:
		        udp.sendto(data, to)
		        sys.exit(1)
		    except PermissionError:
		        pass
	END
}

# counted NAME...: counters, in one look at them
counted() {
	domicile status --json | $python -c 'import json, sys
counters = json.load(sys.stdin)["counters"]
print(*(counters[name] for name in sys.argv[1:]))' "$@"
}

# counts_more COUNTER COMMAND...: COMMAND succeeds, and the counter grows
counts_more() {
	local counter=$1 before now
	shift
	before=$(counted "$counter")
	"$@" || return
	now=$(counted "$counter")
	echo "$counter: $before before, $now now"
	[ "$now" -gt "$before" ]
}

# counts_are COUNT: so many denials more than before the flood; each has a record, or is counted as
# lost
counts_are() {
	local denied records lost
	read -r denied records lost <<<"$(counted denied records records_lost)"
	echo "denied $denied, records $records, lost $lost"
	[ $((denied - denied_before)) = "$1" ] && [ "$lost" -gt "$lost_before" ] &&
		[ $((records + lost - records_before - lost_before)) = "$1" ]
}

# What the kernel had no room for is counted in the log, and no more.
losses_are_exact() {
	log_since "$1" >"$work/records"
	$python - "$work/records" "$(status counters.records_lost)" <<-'END'
		import json, sys
		lost = sum(record["count"] for record in map(json.loads, open(sys.argv[1]))
		           if record["type"] == "loss")
		print(lost, "lost by the log,", sys.argv[2], "by the kernel")
		sys.exit(lost != int(sys.argv[2]))
	END
}

# The ring has room for 8192 records or so.
siege_flood() {
	local denied_before records_before lost_before count=9000 daemon
	daemon=$(status daemon)
	read -r denied_before records_before lost_before <<<"$(counted denied records records_lost)"
	kill -STOP "$daemon"
	row G06/flood blocked socket_sendmsg
	check "a flood of sends: each is refused" flood $count
	check "each is counted, and recorded or counted as lost" counts_are $count
	row G06/ring blocked socket_connect
	check "the ring is full: labelled data is refused, other goes out" \
		counts_more records_lost stays ring
	kill -CONT "$daemon"
	check "the log says how many were lost" soon losses_are_exact "$log_start"
}

# --- no memory ---------------------------------------------------------------

# Processes take a label and hold it until all have, more than there is room for; others take none.
# Exit status: 0 if none of the former could send, and all of the latter.
many_readers() {
	$python - "$person" "$work/plain" $out4 $port <<-'END'
		import os, signal, socket, sys
		person, plain, to = sys.argv[1], sys.argv[2], (sys.argv[3], int(sys.argv[4]))

		def child(path):
		    try:
		        data = open(path, "rb").read(64)
		    except OSError:
		        return "not read"
		    try:
		        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(data, to)
		        return "sent"
		    except OSError:
		        return "not sent"

		ends = ["sent", "not read", "not sent"]

		# Which of the ends, for each of COUNT; "killed" if it was.
		def children(path, count):
		    pids, found = [], {}
		    for i in range(count):
		        pid = os.fork()
		        if not pid:
		            end = ends.index(child(path))
		            os.kill(os.getpid(), signal.SIGSTOP)
		            os._exit(end)
		        pids.append((pid, os.waitpid(pid, os.WUNTRACED)[1]))
		    for pid, status in pids:
		        if os.WIFSTOPPED(status):
		            os.kill(pid, signal.SIGCONT)
		            status = os.waitpid(pid, 0)[1]
		        end = ends[os.WEXITSTATUS(status)] if os.WIFEXITED(status) else "killed"
		        found[end] = found.get(end, 0) + 1
		    return found

		labelled, other = children(person, 200), children(plain, 30)
		print("labelled:", labelled, "other:", other)
		sys.exit("sent" in labelled or other != {"sent": 30})
	END
}

# What Domicile allocates is charged to the cgroup where it was started.
siege_memory() {
	echo 0 >$cgroup/memory.max
	row G06/memory blocked "task_taints, file_open, socket_connect"
	check "no memory for labels: nothing labelled goes out, what is not does" \
		counts_more no_memory many_readers
	echo max >$cgroup/memory.max
	check "there is memory again" stays memory
}

# --- processes without end ---------------------------------------------------

newest_has_label() {
	local pids
	mapfile -t pids <$cgroup/cgroup.procs
	tainted "${pids[-1]}" cn.pii
}

siege_fork() {
	echo 150 >$cgroup/pids.max
	in_cgroup domicile run --label cn.pii -- \
		bash -c 'bomb() { bomb & bomb & wait; }; bomb' >/dev/null 2>&1 &
	check "labelled processes multiply, until they may not" \
		soon grep -q "max [1-9]" $cgroup/pids.events
	row G06/fork blocked "task_alloc, socket_connect"
	check "meanwhile labelled data is refused, other goes out" stays fork
	check "the newest of them has the label" soon newest_has_label
	echo 1 >$cgroup/cgroup.kill
	wait $!
	echo max >$cgroup/pids.max
}

# --- a command that is killed ------------------------------------------------

# apply_and_kill COUNT: `domicile policy apply` of one policy and the other in turn, killed after
# a time by chance. Each time one of both is in force, wholly: by what it lets pass, and by what
# the command says.
apply_and_kill() {
	$python - "$person" $in4 $out4 $port "$1" "$work/policy.yaml" "$work/other.yaml" <<-'END'
		import json, os, random, socket, subprocess, sys, time
		person, inside, outside, port = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
		count, policies = int(sys.argv[5]), sys.argv[6:8]

		def sent(to):
		    try:
		        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", (to, port))
		        return 1
		    except PermissionError:
		        return 0

		# A child takes the label, and ends with what it could do: 1 inside, 2 outside.
		def verdicts():
		    pid = os.fork()
		    if not pid:
		        open(person, "rb").read(64)
		        os._exit(sent(inside) + 2 * sent(outside))
		    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

		def digest():
		    shown = subprocess.run(["domicile", "status", "--json"], stdout=subprocess.PIPE)
		    return json.loads(shown.stdout)["policy"]["digest"]

		def apply(policy):
		    return subprocess.Popen(["domicile", "policy", "apply", policy],
		                            stdout=subprocess.DEVNULL)

		known = {}
		for policy in reversed(policies):
		    begin = time.time()
		    assert apply(policy).wait() == 0
		    length = time.time() - begin
		    known[digest()] = verdicts()
		assert sorted(known.values()) == [1, 2], known
		seed = int(time.time())
		random.seed(seed)
		kept = switched = 0
		before = digest()
		for i in range(count):
		    command = apply(policies[(i + 1) % 2])
		    time.sleep(random.random() * length * 1.2)
		    command.kill()
		    command.wait()
		    now, can = digest(), verdicts()
		    if known.get(now) != can:
		        sys.exit("seed %d: policy %s lets %d pass" % (seed, now, can))
		    kept, switched, before = kept + (now == before), switched + (now != before), now
		print("seed", seed, "length", length, "kept", kept, "switched", switched)
		sys.exit(apply(policies[0]).wait())
	END
}

siege_policy() {
	sed "s|allow: \[cn-facilities\]|allow: [elsewhere]|
	     s|^networks:|&\n  elsewhere: {cidr: [$out4/32]}|" "$work/policy.yaml" >"$work/other.yaml"
	row G08/half blocked "policy apply"
	check "policy apply is killed: the old policy or the new" apply_and_kill 8
	check "the policy that was applied last is in force" stays half
}

# -----------------------------------------------------------------------------

# Domicile runs, and what it allocates is charged to $cgroup.
siege() {
	siege_places
	siege_flood
	siege_memory
	siege_fork
	siege_policy
}
