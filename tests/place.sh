#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Where labelled data may be stored: places by type, UUID and mount, and every way to put data on
# a file system that is none of them.

. "$(dirname "$(readlink -f "$0")")/lib.sh"
needs getfattr setfattr blkid mountpoint
mountpoint -q /mnt/ext4 && mountpoint -q /mnt/xfs && mountpoint -q /mnt/btrfs ||
	skip_all "not in the VM, which has the file systems"

from=/mnt/ext4/place-from
there=/mnt/xfs/place-to
canary=$(canary place)
# Of disks with labelled data who reads them is labelled.
uuid=$(blkid -s UUID -o value "$(findmnt -n -o SOURCE /mnt/xfs)")
on_exit rm -rf $from $there /mnt/btrfs/place /mnt/ext4/place
on_exit umount $work/late
on_exit umount $work/merged
mkdir -p $from $there /mnt/btrfs/place /mnt/ext4/place $work/late
echo "$canary" >$from/file
echo plain >$there/before
echo plain >$there/plain

# labelled COMMAND...: by who has read the file
labelled() {
	"$BASH" -c 'read -r data <"$1"; export data; shift; "$@"' - $from/file "$@"
}

# put FILE: labelled data is in it afterwards
put() {
	rm -f "$1"
	labelled "$BASH" -c 'echo "$data" >"$1"' - "$1" && found "$1"
}

# found FILE...: looked for by a child, which is labelled then
found() {
	grep -Fq "$canary" "$@"
}

# kept_out FILE: labelled data cannot be put there
kept_out() {
	not put "$1" && { [ ! -e "$1" ] || not found "$1"; }
}

# As put, into what was opened before it was read
put_opened() {
	"$BASH" -c 'exec 3>>"$2"; read -r data <"$1" && echo "$data" >&3' - $from/file "$1"
	found "$1"
}

# mapped WHEN FILE: a mapping that is made before or after the data is read
mapped() {
	$python - "$1" $from/file "$2" <<'END'
import mmap, sys

def tries(path):
    for attempt in range(3):
        try:
            return open(path).read()
        except PermissionError:
            pass
    sys.exit(1)

when, source, path = sys.argv[1:]
with open(path, "r+b") as file:
    file.truncate(4096)
    if when == "after":
        data = tries(source)
    memory = mmap.mmap(file.fileno(), 4096)
    if when == "before":
        data = tries(source)
    memory[:len(data)] = data.encode()
    memory.flush()
END
	found "$2"
}

# policy NAME STORAGE [PLACES]: with a rule about storage, which may be none
policy() {
	policy_make "$work/$1" $from
	[ -z "$2" ] || sed -i "s|^    egress:.*|&\n    storage: $2|" "$work/$1"
	[ -z "${3-}" ] || printf 'places:\n  home: %s\n' "$3" >>"$work/$1"
}

apply() {
	policy "$@" && domicile policy apply "$work/$1"
}

policy without ""
up "$work/without"
check "without a rule about storage the data is put on xfs" put $there/seen
check "  also into a file that was open" put_opened $there/before
check "  by a mapping" mapped after $there/plain
check "  and by one that was there before" mapped before $there/plain
check "  an attribute can be set" labelled setfattr -n user.note -v "$canary" $there/plain
check "  a link can be made" labelled ln -s "$canary" $there/link
rm $there/*

# --- by type -------------------------------------------------------------------

echo plain >$there/before
echo plain >$there/plain
check "places by type are applied" apply type '{allow: [home]}' '{filesystem: [ext4, tmpfs]}'
check "  and shown" says "home: ext4, tmpfs" domicile policy show
check "labelled data is put on ext4" put /mnt/ext4/place/file
check "  and on a tmpfs" put /run/place-file
rm -f /run/place-file
row F25/type blocked file_open
check "  and not on xfs" kept_out $there/file
check "  of which there is a record with the rule" recorded reason=storage verdict=deny \
	hook=file_open rule="$work/type:7" denied=cn.pii object.path=$there/file
check "  nor on btrfs" kept_out /mnt/btrfs/place/file
row F25/opened blocked file_permission
check "  nor into a file that was open" not put_opened $there/before
check "  of which there is a record" recorded reason=storage hook=file_permission \
	object.path=$there/before
row F25/mapped blocked "mmap_file file_open"
check "  nor by a mapping" not mapped after $there/plain
check "  nor by one that was there, however often it is tried" not mapped before $there/plain
check "  of which there is a record" recorded reason=storage hook=mmap_file verdict=deny
row F25/attribute blocked inode_setxattr
check "  nor as an attribute" refused labelled setfattr -n user.note -v "$canary" $there/plain
check "  of which there is a record" recorded reason=storage hook=inode_setxattr
row F25/link blocked inode_symlink
check "  nor as what a link says" refused labelled ln -s "$canary" $there/link
check "who is not labelled writes there" "$BASH" -c 'echo plain >$1' - $there/other
check "shared memory without a name is no place" labelled $python -c '
import mmap, os
fd = os.memfd_create("place")
os.write(fd, os.environ["data"].encode())
mmap.mmap(-1, 4096)[:4] = b"data"'
check "/proc/self is none, either" labelled "$BASH" -c 'echo 0 >/proc/self/oom_score_adj'

mount_late() {
	truncate -s 64M $work/image && mkfs.ext2 -q $work/image && mount -t tmpfs late $work/late
}
check "a file system is mounted later" mount_late
check "  and judged by its type" put $work/late/file

overlay() {
	modprobe -q overlay
	mkdir -p $1/lower $1/upper $1/work $work/merged
	echo plain >$1/lower/file
	mount -t overlay overlay -o lowerdir=$1/lower,upperdir=$1/upper,workdir=$1/work $work/merged
}
check "an overlay has its data on ext4" overlay /mnt/ext4/place
check "  which is allowed" put $work/merged/new
umount $work/merged
check "an overlay has its data on xfs" overlay $there
row F25/overlay blocked file_open
check "  which is not" kept_out $work/merged/new
check "  nor what is copied up" kept_out $work/merged/file
umount $work/merged

# --- audit, UUID and mount ------------------------------------------------------

check "the rule in audit mode is applied" apply audit '{allow: [home], mode: audit}' \
	'{filesystem: [ext4]}'
check "  it lets the data through" put $there/audited
check "  by a mapping that was there, too" mapped before $there/plain
check "  and records it" recorded reason=storage verdict=audit object.path=$there/audited

check "a place by UUID is applied" apply uuid '{allow: [home]}' "{uuid: [$uuid], filesystem: [ext4]}"
check "  and the data is put there" put $there/by-uuid
row F25/uuid blocked file_open
check "  and not elsewhere" kept_out /mnt/btrfs/place/file

check "a place by mount is applied" apply mount '{allow: [home]}' \
	"{mount: [$work/late], filesystem: [ext4]}"
check "  and the data is put there" put $work/late/by-mount
check "  and not on another of its type" kept_out /run/place-file
umount $work/late
mount -t tmpfs later $work/late
row F25/mount blocked generic_shutdown_super
check "  nor on what is mounted there afterwards" kept_out $work/late/file
check "  until the policy is applied again" domicile policy apply "$work/mount"
check "  when it is" put $work/late/file

# --- what is refused --------------------------------------------------------------

umount $work/late
check "where nothing is mounted is no place" answers 3 domicile policy apply "$work/mount"
check "  of which it says so" says "nothing is mounted there" domicile policy apply "$work/mount"
check "a source where its label may not be stored is refused" answers 1 \
	apply source '{allow: [home]}' '{filesystem: [xfs]}'
check "  of which it says so" says "lies on a file system (ext4) where the rule" \
	domicile policy apply "$work/source"
down
finish
