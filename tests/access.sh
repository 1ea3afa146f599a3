#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Who may read labelled files, and who may change them.

. "$(dirname "$(readlink -f "$0")")/lib.sh"
needs getfattr setfattr setfacl truncate

from=$work/from
programs=$work/programs
mkdir -p $from $programs
cp "$(command -v cat)" $programs/reader
cp "$(command -v dd)" $programs/writer
cp $programs/reader $programs/other
cgroup=/sys/fs/cgroup/domicile-access
on_exit rmdir $cgroup
user="setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all"
mkdir $cgroup 2>/dev/null || skip_all "no cgroup v2"

make_files() {
	rm -rf $from/*
	echo "$(canary access)" >$from/file
	printf '#!/bin/true\n' >$from/script
	chmod 755 $from/script
}

# By a program that gives its own exit status when it is refused
executes() {
	$python -c 'import os, sys; os.execv(sys.argv[1], sys.argv[1:])' $from/script
}

# reads PROGRAM
reads() {
	$1 $from/file >/dev/null
}

# writes PROGRAM: a copy of dd
writes() {
	echo changed | $1 of=$from/file conv=notrunc status=none
}

# in_cgroup COMMAND...
in_cgroup() {
	"$BASH" -c 'echo $$ >"$1/cgroup.procs"; shift; exec "$@"' - $cgroup "$@"
}

# policy NAME RULE: what a rule says beside egress
policy() {
	policy_make "$work/$1" $from
	sed -i "s|^    egress:.*|&\n    $2|" "$work/$1"
}

apply() {
	policy "$@" && domicile policy apply "$work/$1"
}

# Each way to change a file, by somebody who never read it
change_write() { echo changed >>$from/file; }
change_truncate() { truncate -s 0 $from/file; }
change_unlink() { rm -f $from/file && [ ! -e $from/file ]; }
change_rename() { mv $from/file $from/renamed; }
change_replace() { echo other >$work/other && mv -f $work/other $from/file; }
change_mode() { chmod 600 $from/file; }
change_owner() { chown 65534 $from/file; }
change_time() { touch -d 2001-01-01 $from/file; }
change_attribute() { setfattr -n user.note -v changed $from/file; }
change_acl() { setfacl -m u:65534:r $from/file; }
change_map() {
	$python -c '
import mmap, sys
with open(sys.argv[1], "r+b") as file:
    mmap.mmap(file.fileno(), 0)[:1] = b"x"' $from/file
}
ways="write truncate unlink rename replace mode owner time attribute acl map"

make_files
policy without "storage: {allow: [home]}"
printf 'places:\n  home: {filesystem: [ext4, xfs, btrfs, tmpfs]}\n' >>$work/without
up "$work/without"
check "without such a rule everybody reads" reads $programs/other
check "  and executes" executes
for way in $ways; do
	check "  and everybody changes: $way" change_$way
	make_files
	domicile label set cn.pii $from/file $from/script >/dev/null
done

# --- read -----------------------------------------------------------------------

check "a rule for readers is applied" apply readers \
	"read: {allow: [{program: $programs/reader}, {uid: 65534, cgroup: /domicile-access}]}"
check "  and shown" says "program $programs/reader; uid 65534, cgroup /domicile-access" \
	domicile policy show "$work/readers"
check "the program that it names reads" reads $programs/reader
row A01/program blocked "file_open file_permission"
check "another does not" refused reads $programs/other
check "  of which there is a record with the rule" recorded reason=reader verdict=deny \
	hook=file_open rule="$work/readers:7" denied=cn.pii object.path=$from/file
check "  nor by a descriptor from before" refused "$BASH" -c 'exec 3<"$1"; read -r x <&3' - $from/file
check "  nor to execute it" refused executes
check "  nor by a mapping" refused $python -c '
import mmap, os, sys
mmap.mmap(os.open(sys.argv[1], os.O_RDONLY), 0, prot=mmap.PROT_READ)' $from/file
check "the user reads in the cgroup" in_cgroup $user cat $from/file
row A01/uid blocked file_open
check "  and not outside" refused $user cat $from/file
row A01/cgroup blocked file_open
check "  and another not in it" refused in_cgroup cat $from/file
check "who may not read may write to it" change_write

opened() {
	"$BASH" -c 'exec 3<"$1"; domicile policy apply "$2" >/dev/null; cat <&3 >/dev/null' - \
		$from/file "$1"
}
policy nobody "read: {allow: []}"
domicile policy apply $work/without >/dev/null
check "a file that was open before is not read, either" refused opened $work/nobody
check "  of which there is a record" recorded reason=reader hook=file_permission

replaced() {
	cp $programs/other $programs/new && mv $programs/new $programs/reader
}
domicile policy apply $work/readers >/dev/null
check "a program is replaced" replaced
check "  the new one does not read" refused reads $programs/reader
check "  until the policy is applied again" domicile policy apply $work/readers
check "  when it does" reads $programs/reader

# --- write ----------------------------------------------------------------------

check "a rule for writers is applied" apply writers "write: {allow: [{program: $programs/writer}]}"
check "the program that it names writes" writes $programs/writer
for way in $ways; do
	row A02/$way blocked "file_open inode_unlink inode_rename inode_setattr inode_setxattr inode_set_acl"
	check "others do not change it: $way" refused change_$way
done
check "  of which there are records with the rule" recorded reason=writer hook=inode_unlink \
	rule="$work/writers:7" denied=cn.pii
check "  with the same files" [ -e $from/file -a ! -e $from/renamed ]
check "who may not write reads" reads $programs/other
check "files without a label are changed" "$BASH" -c 'echo x >$1 && chmod 600 $1 && rm $1' - $work/plain

check "the rule in audit mode is applied" apply audit \
	"write: {allow: [{program: $programs/writer}], mode: audit}"
check "  it lets others change" change_mode
check "  and records it" recorded reason=writer verdict=audit hook=inode_setattr

# --- what is refused --------------------------------------------------------------

check "a program that is not there is refused" answers 3 apply missing \
	"read: {allow: [{program: $programs/missing}]}"
check "  of which it says so" says "program $programs/missing: No such file" \
	domicile policy apply $work/missing
down
finish
