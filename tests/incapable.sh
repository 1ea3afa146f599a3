#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A kernel that does not run BPF LSM programs (lsm=capability on its command line), and then
# without BTF: Domicile says so, with the remedy, and starts nothing. A half started Domicile
# would be a promise that nobody keeps.
. "$(dirname "$0")/lib.sh"

grep -qw bpf /sys/kernel/security/lsm && skip_all "this kernel runs BPF LSM programs"

policy=$here/../policies/example.yaml
mkdir -p /srv/cn

nothing_is_left() {
	! grep -q ^domicile /proc/modules && [ ! -e /sys/fs/bpf/domicile ] &&
		! pgrep -x domiciled
}

one_line() {
	local lines
	"$@" >"$work/lines" 2>&1
	cat "$work/lines"
	lines=$(wc -l <"$work/lines")
	[ "$lines" = 1 ]
}

check "doctor: the host cannot" answers 3 domicile doctor
check "doctor: the remedy" says "add lsm=" domicile doctor
check "doctor: --json says it too" says '"BPF LSM"' domicile doctor --json
check "up: the host cannot" answers 3 domicile up -p "$policy"
check "up: one line" one_line domicile up -p "$policy"
check "up: the remedy" says "lsm=" domicile up -p "$policy"
check "up: nothing is left" nothing_is_left
check "label: refused" refused domicile label set cn.pii /srv/cn
check "status: not on" refused domicile status
check "down: nothing to do" answers 1 domicile down

mount -t tmpfs none /sys/kernel/btf || bail_out "cannot hide /sys/kernel/btf"
on_exit umount /sys/kernel/btf
check "no BTF: doctor" says "CONFIG_DEBUG_INFO_BTF=y" domicile doctor
check "no BTF: up: the host cannot" answers 3 domicile up -p "$policy"
check "no BTF: up: one line" one_line domicile up -p "$policy"
check "no BTF: up: the remedy" says "CONFIG_DEBUG_INFO_BTF=y" domicile up -p "$policy"
check "no BTF: nothing is left" nothing_is_left
finish
