#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Copies by the programs that people make them with, and the layers of an overlay: the label
# arrives, and what has none is none of our business.

. "$(dirname "$(readlink -f "$0")")/lib.sh"
needs rsync tar getfattr setfattr bindfs

# labelled FILE
labelled() {
	getfattr -n security.domicile "$1" 2>/dev/null | grep -q security.domicile
}

# leaks FILE: somebody reads it, and can still send to `out`
leaks() {
	"$BASH" -c 'read -r data <"$1" && echo "$data" >/dev/udp/$2/4000' - "$1" $out4
}

# labelled_writes FILE: somebody who holds the label writes to it
labelled_writes() {
	"$BASH" -c 'read -r data <"$1" && echo "$data" >"$2"' - $from/file "$1"
}

# label FILE...
label() {
	domicile label set cn.pii "$@"
}

net_make
policy_make "$work/policy"

from=/mnt/ext4/copy-from
other=/mnt/xfs/copy-to
on_exit rm -rf $from $from-moved $other
mkdir -p $from/sub $other
echo "$(canary copy)" >$from/file
echo "$(canary copy)" >$from/sub/labelled
setfattr -n user.note -v kept $from/file
echo plain >$work/plain

# --- F19 ----------------------------------------------------------------------

copy_rsync() {
	rsync -aX "$1/" "$2/"
}

copy_tar() {
	tar -C "$1" --xattrs --xattrs-include='*' -c . |
		tar -C "$2" --xattrs --xattrs-include='*' -x
}

copy_cp() {
	cp -a "$1/." "$2/"
}

copy_mv() {
	cp -a "$1" "$1-moved" && mv "$1-moved"/* "$2/" && rmdir "$1-moved"
}

# leaks_copied NAME: without Domicile
leaks_copied() {
	mkdir -p $other/$1 && copy_$1 $from $other/$1 && leaks $other/$1/file
	rm -r $other/$1
}

# copied NAME DESCRIPTION: by copy_NAME to $other/NAME, as root who holds no label before
copied() {
	mkdir $other/$1
	check "$2" copy_$1 $from $other/$1
	check "  its label arrives" labelled $other/$1/file
	check "  and its other attribute" getfattr -n user.note $other/$1/file
	check "  the label of a file below it, too" labelled $other/$1/sub/labelled
	row F19/$1 tracked "inode_setxattr file_permission"
	check "  a reader of the copy is stopped" not leaks $other/$1/file
}

for name in rsync tar cp mv; do
	check "without Domicile a copy by $name leaks" leaks_copied $name
done

up "$work/policy"
label $from/file $from/sub/labelled >/dev/null
check "the source leaks nothing" not leaks $from/file
check "the plain file does" leaks $work/plain

copied rsync "rsync -aX"
copied tar "tar --xattrs"
copied cp "cp -a"
copied mv "mv"

mkdir $other/plain
check "rsync -aX of a plain file" rsync -aX $work/plain $other/plain/rsync
check "cp -a of a plain file" cp -a $work/plain $other/plain/cp
check "  has no label" not labelled $other/plain/rsync
check "  nor the other" not labelled $other/plain/cp
check "  and reads as before" leaks $other/plain/rsync

# rsync_mixed: one process writes both, and rsync takes off what the source has not
rsync_mixed() {
	local status=0
	cp $work/plain $from/last
	rsync -aX $from/ $other/mixed/ || status=$?
	rm $from/last
	[ $status = 23 ]
}

check "rsync -aX of labelled files and others says that it may take no label off" rsync_mixed
check "  the others are there, with the label" labelled $other/mixed/last

# --- F11 ----------------------------------------------------------------------

overlay() {
	modprobe -q overlay
	mkdir -p /mnt/ext4/over/{lower,upper,work,merged}
	for name in file meta chmod; do
		echo "$(canary overlay)" >/mnt/ext4/over/lower/$name
	done
	echo plain >/mnt/ext4/over/lower/plain
	label /mnt/ext4/over/lower/{file,meta,chmod} >/dev/null
	mount -t overlay overlay -o lowerdir=/mnt/ext4/over/lower \
		-o upperdir=/mnt/ext4/over/upper,workdir=/mnt/ext4/over/work$1 /mnt/ext4/over/merged
}

overlay_end() {
	umount /mnt/ext4/over/merged
	rm -rf /mnt/ext4/over
}

append() {
	"$BASH" -c 'echo more >>"$1"' - "$1"
}

# The copy is made by somebody who reads nothing of it.
on_exit overlay_end
check "an overlay" overlay ""
check "append to a labelled lower file" append /mnt/ext4/over/merged/file
check "  the copy has the label" labelled /mnt/ext4/over/upper/file
row F11/copyup tracked "inode_setxattr file_open"
check "  it leaks not by the overlay" not leaks /mnt/ext4/over/merged/file
check "  nor by the upper layer" not leaks /mnt/ext4/over/upper/file
check "chmod of a labelled lower file" chmod 600 /mnt/ext4/over/merged/chmod
check "  the copy has the label" labelled /mnt/ext4/over/upper/chmod
check "append to a plain lower file" append /mnt/ext4/over/merged/plain
check "  reads as before" leaks /mnt/ext4/over/merged/plain
check "a labelled process makes a file in the overlay" \
	labelled_writes /mnt/ext4/over/merged/new
row F11/new tracked "file_permission"
check "  it leaks not by the overlay" not leaks /mnt/ext4/over/merged/new
check "  nor by the upper layer" not leaks /mnt/ext4/over/upper/new
overlay_end

check "an overlay with metacopy" overlay ",metacopy=on"
check "chmod of a labelled lower file" chmod 600 /mnt/ext4/over/merged/meta
check "  the copy has the label" labelled /mnt/ext4/over/upper/meta
row F11/metacopy tracked "inode_setxattr file_open"
check "  it leaks not" not leaks /mnt/ext4/over/merged/meta
check "append to it" append /mnt/ext4/over/merged/meta
check "  it leaks not by the upper layer" not leaks /mnt/ext4/over/upper/meta

# --- F13 ----------------------------------------------------------------------

fuse_make() {
	modprobe -q fuse
	mkdir -p $work/fuse
	bindfs --no-allow-other $other/plain $work/fuse
}

# Ends what still waits for the daemon.
fuse_end() {
	umount -f $work/fuse
}

# The daemon reads a labelled file for somebody, and can give it to nobody.
fuse_withholds() {
	local reader status
	cat $work/fuse/labelled >/dev/null &
	reader=$!
	recorded reason=device object.path=/dev/fuse
	status=$?
	fuse_end
	not wait $reader && [ $status = 0 ]
}

on_exit fuse_end
check "a FUSE daemon serves plain files" fuse_make
check "  read by anybody" leaks $work/fuse/rsync
check "  written by anybody" append $work/fuse/rsync
row F13 blocked "file_open"
check "  not by a labelled process" not labelled_writes $work/fuse/new
check "  which is recorded" recorded reason=no_label_store hook=file_open
check "  reads go on" leaks $work/fuse/rsync
cp -a $from/file $other/plain/labelled
row F13 blocked "file_permission"
check "  it hands nothing labelled out, which is recorded" fuse_withholds

check "nothing was lost" [ "$(status counters.records_lost 2>/dev/null || echo 0)" = 0 ]
finish
