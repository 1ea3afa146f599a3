#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Services of a host with systemd that pass on what they get, or do what they are told: a
# labelled process gives its data to each of them, and somebody who never read it sends what
# comes of that to the network "out". Without Domicile it arrives there.
#
#	tests/vm/run --systemd -- tests/launder.sh

. "$(dirname "$(readlink -f "$0")")/lib.sh"
needs systemctl systemd-run systemd-cat journalctl logger dbus-send dbus-monitor rsyslogd at \
	crontab sudo
[ "$(cat /proc/1/comm)" = systemd ] || skip_all "no systemd; use tests/vm/run --systemd"

services='dbus systemd_run at sudo journald syslog cron'
wire=$work/wire.pcap
declare -A pid=() person=() other=()

# --- data, and who sends it --------------------------------------------------

# data_renew: $person of a service is the labelled data for it, $other is for anybody
data_renew() {
	local service
	crontab -r 2>/dev/null
	rm -f "$work"/ran-*
	for service in $services; do
		person[$service]=$(canary person-$service) other[$service]=$(canary other-$service)
		echo "${person[$service]}" >"$work/cn/$service"
		echo "${other[$service]}" >"$work/plain/$service"
	done
}

# send-SERVICE sends the data in what it reads, or in its argument, as coming from SERVICE.
senders_make() {
	local service
	cat >"$work/send" <<-END
		#!/bin/bash
		service=\${0##*-}
		[ \$# = 0 ] || exec <<<"\$*"
		while read -r line; do
			[[ \$line =~ canary-[a-z0-9_-]+ ]] || continue
			: >"$work/ran-\$service"
			echo "\$service>\${BASH_REMATCH[0]}" >/dev/udp/$out4/9 || exit
		done
	END
	chmod 755 "$work/send"
	for service in $services; do
		ln -s send "$work/send-$service"
	done
}

# --- how a service is asked: by KIND, "labelled" or "plain" ------------------

# labelled SERVICE SCRIPT: in a shell that has read the labelled data. What it says is labelled,
# so nobody reads it.
labelled() {
	timeout 60 bash -c 'read -r data <"$0"; '"$2" "$work/cn/$1" >/dev/null 2>&1
}

plain() {
	timeout 60 bash -c 'read -r data <"$0"; '"$2" "$work/plain/$1"
}

by_dbus() {
	"$1" dbus 'dbus-send --system --type=signal / org.example.Launder.Said string:"$data"'
}

by_systemd_run() {
	"$1" systemd_run "systemd-run -q -- $work/send-systemd_run \"\$data\""
}

by_at() {
	"$1" at "echo \"$work/send-at \$data\" | at now"
}

by_sudo() {
	"$1" sudo "sudo -n $work/send-sudo \"\$data\""
}

by_journald() {
	"$1" journald 'echo "$data" | systemd-cat -t launder'
}

by_syslog() {
	"$1" syslog 'logger -t launder "$data"'
}

# cron does it when the next minute begins.
by_cron() {
	"$1" cron "echo \"* * * * * $work/send-cron \$data\" | crontab -"
}

# --- who has it from the service ---------------------------------------------

dbus_receive() {
	exec dbus-monitor --system "type='signal',interface='org.example.Launder'" \
		> >("$work/send-dbus" 2>/dev/null) 2>/dev/null
}

# The others have nobody who reads.
read_dbus() { :; }
read_systemd_run() { :; }
read_at() { :; }
read_sudo() { :; }
read_cron() { :; }

read_journald() {
	(journalctl -q --no-pager -t launder -n 20 -o cat | "$work/send-journald") 2>/dev/null
}

read_syslog() {
	(grep -a -F launder: /var/log/syslog | tail -n 20 | "$work/send-syslog") 2>/dev/null
}

# arrives SERVICE DATA: at "out", from who has it from the service
arrives() {
	for _ in {1..40}; do
		read_"$1"
		"$sink" seen "$wire" "$1>$2" && return
		sleep 1
	done
	return 1
}

# tried SERVICE: who has it from the service tried to send it
tried() {
	for _ in {1..75}; do
		read_"$1"
		[ ! -e "$work/ran-$1" ] || return 0
		sleep 1
	done
	return 1
}

# forwarded DATA: by rsyslogd, to another host
forwarded() {
	"$sink" seen "$wire" "launder: $1"
}

absent() {
	sleep 0.5
	not "$sink" seen "$wire" "$1"
}

# stopped SERVICE: who has it was refused
stopped() {
	local comm=send-$1
	recorded verdict=deny reason=network hook=socket_connect "process.comm=${comm:0:15}" \
		object.address=$out4 denied=cn.pii
}

# --- checks ------------------------------------------------------------------

# serves SERVICE: those whose data has no label, as before
serves() {
	check "$1 serves others" by_"$1" plain
	check "  and what they say arrives" arrives "$1" "${other[$1]}"
}

# refuses SERVICE CARRIER MECHANISM
refuses() {
	check "$1 refuses labelled data" refused by_"$1" labelled
	row "P14/$1" blocked "$3"
	check "  none arrives" absent "${person[$1]}"
	check "  a record says so" recorded verdict=deny reason=carrier object.path="$2" denied=cn.pii
	check "  it has no label" not tainted "${pid[$1]}" cn.pii
}

# follows SERVICE MECHANISM
follows() {
	check "  who has it from $1 would send it" tried "$1"
	row "P14/$1" tracked "$2"
	check "  it does not arrive" absent "${person[$1]}"
	check "  a record says so" stopped "$1"
}

pid_of() {
	systemctl show -P MainPID "$1.service"
}

host_make() {
	mkdir "$work/cn" "$work/plain"
	senders_make
	policy_make "$work/policy.yaml" "$work/cn"
	net_make
	printf '*.* action(type="omfwd" target="%s" port="514" protocol="udp")\n' $out4 \
		>/etc/rsyslog.d/launder.conf
	on_exit rm -f /etc/rsyslog.d/launder.conf
	systemctl restart rsyslog && systemctl start atd cron || bail_out "no services"
	pid=([dbus]=$(pid_of dbus) [systemd_run]=1 [at]=$(pid_of atd) [cron]=$(pid_of cron)
		[journald]=$(pid_of systemd-journald) [syslog]=$(pid_of rsyslog))
	"$sink" capture out "$wire" || bail_out "no capture"
	dbus_receive &
	on_exit kill $!
	on_exit crontab -r
}

echo "# kernel $(uname -r)"
host_make
data_renew
sleep 1

# --- without Domicile --------------------------------------------------------

check "without Domicile cron is asked" by_cron labelled
for service in dbus systemd_run at sudo journald syslog; do
	check "without Domicile $service is asked" by_$service labelled
	check "  and it arrives" arrives $service "${person[$service]}"
done
check "without Domicile rsyslogd forwards it" forwarded "${person[syslog]}"
check "without Domicile cron does it" tried cron
check "  and it arrives" arrives cron "${person[cron]}"

# --- policies/base.yaml: some are carriers -----------------------------------

data_renew
up "$here/../policies/base.yaml" "$work/policy.yaml"
check "cron serves others" by_cron plain
serves dbus
refuses dbus /system.slice/dbus.service unix_stream_connect
serves systemd_run
refuses systemd_run /init.scope unix_stream_connect
serves at
check "at takes labelled data" by_at labelled
follows at file_open,file_permission
check "  atd has no label" not tainted "${pid[at]}" cn.pii
serves sudo
check "sudo may not send labelled data" refused by_sudo labelled
follows sudo task_alloc
check "  cron has done what others asked for" arrives cron "${other[cron]}"
check "cron takes labelled data" by_cron labelled
for service in journald syslog; do
	check "$service takes labelled data" by_$service labelled
	check "  it is labelled" soon tainted "${pid[$service]}" cn.pii
	row P14/$service accepted carriers
	check "  what it keeps has no label" arrives $service "${person[$service]}"
	serves $service
done
check "rsyslogd forwards nothing of it" not forwarded "${person[journald]}"
check "  nor of what came by the journal's socket for syslog" not forwarded "${person[syslog]}"
check "  a record says so" recorded verdict=deny reason=network object.address=$out4 \
	object.port=514 denied=cn.pii
rm -f "$work/ran-cron"
follows cron file_open,file_permission
check "PID 1 has no label" not tainted 1 cn.pii
crontab -r
down

# --- no carriers: the label goes with the data -------------------------------

data_renew
up "$work/policy.yaml"
for service in journald syslog; do
	check "$service takes labelled data" by_$service labelled
	check "  it is labelled" soon tainted "${pid[$service]}" cn.pii
	follows $service unix_may_send,socket_recvmsg,file_permission
done
check "rsyslogd forwards nothing of it" not forwarded "${person[syslog]}"
check "dbus takes labelled data" by_dbus labelled
follows dbus socket_sendmsg,socket_recvmsg
check "  it is labelled" tainted "${pid[dbus]}" cn.pii
down
finish
