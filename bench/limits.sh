#!/bin/bash
# What Domicile costs in memory: so many labelled processes, and labelled files in use, at once.
# Run it in the VM:
#
#	tests/vm/run --memory 8G -- bench/limits.sh [TASKS [FILES]]
#
# Prints a table: bytes of the kernel's slabs and per-CPU areas for each, with Domicile off and
# with a label, and how much of the difference is what the kernel wraps each value of a BPF local
# storage in.
# Exit status: 0; 1 if more than LIMIT bytes each are Domicile's own; 2 if something could not be
# measured.

set -u
cd "$(dirname "$(readlink -f "$0")")/.." || exit 2

LIMIT=300
tasks=${1:-100000} files=${2:-1000000}
limits=$PWD/build/bench/limits
place=/run/limits

fail() {
	echo "limits: $*" >&2
	exit 2
}

# What the kernel has allocated for objects, bytes. Caches of free objects are not counted.
memory() {
	local slabs percpu
	slabs=$(awk 'NR > 2 { sum += $2 * $4 } END { printf "%d", sum }' /proc/slabinfo)
	percpu=$(awk '/^Percpu:/ { print $2 * 1024 }' /proc/meminfo)
	echo $((slabs + percpu))
}

# Frees that wait for a grace period are over.
settle() {
	sync
	sleep 10
}

# Processes that have ended leave what the next ones take.
gone() {
	until [ -z "$(pgrep -x limits)" ]; do
		sleep 1
	done
	settle
}

# run KIND COUNT [COMMAND...]: bytes for each of COUNT, in $each. COMMAND runs what follows.
run() {
	local kind=$1 count=$2 before process where=()
	shift 2
	rm -f $place/ready
	mkdir -p $place/files
	[ "$kind" = tasks ] || where=("$place/files")
	settle
	before=$(memory)
	"$@" "$limits" "$kind" "$count" $place/ready "${where[@]}" &
	process=$!
	until [ -e $place/ready ]; do
		kill -0 $process 2>/dev/null || fail "$kind: ended early"
		sleep 1
	done
	settle
	each=$((($(memory) - before) / count))
	in_use $kind $count "$@"
	kill -KILL -- -$process
	wait $process 2>/dev/null
	gone
	rm -rf $place/files
}

# in_use KIND COUNT [COMMAND...]: are all of them labelled?
in_use() {
	local found
	[ $# -gt 2 ] || return 0
	if [ "$1" = tasks ]; then
		found=$(domicile status --tasks --json |
			python3 -c 'import json, sys; print(len(json.load(sys.stdin)["tasks"]))')
	else
		found=$(domicile label show -r $place/files | grep -c cn.pii)
	fi
	[ "$found" -ge "$2" ] || fail "$found of $2 $1 have the label"
}

# What is there beside the value: struct bpf_local_storage, and an element up to sdata.data.
wrapping_find() {
	bpftool btf dump file /sys/kernel/btf/vmlinux format raw | awk '
		/STRUCT / { name = $3 }
		/STRUCT .bpf_local_storage. / { sub("size=", "", $4); storage = $4 }
		name == "\047bpf_local_storage_elem\047" && /\047sdata\047/ {
			sub(".*bits_offset=", "")
			element = $1 / 8 + 8
		}
		END { print storage + element }'
}

row() {
	local kind=$1 count=$2 off=$3 on=$4 own=$(($4 - $3 - wrapping))
	printf '| %s | %d | %d | %d | %d | %d | %d | %d |\n' "$kind" "$count" "$off" "$on" \
		$((on - off)) $wrapping $own $LIMIT
	[ $own -le $LIMIT ] || status=1
}

sysctl -qw kernel.pid_max=4194304 kernel.threads-max=$((tasks * 2 + 10000))
mkdir -p $place
mount -t tmpfs -o size=90%,nr_inodes=0 none $place || fail "no tmpfs"
wrapping=$(wrapping_find)

run tasks "$tasks"
tasks_off=$each
run files "$files"
files_off=$each

cat >/run/limits.yaml <<-'ENDPOLICY'
	version: 1
	labels:
	  cn.pii: {title: Personal information, jurisdiction: CN}
	rules:
	  - label: cn.pii
	    egress: {allow: [], mode: enforce}
ENDPOLICY
domicile up -p /run/limits.yaml >&2 || fail "domicile up failed"
run tasks "$tasks" domicile run --label cn.pii --
tasks_on=$each
mkdir -p $place/files
domicile label set cn.pii $place/files >&2 || fail "no label"
run files "$files" env
files_on=$each
lost=$(domicile status --json | python3 -c 'import json, sys
print(json.load(sys.stdin)["counters"]["no_memory"])')
domicile down >&2

status=0
echo "| what | at once | bytes each, off | labelled | more | the kernel's wrapping | Domicile's | limit |"
echo "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
row processes "$tasks" $tasks_off $tasks_on
row files "$files" $files_off $files_on
[ "$lost" = 0 ] || { echo "limits: $lost times there was no memory" >&2; status=1; }
exit $status
