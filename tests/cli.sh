#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The command line, as an operator uses it from day to day, and what it says to bad input.

. "$(dirname "$(readlink -f "$0")")/lib.sh"
. "$here/trial.sh"
needs setfattr getfattr mkfifo

policy=$work/policy.yaml person=$work/person plain=$work/plain port=4000

# --- sending, from a child ---------------------------------------------------

# sends FILE ADDRESS: its first line, by UDP
sends() {
	bash -c 'read -r line <"$1" && echo "$line" >"/dev/udp/$2/$3"' - "$1" "$2" $port
}

# --- helpers -----------------------------------------------------------------

# json_is PATH VALUE COMMAND...
json_is() {
	local path=$1 value=$2 found
	shift 2
	found=$("$@" | json "$path")
	echo "$path is $found, expected $value"
	[ "$found" = "$value" ]
}

label_is() {
	local expected=$1
	shift
	says ": $expected" domicile label show "$@"
}

# policy_variant FILE OLD NEW: the policy, with one text replaced
policy_variant() {
	sed "s|$2|$3|" "$policy" >"$1"
	! cmp -s "$policy" "$1" || bail_out "the policy has no $2"
}

nothing_is_loaded() {
	[ ! -e /sys/fs/bpf/domicile ] && [ ! -e /sys/module/domicile ]
}

# One of each kind; the unit tests have all.
bad_kinds="syntax-tab duplicate-label duplicate-key undefined-network mode-spelling tag nesting
	utf8-invalid source-relative cidr-host-bits4 label-collision document-second many-errors"

# What it says and does is what it said and did before.
in_force_is_unchanged() {
	domicile policy show --json >"$work/in-force-now" &&
		cmp "$work/in-force" "$work/in-force-now" &&
		refused sends "$person" $out4 && sends "$person" $in4
}

labelled_below() {
	local count
	count=$(domicile label show -r "$1" | grep -c cn.pii)
	echo "$count have the label"
	[ "$count" = "$2" ]
}

# --- off ---------------------------------------------------------------------

usage() {
	check "usage: $1" answers 2 domicile ${1#domicile}
}

# What goes to disk with no label is the doctor's business, and keeps nobody from enforcing.
doctor_swap() {
	local disk
	dd if=/dev/zero of=/mnt/ext4/swap bs=1M count=8 status=none
	chmod 600 /mnt/ext4/swap
	mkswap -q /mnt/ext4/swap
	check "doctor: no swap" says "swap: none" domicile doctor
	swapon /mnt/ext4/swap
	row F23/swap accepted "domicile doctor"
	check "doctor: swap that is not encrypted" says "/mnt/ext4/swap is not encrypted" \
		domicile doctor
	check "doctor: can enforce all the same" json_is can_enforce true domicile doctor --json
	swapoff /mnt/ext4/swap
	rm /mnt/ext4/swap
	disk=$(findmnt -no MAJ:MIN /mnt/ext4 | tr -d " ")
	check "doctor: no hibernation" says "hibernation: no disk for it" domicile doctor
	echo "$disk" >/sys/power/resume
	row F23/hibernate accepted "domicile doctor"
	check "doctor: hibernation to a disk that is not encrypted" says \
		"hibernation: to disk $disk, which is not encrypted" domicile doctor
	echo 0:0 >/sys/power/resume
}

test_off() {
	check "doctor: this host can enforce" says "This host can enforce." domicile doctor
	check "doctor --json" json_is can_enforce true domicile doctor --json
	check "doctor, not root: 3" answers 3 unprivileged domicile doctor
	doctor_swap
	check "status: 1" answers 1 domicile status
	check "status --json" json_is enforcing false domicile status --json
	check "status, not root: 3" answers 3 unprivileged domicile status
	check "down: 1" answers 1 domicile down
	check "policy show: 1" answers 1 domicile policy show
	check "policy apply: 1" answers 1 domicile policy apply "$policy"
	check "task show: 1" answers 1 domicile task show 1
	check "run: 1" answers 1 domicile run --label cn.pii -- true
	check "label set knows no label: 1" answers 1 domicile label set cn.pii "$plain"
	check "up, not root: 3" answers 3 unprivileged domicile up -p "$policy"
	check "up with a file that is not there: 1" answers 1 domicile up -p "$work/nothing"
	check "up with a wrong policy: 1" answers 1 domicile up -p "$work/version.yaml"
	check "and nothing is loaded" nothing_is_loaded
	check "a label can be set, with the policy" domicile label set -p "$policy" cn.pii "$person"
	check "and shown" says cn.pii domicile label show -p "$policy" "$person"
	check "it goes out" sends "$person" $out4
	check "root can remove it" setfattr -x security.domicile "$person"
}

test_usage() {
	local command
	usage "domicile"
	usage "domicile status more"
	usage "domicile up --nothing"
	usage "domicile label set cn.pii"
	usage "domicile label show"
	usage "domicile task show x"
	usage "domicile task show -1"
	usage "domicile audit tail -n x"
	usage "domicile run -- true"
	usage "domicile run --label cn.pii"
	usage "domicile policy check"
	usage "domicile network show"
	usage "domicile network lookup example.org"
	usage "domicile network stats cn"
	usage "domicile policy test"
	usage "domicile policy simulate"
	usage "domicile policy diff $policy"
	usage "domicile policy explain -t 198.51.100.7"
	usage "domicile policy explain -l cn.pii -t example.org"
	usage "domicile policy explain -l cn.pii -t 198.51.100.7 -a /srv"
	usage "domicile policy explain -l cn.pii -u read"
	usage "domicile policy explain -l cn.pii -u read --uid root"
	usage "domicile policy apply --confirm 0 x.yaml"
	usage "domicile policy apply --confirm 1d x.yaml"
	usage "domicile policy apply --dry-run --confirm 5s x.yaml"
	usage "domicile policy apply --json x.yaml"
	usage "domicile policy confirm now"
	check "a command with a slip is named right" says "'status'" domicile stauts
	for command in "" doctor up down status policy "policy check" "policy test" \
		"policy diff" "policy explain" "policy simulate" "policy apply" "policy confirm" "policy show" \
		network "network show" "network lookup" "network stats" \
		label "label set" "label clear" "label show" task "task show" run audit "audit tail" \
		"audit append" "audit verify" "audit prove" "audit show" "audit explain"; do
		check "help: domicile $command" says Usage: domicile $command --help
	done
}

test_policy_check() {
	check "policy check: in order" says OK domicile policy check "$policy"
	check "policy check, not root" unprivileged domicile policy check "$policy"
	check "policy check: version 2: 1" answers 1 domicile policy check "$work/version.yaml"
	check "the error has file, line and column" says "$work/version.yaml:1:10:" \
		domicile policy check "$work/version.yaml"
	check "policy check: a slip in a label: 1" answers 1 domicile policy check "$work/slip.yaml"
	check "the error has the right spelling" says "'cn.pii'" \
		domicile policy check "$work/slip.yaml"
	check "policy check --json" json_is errors.0.line 1 \
		domicile policy check --json "$work/version.yaml"
}

test_policy_questions() {
	cat "$policy" - >"$work/cases.yaml" <<-END
		cases:
		  - {label: cn.pii, to: "$in4:443", expect: allow}
		  - {label: cn.pii, to: $out4, expect: deny}
	END
	check "policy explain: allowed" says "allow: cn.pii to $in4" \
		unprivileged domicile policy explain -l cn.pii -t $in4 "$policy"
	check "policy explain: denied: 1" answers 1 \
		domicile policy explain -l cn.pii -t "[$out6]:443/tcp" "$policy"
	check "policy explain --json" json_is prefix 198.51.100.0/24 \
		domicile policy explain --json -l cn.pii -t $in4 -p "$policy"
	sed '/egress:/a\    storage: {allow: [disks]}' "$policy" >"$work/stored.yaml"
	echo 'places: {disks: {filesystem: [ext4]}}' >>"$work/stored.yaml"
	check "policy explain --at: allowed" says "(ext4): a rule lets it be stored there" \
		unprivileged domicile policy explain -l cn.pii -a "$work" "$work/stored.yaml"
	check "policy explain --at: denied: 1" answers 1 \
		domicile policy explain -l cn.pii -a /run "$work/stored.yaml"
	check "policy explain --at --json" json_is filesystem proc \
		domicile policy explain --json -l cn.pii -a /proc "$work/stored.yaml"
	sed '/egress:/a\    read: {allow: [{program: /bin/cat, uid: 7}]}' "$policy" >"$work/used.yaml"
	check "policy explain --use: allowed" says "a rule lets that process" \
		domicile policy explain -l cn.pii -u read --program /bin/cat --uid 7 "$work/used.yaml"
	check "policy explain --use: denied: 1" answers 1 \
		domicile policy explain -l cn.pii -u read --uid 7 "$work/used.yaml"
	check "policy explain --use --json" json_is verdict allow \
		domicile policy explain --json -l cn.pii -u write --uid 7 "$work/used.yaml"
	check "policy explain: no such label: 1" answers 1 \
		domicile policy explain -l cn.pi -t $in4 "$policy"
	check "policy test: passes" says "2 passed, 0 failed" \
		unprivileged domicile policy test "$work/cases.yaml"
	sed -i "s/$in4:443/$out4:443/" "$work/cases.yaml"
	check "policy test: a case fails: 1" answers 1 domicile policy test "$work/cases.yaml"
	check "it says where, and what it got" says "expected allow, got deny by rule" \
		domicile policy test "$work/cases.yaml"
	check "policy test --json" json_is failed 1 domicile policy test --json "$work/cases.yaml"
	policy_variant "$work/wider.yaml" 198.51.100.0/24 198.51.100.0/23
	check "policy diff: nothing changes" domicile policy diff "$policy" "$policy"
	check "policy diff: 1" answers 1 unprivileged domicile policy diff "$policy" "$work/wider.yaml"
	check "it counts addresses" says "cn.pii may now reach 256 more IPv4 addresses: cn-facilities" \
		domicile policy diff "$policy" "$work/wider.yaml"
	check "policy diff --json" json_is verdicts.0.addresses 256 \
		domicile policy diff --json "$policy" "$work/wider.yaml"
	check "policy test: no cases: 1" answers 1 domicile policy test "$policy"
}

# Countries of one file, and where none says otherwise, of what tor-geoipdb has.
test_network() {
	local countries=$work/countries.yaml
	printf '16777216,16777471,AU\n16777472,16778239,CN\n' >"$work/world"
	cat >"$countries" <<-END
		version: 1
		countries: {file: [world]}
		networks:
		  oceania: {country: [AU], cidr: [10.0.0.0/8], exclude: {cidr: [10.1.0.0/16]}}
	END
	check "network show" says 1.0.0.0/24 unprivileged domicile network show -p "$countries" oceania
	check "network show: a country" says "# CN: 2 IPv4 prefixes of 768 addresses" \
		domicile network show -p "$countries" cn
	check "network show --json" json_is prefixes.1 1.0.2.0/23 \
		domicile network show -p "$countries" --json CN
	check "network show: neither: 1" answers 1 domicile network show -p "$countries" oceana
	check "the nearest is named" says "'oceania'" domicile network show -p "$countries" oceana
	check "network lookup" says 10.128.0.0/9 domicile network lookup -p "$countries" 10.128.0.1
	check "network lookup: the country" json_is country.name AU \
		domicile network lookup -p "$countries" --json ::ffff:1.0.0.1
	check "network lookup: nowhere: 1" answers 1 \
		domicile network lookup -p "$countries" 10.1.0.1
	check "network stats" says "$work/world" domicile network stats -p "$countries"
	check "network stats --json" json_is networks.0.addresses4 16711936 \
		domicile network stats -p "$countries" --json
	check "countries by default" says "country  CN" domicile network lookup 1.0.1.1
	check "policy check of an empty network" says "warning: found no address in network 'none'" \
		domicile policy check "$countries" <(printf 'version: 1\nnetworks: {none: {cidr: []}}\n')
	printf '10.0.0.0/8\n10.0.0.1/8\n' >"$work/list"
	printf 'version: 1\nnetworks: {listed: {file: [list]}}\n' >"$work/listed.yaml"
	check "an error in a file has its line" says "$work/list:2:1: found '10.0.0.1/8'" \
		domicile policy check "$work/listed.yaml"
}

# --- on ----------------------------------------------------------------------

test_up() {
	check "up" says enforcing domicile up -p "$policy"
	is_up=1
	check "a second up: 1" answers 1 domicile up
	check "it says since when" says "already enforcing since" domicile up
	check "status" says "cn.pii" domicile status
	check "status --json" json_is enforcing true domicile status --json
	check "the policy's source has its label" label_is cn.pii "$person"
	check "plain data goes out" sends "$plain" $out4
	check "labelled data does not" refused sends "$person" $out4
	check "it goes in" sends "$person" $in4
	check "not by IPv6 either" refused sends "$person" $out6
	check "in by IPv6" sends "$person" $in6
}

test_wrong_policy() {
	local file
	domicile policy show --json >"$work/in-force"
	for file in version slip nothing; do
		check "policy apply $file.yaml: 1" answers 1 domicile policy apply "$work/$file.yaml"
	done
	for file in $bad_kinds; do
		check "policy apply, $file: 1" answers 1 domicile policy apply \
			"$here/unit/bad/$file.yaml"
	done
	head -c 65536 /dev/urandom >"$work/noise"
	check "policy apply, noise: 1" answers 1 domicile policy apply "$work/noise"
	check "policy apply, a directory" refused domicile policy apply "$work"
	check "one right, one wrong: 1" answers 1 domicile policy apply "$policy" "$work/slip.yaml"
	check "a source that cannot hold labels: 3" answers 3 domicile policy apply \
		"$work/proc.yaml"
	check "policy apply, not root: 3" answers 3 unprivileged domicile policy apply "$policy"
	row G08/errors blocked "policy apply"
	check "the policy in force is as before" in_force_is_unchanged
}

# label_works DIRECTORY: set, kept, cleared, and what the kernel makes of it
label_works() {
	local file=$1/labelled
	cp "$plain" "$file" && sends "$file" $out4 && domicile label set cn.pii "$file" &&
		label_is cn.pii "$file" && refused sends "$file" $out4 && sends "$file" $in4 &&
		domicile label clear "$file" && label_is "no label" "$file" && sends "$file" $out4
}

test_label() {
	local place kind
	for kind in ext4 xfs btrfs tmpfs; do
		place=/mnt/$kind
		[ $kind != tmpfs ] || place=/dev/shm
		if ! mountpoint -q "$place"; then
			skip "label set, show, clear on $kind" "no $place"
			continue
		fi
		place=$(mktemp -d "$place/domicile-test.XXXXXX")
		on_exit rm -rf "$place"
		check "label set, show, clear on $kind" label_works "$place"
	done
	check "label show --json" json_is 0.labels.0 cn.pii domicile label show --json "$person"
	check "no such label: 1" answers 1 domicile label set cn.pi "$plain"
	check "the right name is offered" says "'cn.pii'" domicile label set cn.pi "$plain"
	check "no such file: 1" answers 1 domicile label set cn.pii "$work/nothing"
	ln -s "$plain" "$work/symlink"
	check "a symbolic link: 1" answers 1 domicile label set cn.pii "$work/symlink"
	check "nothing was labelled" label_is "no label" "$plain"
	check "a file system without labels: 3" answers 3 domicile label set cn.pii /proc/version
	test_label_vfat
	test_label_tree
}

test_label_vfat() {
	modprobe -q loop
	if ! command -v mkfs.vfat >/dev/null || ! truncate -s 8M "$work/image" ||
	   ! mkfs.vfat "$work/image" >/dev/null || ! mkdir -p "$work/vfat" ||
	   ! mount -o loop "$work/image" "$work/vfat"; then
		skip "vfat holds no labels: 3" "cannot mount vfat"
		return
	fi
	on_exit umount "$work/vfat"
	cp "$plain" "$work/vfat/file"
	check "vfat holds no labels: 3" answers 3 domicile label set cn.pii "$work/vfat/file"
	check "so labelled data does not get there" refused cp "$person" "$work/vfat/copy"
	check "plain data does" cp "$plain" "$work/vfat/copy"
}

test_label_tree() {
	local i
	mkdir -p "$work"/tree/{1..10}
	for i in {1..500}; do
		echo $i >"$work/tree/$((i % 10 + 1))/$i"
	done
	check "a tree of 500 files is labelled" domicile label set -r cn.pii "$work/tree"
	check "all of it, and its 11 directories" labelled_below "$work/tree" 511
	touch "$work/tree/1/new"
	check "a file made below inherits" label_is cn.pii "$work/tree/1/new"
	check "so it does not go out" refused sends "$work/tree/3/2" $out4
	check "the tree is cleared" domicile label clear -r "$work/tree"
	check "all of it" labelled_below "$work/tree" 0
	check "so it goes out" sends "$work/tree/3/2" $out4
}

test_label_guard() {
	local file=$work/theirs
	cp "$person" "$file"
	chown 65534 "$file"
	check "a copy has the label" label_is cn.pii "$file"
	getfattr -n security.domicile -e hex --only-values "$file" >"$work/value" 2>/dev/null
	check "its owner cannot remove it" refused unprivileged setfattr -x security.domicile "$file"
	check "nor replace it" refused unprivileged setfattr -n security.domicile -v 0x01 "$file"
	check "nor can root" refused setfattr -x security.domicile "$file"
	check "nor set one" refused setfattr -n security.domicile -v 0x01 "$plain"
	check "label clear is not for others: 3" answers 3 unprivileged domicile label clear "$file"
	check "nor label set: 3" answers 3 unprivileged domicile label set cn.pii "$plain"
	check "the label is still there" label_is cn.pii "$file"
	# The kernel refuses others before it asks Domicile.
	check "root's attempts are recorded" recorded reason=label_guard process.comm=setfattr \
		process.uid=0 hook=inode_removexattr object.path=theirs
}

# --- processes ---------------------------------------------------------------

run_labelled() {
	domicile run --label cn.pii -- "$@"
}

test_run() {
	check "run: it goes in" run_labelled bash -c "echo x >/dev/udp/$in4/$port"
	check "run: and not out" refused run_labelled bash -c "echo x >/dev/udp/$out4/$port"
	check "run without it goes out" bash -c "echo x >/dev/udp/$out4/$port"
	check "run: the command's exit status" answers 7 run_labelled sh -c 'exit 7'
	check "run: no such command: 127" answers 127 run_labelled "$work/nothing"
	check "run: not executable: 126" answers 126 run_labelled "$plain"
	check "run: no such label: 1" answers 1 domicile run --label cn.pi -- true
	check "run, not root: 3" answers 3 unprivileged domicile run --label cn.pii -- true
}

test_task() {
	local pid
	domicile run --label cn.pii -- sleep 100 &
	pid=$!
	on_exit kill $pid
	check "task show: its label" soon says cn.pii domicile task show $pid
	check "task show: from where" says "domicile run --label cn.pii" domicile task show $pid
	check "task show --json" json_is labels.0 cn.pii domicile task show --json $pid
	check "status --tasks names it" says " $pid " domicile status --tasks
	check "task show: no label" says none domicile task show $$
	check "task show: no such process: 1" answers 1 domicile task show 4194304
	check "task show, not root: 3" answers 3 unprivileged domicile task show $pid
	kill $pid
}

# --- records -----------------------------------------------------------------

# The last one: of labelled data of its own, sent by nobody.
last_record() {
	domicile audit tail -n 1 "$@"
}

has_every_field() {
	last_record --json | $python -c '
import json, sys
fields = """type time boot_id host cpu seq verdict reason hook rule policy_generation
    process.pid process.tid process.ppid process.uid process.user process.start_time
    process.comm process.exe process.cgroup.id process.cgroup.path
    labels denied source.path source.dev source.ino source.time source.pid
    object.kind object.family object.protocol object.address object.port object.network
    bytes""".split()
record = json.load(sys.stdin)
print(json.dumps(record, indent=1))
bad = 0
for field in fields:
    value = record
    for key in field.split("."):
        if not isinstance(value, dict) or key not in value:
            sys.exit("no " + field)
        value = value[key]
    if value is None and field != "object.network":
        print(field, "is null")
        bad = 1
sys.exit(bad)'
}

all_lines_parse() {
	domicile audit tail --json -n 1000 | $python -c 'import json, sys
for line in sys.stdin: json.loads(line)'
}

one_line() {
	[ "$(last_record "$@" | wc -l)" = 1 ]
}

# A record that comes while somebody looks is shown.
follow_shows() {
	local tail status
	timeout 20 domicile audit tail -f -n 0 >"$work/followed" &
	tail=$!
	sleep 1
	refused sends "$work/followed-data" $out4 && soon grep -F followed-data "$work/followed"
	status=$?
	kill $tail
	return $status
}

test_audit() {
	local data=$work/read-by-nobody part
	cp "$plain" "$data"
	cp "$plain" "$work/followed-data"
	domicile label set cn.pii "$data" "$work/followed-data" >"$work/said"
	check "nobody is refused, too" refused unprivileged bash -c \
		'read -r line <"$1" && echo "$line" >"/dev/udp/$2/$3"' - "$data" $out6 $port
	check "and recorded" recorded process.comm=bash process.uid=65534 process.user=nobody \
		process.exe="$(readlink -f "$(command -v bash)")" labels=cn.pii denied=cn.pii \
		source.path="$data" object.kind=address object.family=ipv6 object.protocol=udp \
		object.address=$out6 object.port=$port hook=socket_connect verdict=deny
	for part in "DENY" "bash[" "(nobody)" "cn.pii" "from $data" "[$out6]:$port/udp" \
		"no named network" "no rule lets cn.pii go there" "$policy:" "socket_connect"; do
		check "audit tail says: $part" says "$part" last_record
	done
	check "audit tail --json has every field" has_every_field
	check "all records parse" all_lines_parse
	check "audit tail -n 1 is one line" one_line
	check "audit tail --json -n 1 is one line" one_line --json
	last_record --json >"$work/one.json"
	check "policy simulate: it stays refused" says "0 different, 1 the same" \
		domicile policy simulate --log "$work/one.json" "$policy"
	policy_variant "$work/open.yaml" 2001:db8:20::/48 2001:db8::/32
	check "policy simulate: it would be allowed: 1" answers 1 \
		domicile policy simulate --log "$work/one.json" "$work/open.yaml"
	check "it says which" says "[$out6]:$port/udp (cn-facilities), 1 times: a rule lets it go" \
		domicile policy simulate --log "$work/one.json" "$work/open.yaml"
	check "audit tail -f shows what comes" follow_shows
	check "audit tail of a log that is not there: 1" answers 1 \
		domicile audit tail "$work/nothing"
	check "audit tail, not root: 3" answers 3 unprivileged domicile audit tail
}

# --- another policy ----------------------------------------------------------

# Sends labelled data on one connection to "in": that works, then is refused, then works
# again. Exit status: how far it came, 0 to the end.
connection() {
	exec $python - "$person" $in4 $port <<-'END'
		import socket, sys, time
		connection = socket.create_connection((sys.argv[2], int(sys.argv[3])))
		data, stage, end = open(sys.argv[1], "rb").read(100), 1, time.time() + 60
		while time.time() < end:
		    try:
		        connection.send(data)
		        sent = True
		    except PermissionError:
		        sent = False
		    if stage == 1 and sent:
		        stage = 2
		    elif stage == 2 and not sent:
		        stage = 3
		    elif stage == 3 and sent:
		        sys.exit(0)
		    time.sleep(0.05)
		sys.exit(stage)
	END
}

listener() {
	exec ip netns exec in $python - $port <<-'END'
		import socket, sys
		server = socket.create_server(("", int(sys.argv[1])))
		connection = server.accept()[0]
		while connection.recv(65536):
		    pass
	END
}

test_apply() {
	local connection
	listener &
	on_exit kill $!
	soon says ":$port" ip netns exec in ss -tln
	connection &
	connection=$!
	on_exit kill $connection
	sleep 2
	check "a connection is open" kill -0 $connection
	check "policy apply: nothing is allowed any more" domicile policy apply "$work/strict.yaml"
	check "the new policy is shown" says "$work/strict.yaml" domicile policy show
	check "labelled data goes in no more" refused sends "$person" $in4
	check "the first policy again" domicile policy apply "$policy"
	check "labelled data goes in" sends "$person" $in4
	check "the open connection did as the policies said" wait $connection
	check "policy apply: audit" domicile policy apply "$work/audit.yaml"
	check "audit: it goes out" sends "$person" $out4
	check "audit: and is recorded" recorded verdict=audit denied=cn.pii source.path="$person" \
		object.address=$out4
	check "audit: status counts it" not json_is counters.audited 0 domicile status --json
	check "enforce again" domicile policy apply "$policy"
	check "it does not go out" refused sends "$person" $out4
}

test_down() {
	check "down, not root: 3" answers 3 unprivileged domicile down
	check "labelled data does not go out" refused sends "$person" $out4
	check "down" domicile down
	is_up=
	check "down again: 1" answers 1 domicile down
	check "nothing is loaded" nothing_is_loaded
	check "labelled data goes out" sends "$person" $out4
}

net_make
echo "data of a person" >"$person"
echo "data of nobody" >"$plain"
policy_make "$policy" "$person"
policy_variant "$work/version.yaml" "version: 1" "version: 2"
policy_variant "$work/slip.yaml" "label: cn.pii\$" "label: cn.pi"
policy_variant "$work/proc.yaml" "path: $person" "path: /proc/version"
policy_variant "$work/strict.yaml" "allow: \[cn-facilities\]" "allow: []"
policy_variant "$work/audit.yaml" "mode: enforce" "mode: audit"
chmod 644 "$work"/*

test_off
test_usage
test_policy_check
test_policy_questions
test_network
test_up
test_wrong_policy
test_label
test_label_guard
test_run
test_task
test_audit
test_apply
test_terms
test_down
finish
