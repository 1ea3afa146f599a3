# SPDX-License-Identifier: GPL-2.0-only
#
# What is done on the day of tests/day.sh, again and again: the functions that $day names, each
# a few calls of plain, for work on other data, and labelled. Sourced.

ssh_options=(-q -F none -i "$work/key" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null
	-o BatchMode=yes -o ConnectTimeout=30
	-o KexAlgorithms=curve25519-sha256) # the default takes seconds under emulation
declare -A host=([in]=$host_in [out]=$host_out)
declare -A upload=([in]=$in4 [out]=$out4)
curl=(curl -q -sS -f --max-time 30)

# login USER NETWORK COMMAND: with a terminal
login() {
	ip netns exec "$2" ssh -tt "${ssh_options[@]}" "$1@${host[$2]}" "set -e; $3"
}

# from NETWORK COMMAND...
from() {
	ip netns exec "$@"
}

logins() {
	local session='who; last -n 3; cat /srv/plain/prices | wc -l; date >>notes; tail -n 2 notes'
	plain "a login from in" login guest in "$session"
	labelled done "a clerk's login from in" login clerk in \
		"head -n 1 $srv/clerk/customers; sort $srv/clerk/customers >$srv/clerk/sorted; who"
	plain "a login from out" login guest out "$session"
	labelled refused "a clerk's login from out" login clerk out "cat $srv/clerk/customers"
	labelled done "a clerk's work on other data, from out" login clerk out \
		"cat /srv/plain/prices; date >>notes"
	plain "a login after those" login guest out "$session; id; uptime"
}

privileges() {
	plain "sudo" login guest in "sudo -n systemctl --no-pager status cron; sudo -n id"
	labelled done "a clerk's sudo" login clerk in \
		"sudo -n wc $srv/clerk/customers; sudo -n sh -c 'wc $srv/clerk/customers | logger -t clerk'"
	plain "su" su - guest -c id
	labelled done "a clerk's su" sh -c "wc $srv/clerk/customers; su - clerk -c 'wc $srv/clerk/sorted'"
}

web() {
	local net
	for net in in out; do
		plain "web server, from $net" from $net "${curl[@]}" "http://${host[$net]}/prices"
	done
	plain "web server, from here" "${curl[@]}" http://127.0.0.1/prices
	labelled done "labelled web server, from in" from in \
		"${curl[@]}" "http://$host_in:8081/customers"
	labelled refused "labelled web server, from out" from out \
		"${curl[@]}" --max-time 3 "http://$host_out:8081/customers"
	labelled done "labelled web server, from here" "${curl[@]}" http://127.0.0.1:8081/customers
	labelled done "labelled web server anew" systemctl restart nginx-cn
}

databases() {
	local net sql='CREATE TABLE IF NOT EXISTS day (line text)'
	plain "database" "$work/psql-main" -c "$sql" -c "COPY day FROM '/srv/plain/prices'" \
		-c 'SELECT count(*) FROM day'
	labelled done "labelled database" "$work/psql-cn" -h 127.0.0.1 -c "$sql" \
		-c "COPY day FROM '$srv/www/customers'"
	for net in in out; do
		plain "database, from $net" from $net "$work/psql-main" -h "${host[$net]}" \
			-c 'SELECT * FROM day LIMIT 10'
	done
	labelled done "labelled database, from in" from in "$work/psql-cn" -h $host_in \
		-c 'SELECT * FROM day LIMIT 10'
	labelled refused "labelled database, from out" from out "$work/psql-cn" -h $host_out \
		-c 'SELECT * FROM day LIMIT 10'
}

packages() {
	plain "package lists" env APT_CONFIG="$work/apt/conf" apt-get -q update
	plain "package" env APT_CONFIG="$work/apt/conf" apt-cache policy coreutils
	plain "packages" dpkg -l
}

rotation() {
	plain "log rotation" logrotate -f /etc/logrotate.d/nginx
	plain "log rotation by its unit" systemctl start logrotate.service
	labelled done "labelled log rotation" logrotate -f -s "$srv/log/state" "$work/rotate"
}

resolver() {
	plain "name" getent hosts $name
	plain "name, by a program" "${curl[@]}" -o /dev/null --resolve x:80:127.0.0.1 \
		"http://localhost/prices"
	labelled done "name in /etc/hosts" sh -c "wc $srv/clerk/customers; getent hosts facility.test"
	labelled done "name, by a labelled program" \
		sh -c "wc $srv/clerk/customers; getent hosts $name"
	plain "name, after that" getent hosts $name
}

services() {
	plain "systemctl" systemctl --no-pager status
	plain "units" systemctl --no-pager list-units
	plain "restart" systemctl restart nginx
	plain "journal" journalctl --no-pager -q -n 50
	plain "journal of a unit" journalctl --no-pager -q -n 20 -u cron
	plain "bus" busctl --no-pager list
	plain "logins" loginctl --no-pager list-sessions
	plain "host" hostnamectl
	plain "devices" udevadm trigger --settle --subsystem-match=block --subsystem-match=net
	plain "temporary files" systemctl start systemd-tmpfiles-clean.service
	plain "transient service" systemd-run -q --wait true
	plain "transient scope" systemd-run -q --scope id
	labelled done "log by a labelled shell" sh -c "read line <$srv/clerk/customers; logger done"
}

jobs() {
	plain "crontab" sh -c 'echo "* * * * * id" | crontab -u guest - && crontab -u guest -l'
	plain "processes" ps -ef
	plain "processes, their memory" top -b -n 1
	plain "what cron wrote" login guest in 'tail -n 1 report || test ! -e report'
}

uploads() {
	local net
	for net in in out; do
		plain "upload to $net" "${curl[@]}" -T /srv/plain/prices \
			"http://${upload[$net]}:8080/"
	done
	labelled done "labelled upload to in" "${curl[@]}" -T "$srv/clerk/customers" \
		"http://${upload[in]}:8081/"
	labelled refused "labelled upload to out" "${curl[@]}" -T "$srv/clerk/customers" \
		"http://${upload[out]}:8080/"
	labelled done "archive" tar -C "$srv" -czf "$srv/clerk/all.tar.gz" www
	plain "archive of other data" tar -C /srv -czf /srv/plain/all.tar.gz plain/prices
}

day='logins web resolver services databases privileges rotation packages uploads jobs'
