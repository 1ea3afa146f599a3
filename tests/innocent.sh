#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The machine's ordinary work, beside a process that has labelled data in its hands: all of it
# works as it does without Domicile, nothing is denied, and nothing picks up a label.

. "$(dirname "$(readlink -f "$0")")/lib.sh"
needs apt-get dpkg-deb dpkg-scanpackages curl ssh sshd ssh-keygen gcc git ping ps ss useradd

person=$work/cn/person port=8080 ssh_port=2222
curl=(curl -q -sS -f --max-time 20)
ssh=(ssh -q -F none -p $ssh_port -i "$work/key" -o StrictHostKeyChecking=no
	-o UserKnownHostsFile=/dev/null -o BatchMode=yes -o ConnectTimeout=20
	-o KexAlgorithms=curve25519-sha256) # the default takes seconds under emulation

# --- labelled data in use ----------------------------------------------------

# Reads, writes, sends, and shares memory, a pipe and a socket with a child, again and again.
holder() {
	exec $python - "$person" "$work/derived" /dev/shm/domicile-test $in4 <<-'END'
		import mmap, os, socket, sys, time

		source, derived, shared, host = sys.argv[1:]
		with open(shared, "wb") as file:
		    file.truncate(4096)
		file = open(shared, "r+b")
		memory = mmap.mmap(file.fileno(), 4096)
		here, there = socket.socketpair()
		pipe = os.pipe()
		if not os.fork():
		    os.close(pipe[1])
		    here.close()
		    while os.read(pipe[0], 4096) and there.recv(4096):
		        memory[:8]
		    os._exit(0)
		udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		while True:
		    data = open(source, "rb").read(512)
		    memory[:len(data)] = data
		    os.write(pipe[1], data)
		    here.send(data)
		    udp.sendto(data, (host, 4000))
		    with open(derived, "wb") as file:
		        file.write(data)
		    time.sleep(0.1)
	END
}

holder_start() {
	on_exit rm -f /dev/shm/domicile-test
	holder &
	holder=$!
	on_exit stop $holder
}

holder_child_is_labelled() {
	tainted "$(pgrep -P $holder)" cn.pii
}

# Nobody but the two.
others_are_clean() {
	domicile status --tasks --json | $python -c 'import json, sys
tasks = json.load(sys.stdin)["tasks"]
print(tasks)
sys.exit({str(task["pid"]) for task in tasks} != set(sys.argv[1:]))' $holder $(pgrep -P $holder)
}

# --- ordinary work -----------------------------------------------------------

work_curl() {
	"${curl[@]}" -T "$work/plain" "http://$out4:$port/" &&
		"${curl[@]}" -o "$work/got" "http://$out4:$port/plain" &&
		cmp "$work/plain" "$work/got" &&
		"${curl[@]}" -g -o "$work/got" "http://[$out6]:$port/plain" &&
		cmp "$work/plain" "$work/got"
}

apt() {
	apt-get -q -o Dir::Etc="$work/apt/etc" -o Dir::State="$work/apt/state" \
		-o Dir::Cache="$work/apt/cache" -o Dir::State::status="$work/apt/status" \
		-o APT::Update::Error-Mode=any -o Debug::NoLocking=1 "$@"
}

work_apt() {
	rm -rf "$work/apt/state" "$work/apt/cache" "$work"/domicile-test_*.deb
	mkdir -p "$work/apt/state/lists/partial" "$work/apt/cache/archives/partial" &&
		apt update && (cd "$work" && apt download domicile-test) &&
		dpkg-deb -x "$work/domicile-test_1_all.deb" "$work/apt/unpacked"
}

work_su() {
	su -s /bin/sh - nobody -c 'id -un' | grep -x nobody
}

work_ssh() {
	ip netns exec out "${ssh[@]}" root@$host_out ls / | grep -x etc
}

work_ssh_terminal() {
	ip netns exec out "${ssh[@]}" -tt root@$host_out 'tty && ls /' | grep etc
}

work_users() {
	useradd -M domicile-test && passwd -S domicile-test && userdel domicile-test
}

work_compile() {
	printf '#include <stdio.h>\nint main(void) { puts("hello"); }\n' >"$work/hello.c"
	gcc -o "$work/hello" "$work/hello.c" && "$work/hello" | grep -x hello
}

work_git() {
	rm -rf "$work/repository" "$work/clone"
	git init -q "$work/repository" && cp "$work/plain" "$work/repository/file" &&
		git -C "$work/repository" add file &&
		git -C "$work/repository" -c user.name=test -c user.email=test@example.org \
			commit -q -m test &&
		git clone -q "$work/repository" "$work/clone" &&
		cmp "$work/plain" "$work/clone/file"
}

work_ping() {
	ping -q -c 2 -i 0.2 $out4 && ping -q -c 2 -i 0.2 $out6
}

# Looks at the process and its files from outside.
work_look() {
	ps aux >/dev/null && ss -tunap >/dev/null && ls -l "/proc/${holder-$$}/fd" &&
		cat "/proc/${holder-$$}/cmdline" >/dev/null && ls -lR "$work/cn" &&
		stat "$person" && du -s "$work" && find "$work" -newer "$person" >/dev/null &&
		ip address >/dev/null && df >/dev/null
}

# Handles labelled files without reading them.
work_handle() {
	chmod 600 "$person" && ln "$person" "$work/link" && mv "$work/link" "$work/cn/link" &&
		echo more >>"$work/cn/link" && rm "$work/cn/link" && touch "$person"
}

work_python() {
	$python - "$work/plain" <<-'END'
		import mmap, multiprocessing, os, sqlite3, sys, tempfile
		with open(sys.argv[1], "rb") as file:
		    data = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)[:]
		base = sqlite3.connect(tempfile.mktemp(dir=os.path.dirname(sys.argv[1])))
		base.execute("CREATE TABLE t (data BLOB)")
		base.execute("INSERT INTO t VALUES (?)", (data,))
		base.commit()
		with multiprocessing.Pool(2) as pool:
		    assert pool.map(len, [data, data]) == [len(data)] * 2
	END
}

# Threads of the kernel start, and write what others wrote to it.
work_disk() {
	local status=0
	modprobe -qa loop
	truncate -s 16M "$work/disk" && mkfs.ext4 -q -F "$work/disk" && mkdir -p "$work/mounted" &&
		mount -o loop "$work/disk" "$work/mounted" || return
	cp "$work/plain" "$work/mounted/plain" && sync -f "$work/mounted" &&
		cmp "$work/plain" "$work/mounted/plain" || status=1
	[ -z "${holder-}" ] || others_are_clean || status=1
	umount "$work/mounted" && return $status
}

works='disk curl apt su ssh ssh_terminal users compile git ping look handle python'

# --- how it shows ------------------------------------------------------------

troubles() {
	status counters | $python -c 'import json, sys
counters = json.load(sys.stdin)
print(*(f"{key} {counters[key]}" for key in
        ("denied", "audited", "taints", "no_memory", "killed", "packets_dropped")), sep=", ")'
}

# Works, and no counter moves.
undisturbed() {
	local before after
	before=$(troubles)
	"$@" || return
	after=$(troubles)
	echo "before: $before"
	echo "after:  $after"
	[ "$before" = "$after" ]
}

# --- the test ----------------------------------------------------------------

apt_make() {
	local package=$work/package
	mkdir -p "$package/DEBIAN" "$package/usr/share" "$work/www" "$work/apt/etc/apt.conf.d" \
		"$work/apt/etc/preferences.d" "$work/apt/etc/trusted.gpg.d"
	cp "$work/plain" "$package/usr/share/domicile-test"
	cat >"$package/DEBIAN/control" <<-END
		Package: domicile-test
		Version: 1
		Architecture: all
		Maintainer: nobody <nobody@example.org>
		Description: nothing
	END
	dpkg-deb --root-owner-group -Znone --build "$package" "$work/www/domicile-test_1_all.deb" &&
		(cd "$work/www" && dpkg-scanpackages -m . >Packages)
	echo "deb [trusted=yes] http://$out4:$port/ ./" >"$work/apt/etc/sources.list"
	touch "$work/apt/status"
}

ssh_make() {
	mkdir -p /run/sshd
	ssh-keygen -q -t ed25519 -N '' -f "$work/key"
	ssh-keygen -q -t ed25519 -N '' -f "$work/host-key"
	/usr/sbin/sshd -f /dev/null -p $ssh_port -h "$work/host-key" -o StrictModes=no \
		-o AuthorizedKeysFile="$work/key.pub" -o PidFile="$work/sshd.pid" -o UseDNS=no \
		-o UsePAM=yes -o PermitRootLogin=yes -o SetEnv="HOME=$work" || bail_out "no sshd"
	on_exit stop "$work/sshd.pid"
}

net_make
mkdir "$work/cn"
data_make "$work/plain" plain
data_make "$person" "$(canary innocent)"
policy_make "$work/policy.yaml" "$work/cn"
apt_make >"$work/said" 2>&1 || bail_out "no package"
ssh_make
"$sink" http out $port "$work/www" || bail_out "no web server"
on_exit userdel domicile-test

for name in $works; do
	check "$name: works without Domicile" "work_$name"
done

up "$work/policy.yaml"
holder_start
check "somebody holds labelled data" soon tainted $holder cn.pii
check "and shares it" soon holder_child_is_labelled
for name in $works; do
	check "$name: works beside labelled data, undisturbed" undisturbed "work_$name"
done
check "nobody else picked up a label" others_are_clean

# All this would have been noticed.
check "who reads a labelled file is counted" not undisturbed cat "$person"
check "who sends one out is denied, and counted" not undisturbed \
	refused "${curl[@]}" -T "$person" "http://$out4:$port/"

down
finish
