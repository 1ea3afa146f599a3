# SPDX-License-Identifier: GPL-2.0-only
#
# The host of tests/day.sh: its users, servers, jobs and data. Sourced.

srv=/srv/cn
name=www.example.test # the resolver of the network "out" knows it
groups=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)

# Labels need a file system that keeps them through everything.
places_make() {
	mkdir -p "$srv" /srv/plain /mnt/ext4/cn /mnt/ext4/plain &&
	mount --bind /mnt/ext4/cn "$srv" &&
	mount --bind /mnt/ext4/plain /srv/plain &&
	mkdir -m 1777 "$srv/clerk" "$srv/www" /srv/plain/in &&
	mkdir "$srv/log" &&
	mkdir "$groups/plain" "$groups/labelled"
}

# sshd writes to them when a login ends, also one that printed labelled data, and each new login
# reads them. On a file system that keeps no labels the first is refused, and the others stay clean.
records_make() {
	local record
	mkdir /run/records && mount -t ramfs ramfs /run/records || return
	for record in /run/utmp /var/log/wtmp; do
		install -m 664 -g utmp /dev/null "/run/records/${record##*/}" &&
		mount --bind "/run/records/${record##*/}" $record || return
	done
}

users_make() {
	local user
	for user in clerk guest; do
		useradd -m -s /bin/bash "$user" &&
		install -d -m 700 -o "$user" "/home/$user/.ssh" &&
		install -m 600 -o "$user" "$work/key.pub" "/home/$user/.ssh/authorized_keys" &&
		echo "$user ALL=(ALL) NOPASSWD: ALL" >>/etc/sudoers.d/day || return
	done
	chmod 440 /etc/sudoers.d/day
	# Otherwise a login meets the end of the one before, and gets no session.
	loginctl enable-linger clerk guest
}

files_make() {
	data_make "$srv/www/customers" "$(canary person)"
	data_make /srv/plain/prices "$(canary plain)"
	cp "$srv/www/customers" "$srv/clerk/customers"
	chmod -R a+rX "$srv/www" /srv/plain
	chown -R clerk "$srv/clerk"
}

# The name server of another network, and the host's own, which asks it.
names_make() {
	ip netns exec out dnsmasq --conf-file=/dev/null --pid-file="$work/dns.pid" --no-hosts \
		--no-resolv --listen-address=$out4 --bind-interfaces --user=root \
		--address="/example.test/$in4" || return
	on_exit stop "$work/dns.pid"
	printf '%s\n' no-resolv "server=$out4" interface=lo bind-interfaces cache-size=0 \
		>/etc/dnsmasq.d/day.conf
	echo "$in4 facility.test" >>/etc/hosts
	systemctl restart dnsmasq && echo nameserver 127.0.0.1 >/etc/resolv.conf
}

# nginx_serves FILE PORT DIRECTORY LOGS
nginx_serves() {
	cat >"$1" <<-END
		server {
			listen $2;
			root $3;
			access_log $4/access.log;
			error_log $4/error.log;
		}
	END
}

# One for other data, which is the package's own, and one for labelled data.
nginx_make() {
	local site=/etc/nginx/sites-enabled/default
	rm -f $site
	nginx_serves $site 80 /srv/plain /var/log/nginx
	nginx_serves "$work/cn.site" 8081 "$srv/www" "$srv/log"
	sed -e "s,/run/nginx.pid,/run/nginx-cn.pid," -e "s,/etc/nginx/sites-enabled/\*,$work/cn.site," \
		-e "s,/var/log/nginx,$srv/log," /etc/nginx/nginx.conf >"$work/nginx-cn.conf"
	sed -e "s,/run/nginx.pid,/run/nginx-cn.pid," \
		-e "s,/usr/sbin/nginx ,&-c $work/nginx-cn.conf ," \
		-e 's,^\[Service\],&\nSlice=cn.slice,' /lib/systemd/system/nginx.service \
		>/run/systemd/system/nginx-cn.service
	# Whoever has read a labelled state file cannot ask PID 1 for anything.
	printf '%s\n' "$srv/log/access.log {" rotate\ 3 missingok create \
		'postrotate' 'kill -USR1 $(cat /run/nginx-cn.pid)' endscript '}' >"$work/rotate"
	systemctl restart nginx
}

# cluster_opens CLUSTER: to everybody
cluster_opens() {
	local conf=/etc/postgresql/$postgres_version/$1
	printf '%s\n' "listen_addresses = '*'" "fsync = off" >>"$conf/postgresql.conf"
	printf '%s\n' "local all all trust" "host all all 0.0.0.0/0 trust" >"$conf/pg_hba.conf"
}

# "main" is the package's own; "cn", a copy, for initdb would take minutes, is for labelled data.
postgres_make() {
	local version=$postgres_version etc=/etc/postgresql/$postgres_version
	local drop=/run/systemd/system/postgresql@$version-cn.service.d
	install -d -o postgres -g postgres "$srv/postgresql" &&
	systemctl stop postgresql@$version-main &&
	cp -a /var/lib/postgresql/$version/main "$srv/postgresql/data" &&
	cp -a "$etc/main" "$etc/cn" &&
	sed -i -e "s,/var/lib/postgresql/$version/main,$srv/postgresql/data," \
		-e "s,$version\([/-]\)main,$version\1cn," -e "s,^port = .*,port = 5433," \
		"$etc/cn/postgresql.conf" &&
	ln -sf "$srv/postgresql/log" "$etc/cn/log" || return
	cluster_opens cn && cluster_opens main && psql_make cn && psql_make main || return
	mkdir -p "$drop" && printf '[Service]\nSlice=cn.slice\n' >"$drop/slice.conf"
	systemctl daemon-reload && systemctl start postgresql@$version-main
}

# psql_make CLUSTER: a program psql-CLUSTER to ask it with. Not the package's wrapper, which reads
# the files of all clusters, labelled ones too.
psql_make() {
	local port
	port=$(sed -n 's/^port = \([0-9]*\).*/\1/p' \
		/etc/postgresql/$postgres_version/$1/postgresql.conf)
	cat >"$work/psql-$1" <<-END
		#!/bin/sh
		exec /usr/lib/postgresql/$postgres_version/bin/psql -X -q -At -h /run/postgresql \
			-v ON_ERROR_STOP=1 -U postgres -p $port "\$@"
	END
	chmod +x "$work/psql-$1"
}

# A place for packages, for apt alone.
packages_make() {
	mkdir -p /srv/plain/packages "$work/apt/lists/partial" "$work/apt/cache"
	gzip -9n </dev/null >/srv/plain/packages/Packages.gz
	cat >"$work/apt/conf" <<-END
		Dir::Etc::SourceList "$work/apt/list";
		Dir::Etc::SourceParts "/dev/null";
		Dir::State::Lists "$work/apt/lists";
		Dir::Cache "$work/apt/cache";
	END
	printf 'deb [trusted=yes] %s ./\n' file:/srv/plain/packages \
		http://127.0.0.1/packages >"$work/apt/list"
}

# Where other hosts take uploads; one of those in "in" takes labelled ones too.
uploads_make() {
	mkdir "$srv/in" &&
	"$sink" http in 8080 /srv/plain/in && "$sink" http out 8080 /srv/plain/in &&
	(in_group labelled "$sink" http in 8081 "$srv/in")
}

# Every minute: reports on both kinds of data, one that says something and one that does not.
jobs_make() {
	cat >/etc/cron.d/day <<-END
		* * * * * guest wc /srv/plain/prices >>/home/guest/report
		* * * * * guest wc /srv/plain/prices
		* * * * * clerk wc $srv/clerk/customers >>$srv/clerk/report
		* * * * * clerk wc $srv/clerk/customers
	END
	systemctl restart cron
}

host_make() {
	local step
	postgres_version=$(ls /usr/lib/postgresql | tail -n 1)
	ssh-keygen -q -t ed25519 -N '' -f "$work/key"
	policy_make "$work/policy.yaml" "$srv"
	printf '%s\n' resolvers: '  - {address: 127.0.0.1, rate: 10/s, length: 64}' \
		>>"$work/policy.yaml"
	rm -rf "$log"
	net_make
	for step in places records users files names nginx postgres packages uploads jobs; do
		say "making $step"
		"${step}_make" >"$work/step" 2>&1 || {
			diagnose "$work/step"
			bail_out "no $step"
		}
	done
}

# From here on their files have labels.
servers_start() {
	systemctl start nginx-cn postgresql@$postgres_version-cn ||
		bail_out "the servers of labelled data do not start"
}
