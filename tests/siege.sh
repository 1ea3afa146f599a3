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

# -----------------------------------------------------------------------------

# Domicile runs.
siege() {
	siege_places
}
