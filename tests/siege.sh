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
