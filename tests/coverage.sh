#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The kernel's own lists of LSM hooks, system calls and io_uring operations, against tables of
# what each means to Domicile; and these tables, against the programs that are attached.

. "$(dirname "$(readlink -f "$0")")/lib.sh"
needs bpftool

btf=$work/btf
tracing=/sys/kernel/tracing

# members KIND NAME: of one type in the kernel's BTF
members() {
	awk -v head="$1 '$2'" '
		index($0, head) { found = 1; next }
		/^\[/ { found = 0 }
		found { gsub("\047", "", $1); print $1 }' "$btf"
}

kernel_hooks() {
	members UNION security_list_options | grep -vx lsm_func_addr
}

# Those that have code behind them, by the name of the call where the function has another.
kernel_syscalls() {
	ls $tracing/events/syscalls | sed -n 's/^sys_enter_//p' |
		sed -E 's/^new((f|l)?stat|uname)$/\1/; s/^(sendfile)64$/\1/; s/^umount$/&2/'
}

kernel_uring() {
	members ENUM io_uring_op | sed -n 's/^IORING_OP_//p' | grep -vx LAST
}

# What the tracing and LSM links of the kernel are attached to, and the cgroup programs
attached() {
	$python - "$btf" <<-'END'
		import json, re, subprocess, sys

		names = dict(re.findall(r"^\[(\d+)\] \w+ '(\w+)'", open(sys.argv[1]).read(), re.M))
		show = ["bpftool", "-j", "link", "show"]
		for link in json.loads(subprocess.run(show, stdout=subprocess.PIPE, check=True).stdout):
		    if "target_btf_id" in link:
		        name = names[str(link["target_btf_id"])]
		        print(re.sub("^bpf_lsm_", "", name))
		    elif link["type"] in ("cgroup", "raw_tracepoint"):
		        print(link.get("tp_name") or link["attach_type"])
	END
}

# column TABLE NUMBER
column() {
	grep -v '^#' "$here/$1.tsv" | cut -f "$2"
}

# The names of a table but for those that this kernel was configured without
present() {
	grep -v '^#' "$here/$1.tsv" | awk -F '\t' '$4 != "absent" { print $1 }'
}

# only_in FILE OTHER: nothing is
only_in() {
	local names
	names=$(comm -23 <(sort "$1") <(sort "$2"))
	echo "$names"
	[ -z "$names" ]
}

# Each line has a class, rows of the ledger and what covers it, or no data and neither
well_formed() {
	awk -F '\t' '
		FNR == NR { row[$1]; next }
		/^#/ { next }
		function wrong(why) { print $1 ": " why; bad = 1 }
		NF != 5 || $5 == "" { wrong("five columns, please") }
		seen[$1]++ { wrong("twice") }
		$2 !~ /^(flow|sink|guard|no data)$/ { wrong("class " $2) }
		$2 == "no data" && ($3 != "-" || $4 !~ /^(-|absent)$/) { wrong("no data has no rows") }
		$2 != "no data" && $4 == "-" { wrong("what covers it?") }
		$3 != "-" {
			for (i = split($3, rows, " "); i; i--)
				if (!(rows[i] in row)) wrong("no row " rows[i])
		}
		END { exit bad }' "$here/channels.tsv" "$here/$1.tsv"
}

# Everything that the table says covers something has a program on it
covered() {
	column "$1" 4 | tr ' ' '\n' | grep -vxE -e '-|accept|hole|absent' | sort -u >"$work/covering"
	only_in "$work/covering" "$work/attached"
}

# table NAME: three checks of one table
table() {
	present "$1" >"$work/present"
	"kernel_$1" >"$work/kernel"
	check "$1: the kernel has some" [ -s "$work/kernel" ]
	check "$1: all that the kernel has are in the table" only_in "$work/kernel" "$work/present"
	check "$1: the kernel has all that are in the table" only_in "$work/present" "$work/kernel"
	check "$1: each is classed" well_formed "$1"
	check "$1: what covers them is attached" covered "$1"
}

# holes TABLE: "3 of 58 uring"
holes() {
	echo "$(column "$1" 4 | grep -cw hole) of $(column "$1" 1 | wc -l) $1"
}

mountpoint -q $tracing || {
	mount -t tracefs tracefs $tracing || bail_out "no tracefs"
	on_exit umount $tracing
}
bpftool btf dump file /sys/kernel/btf/vmlinux >"$btf" || bail_out "no BTF"
mkdir "$work/tree"
policy_make "$work/policy.yaml" "$work/tree"
up "$work/policy.yaml"
attached >"$work/attached" || bail_out "cannot list links"
table hooks
table syscalls
table uring
down
echo "# holes, in part or in whole: $(holes hooks), $(holes syscalls), $(holes uring)"
finish
