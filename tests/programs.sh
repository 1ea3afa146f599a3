#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Real programs, as they come: labelled data reaches a network that its policy allows, byte for
# byte, and not one that it does not; other data goes where it likes. The same transfers work to
# both networks before Domicile is up.

. "$(dirname "$(readlink -f "$0")")/lib.sh"
needs curl wget rsync ssh scp sshd ssh-keygen nginx psql openssl

postgres=$(ls -d /usr/lib/postgresql/*/bin | tail -n 1)
postgres_data=$work/postgres/data postgres_port=5433
http_port=8080 nginx_port=8081 ssh_port=2222
data=$work/data arrived=$work/arrived capture=$work/out.pcap
curl=(curl -q -sS -f --max-time 20)
ssh_options=(-q -F none -i "$work/key" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null
	-o BatchMode=yes -o ConnectTimeout=20
	-o KexAlgorithms=curve25519-sha256) # the default takes seconds under emulation
declare -A address=([in]=$in4 [out]=$out4) address6=([in]="[$in6]" [out]="[$out6]")
declare -A host=([in]=$host_in [out]=$host_out) canary=()

# --- programs that send: NAME_send FILE NETWORK ------------------------------

curl_send() {
	"${curl[@]}" -T "$1" "http://${address[$2]}:$http_port/$2/"
}

curl6_send() {
	"${curl[@]}" -g -T "$1" "http://${address6[$2]}:$http_port/$2/"
}

wget_send() {
	wget --no-config --no-hsts -nv -O /dev/null --tries=1 --timeout=20 --post-file="$1" \
		"http://${address[$2]}:$http_port/$2/${1##*/}"
}

rsync_send() {
	rsync -t -e "ssh -p $ssh_port ${ssh_options[*]}" "$1" "root@${address[$2]}:$arrived/$2/"
}

scp_send() {
	scp -P $ssh_port "${ssh_options[@]}" "$1" "root@${address[$2]}:$arrived/$2/"
}

python_send() {
	$python - "$1" "${address[$2]}:$http_port" "/$2/${1##*/}" <<-'END'
		import http.client, sys
		connection = http.client.HTTPConnection(sys.argv[2], timeout=20)
		connection.connect()
		connection.request("PUT", sys.argv[3], open(sys.argv[1], "rb").read())
		sys.exit(connection.getresponse().status != 201)
	END
}

bash_send() {
	bash -c 'exec 3<>"/dev/tcp/$2/$3" &&
		printf "PUT %s HTTP/1.0\r\nContent-Length: %s\r\n\r\n" "$4" "$(stat -c %s "$1")" >&3 &&
		printf "%s\n" "$(<"$1")" >&3 &&
		read -r version status rest <&3 && [ "$status" = 201 ]
	' - "$1" "${address[$2]}" $http_port "/$2/${1##*/}"
}

# --- programs that serve: NAME_send FILE NETWORK, asked for by a client there --

nginx_send() {
	ip netns exec "$2" "${curl[@]}" -o "$arrived/$2/${1##*/}" \
		"http://${host[$2]}:$nginx_port/${1#"$data"/}"
}

sshd_send() {
	ip netns exec "$2" scp -P $ssh_port "${ssh_options[@]}" "root@${host[$2]}:$1" "$arrived/$2/"
}

# The table that was loaded from the file.
postgres_send() {
	local table=${1##*/}
	ip netns exec "$2" psql -X -q -At -h "${host[$2]}" -p $postgres_port -U postgres \
		-o "$arrived/$2/$table" -c "SELECT line FROM ${table/./_}"
}

# --- what they are asked to do -----------------------------------------------

senders='curl curl6 wget rsync scp python bash'
servers='nginx sshd postgres'

# Who the record has to name.
declare -A comm=([curl6]=curl [rsync]=ssh [scp]=ssh [python]=python3)
declare -A exe=(
	[curl]=/usr/bin/curl [curl6]=/usr/bin/curl [wget]=/usr/bin/wget [rsync]=/usr/bin/ssh
	[scp]=/usr/bin/ssh [python]=$(readlink -f $python) [bash]=/usr/bin/bash
	[nginx]=/usr/sbin/nginx [sshd]=/usr/sbin/sshd [postgres]=$postgres/postgres)

# The rows of the channel ledger that the servers prove.
declare -A ledger=([nginx]=N15/nginx [sshd]=N15/ssh [postgres]=N15/postgresql)

# Data of persons, which will have a label, and plain data. Each time with new canaries.
data_renew() {
	local name kind
	rm -rf "$arrived/in" "$arrived/out"
	mkdir -p "$data/cn" "$data/plain" "$arrived/in" "$arrived/out"
	for name in $senders $servers derived; do
		for kind in person plain; do
			canary[$kind.$name]=$(canary $kind-$name)
		done
		data_make "$data/cn/person.$name" "${canary[person.$name]}"
		data_make "$data/plain/plain.$name" "${canary[plain.$name]}"
	done
}

# delivers NAME FILE NETWORK: it arrives byte for byte
delivers() {
	"$1_send" "$2" "$3" && cmp "$2" "$arrived/$3/${2##*/}"
}

# What was refused may leave an empty file behind, under this name or one for the time being.
nothing_arrived() {
	find "$arrived/out" -name "*$1*" -size +0 -print -exec false {} +
}

on_the_wire() {
	"$sink" seen "$capture" "$1"
}

not_on_the_wire() {
	answers 1 "$sink" seen "$capture" "$1"
}

without_domicile() {
	local name=$1
	check "$name: without Domicile the data reaches out" \
		delivers "$name" "$data/cn/person.$name" out
	is_secret "$name" || check "$name: and the capture shows it" \
		soon on_the_wire "${canary[person.$name]}"
}

is_secret() {
	[[ " rsync scp sshd " == *" $1 "* ]]
}

is_recorded() {
	recorded verdict=deny reason=network process.comm="${comm[$1]-$1}" process.exe="${exe[$1]}" \
		denied=cn.pii source.path="$2" object.address="$3"
}

plain_travels() {
	local plain=$data/plain/plain.$1
	check "$1: plain data reaches in" delivers "$1" "$plain" in
	check "$1: plain data reaches out" delivers "$1" "$plain" out
}

# labelled_stays NAME [ADDRESS]: as the record shows it
labelled_stays() {
	local name=$1 person=$data/cn/person.$1
	check "$name: labelled data reaches in" delivers "$name" "$person" in
	[ -z "${ledger[$name]-}" ] || row "${ledger[$name]}" blocked socket_sendmsg
	check "$name: labelled data is refused out" refused "$name"_send "$person" out
	check "$name: nothing of it arrived" nothing_arrived "person.$name"
	check "$name: the record says who, what and where to" \
		is_recorded "$name" "$person" "${2-$out4}"
	is_secret "$name" || wire "$name"
}

# The plain data was sent before: when the capture shows it, it would show the other.
wire() {
	check "$1: the capture shows the plain data" soon on_the_wire "${canary[plain.$1]}"
	check "$1: and not the labelled" not_on_the_wire "${canary[person.$1]}"
}

# --- servers -----------------------------------------------------------------

# A home of its own, because the machine's .bashrc may be slow.
sshd_start() {
	local namespace=$1
	shift
	"$@" /usr/sbin/sshd -f /dev/null -p $ssh_port -h "$work/host-key" -o StrictModes=no \
		-o UsePAM=no -o AuthorizedKeysFile="$work/key.pub" -o PidFile="$work/sshd-$namespace.pid" \
		-o Subsystem="sftp /usr/lib/openssh/sftp-server" -o UseDNS=no -o PermitRootLogin=yes \
		-o SetEnv="HOME=$work" ||
		bail_out "no sshd in $namespace"
	on_exit stop "$work/sshd-$namespace.pid"
}

ssh_make() {
	mkdir -p /run/sshd
	ssh-keygen -q -t ed25519 -N '' -f "$work/key"
	ssh-keygen -q -t ed25519 -N '' -f "$work/host-key"
	sshd_start in ip netns exec in
	sshd_start out ip netns exec out
	sshd_start host
}

http_make() {
	"$sink" http in $http_port "$arrived" && "$sink" http out $http_port "$arrived" ||
		bail_out "no web servers"
}

nginx_run() {
	nginx -c "$work/nginx.conf" -e "$work/nginx-error" "$@"
}

nginx_make() {
	cat >"$work/nginx.conf" <<-END
		user root;
		worker_processes 1;
		pid $work/nginx.pid;
		error_log $work/nginx-error;
		events {}
		http {
			access_log off;
			sendfile on;
			server { listen $nginx_port; root $data; }
		}
	END
	nginx_run || bail_out "no nginx"
	on_exit stop "$work/nginx.pid"
}

# A worker that read labelled data shares memory with its master: both go.
nginx_restart_serves() {
	stop "$work/nginx.pid" && nginx_run &&
		delivers nginx "$data/plain/plain.nginx" out
}

# as_postgres PROGRAM ARGUMENT...
as_postgres() {
	local program=$1
	shift
	(cd / && setpriv --reuid postgres --regid postgres --init-groups "$postgres/$program" "$@")
}

postgres_run() {
	as_postgres pg_ctl -D "$postgres_data" -w -t 60 -l "$work/postgres/log" "$@"
}

sql() {
	psql -X -q -v ON_ERROR_STOP=1 -h "$work/postgres" -p $postgres_port -U postgres -c "$1"
}

# table_load FILE: into a table of its own
table_load() {
	local table=${1##*/}
	table=${table/./_}
	sql "DROP TABLE IF EXISTS $table" && sql "CREATE TABLE $table (line text)" &&
		sql "COPY $table FROM '$1'"
}

# Takes a while: runs beside the rest of the preparation.
postgres_init() {
	install -d -o postgres -g postgres "$work/postgres" &&
		as_postgres initdb -D "$postgres_data" -A trust -N -E UTF8 --locale=C
}

postgres_make() {
	wait $init || {
		diagnose "$work/initdb"
		bail_out "no cluster"
	}
	echo "host all all 0.0.0.0/0 trust" >>"$postgres_data/pg_hba.conf"
	postgres_run -o "-k $work/postgres -p $postgres_port -c fsync=off \
		-h $host_in,$host_out" start >"$work/initdb" 2>&1 || bail_out "no PostgreSQL"
	on_exit postgres_run -m immediate stop
}

# --- data that was made from labelled data ------------------------------------

derive() {
	tar -C "$(dirname "$1")" -c "$(basename "$1")" | gzip |
		openssl enc -aes-256-ctr -pbkdf2 -pass pass:secret | base64 >"$2"
}

# Runs as a child: it reads what was made.
derived_on_the_wire() {
	(on_the_wire "$(sed -n 2p "$1")")
}

labelled() {
	domicile label show "$1" | grep -F cn.pii
}

derived_under_domicile() {
	local person=$data/cn/person.derived plain=$data/plain/plain.derived
	check "derived: from plain data" derive "$plain" "$work/plain.made"
	check "derived: from labelled data" derive "$person" "$work/person.made"
	check "derived: what came of plain data has no label" not labelled "$work/plain.made"
	check "derived: what came of labelled data has its label" labelled "$work/person.made"
	check "derived: the plain reaches out" delivers curl "$work/plain.made" out
	check "derived: the labelled reaches in" delivers curl "$work/person.made" in
	check "derived: the labelled is refused out" refused curl_send "$work/person.made" out
	check "derived: nothing of it arrived" nothing_arrived person.made
	check "derived: the record names where it came from" is_recorded curl "$person" $out4
	check "derived: the capture shows the plain" soon derived_on_the_wire "$work/plain.made"
	check "derived: and not the labelled" not derived_on_the_wire "$work/person.made"
}

# --- the test ----------------------------------------------------------------

postgres_init >"$work/initdb" 2>&1 &
init=$!
net_make
data_renew
http_make
ssh_make
nginx_make
postgres_make
check "a capture runs" "$sink" capture out "$capture"

check "postgres: tables are loaded" table_load "$data/cn/person.postgres"
for name in $senders $servers; do
	without_domicile "$name"
done
derive "$data/cn/person.derived" "$work/person.made"
check "derived: without Domicile it reaches out" delivers curl "$work/person.made" out
check "derived: and the capture shows it" soon derived_on_the_wire "$work/person.made"
rm -f "$work/person.made"

data_renew
policy_make "$work/policy.yaml" "$data/cn"
up "$work/policy.yaml"
for name in $senders; do
	plain_travels "$name"
	labelled_stays "$name" $([ "$name" != curl6 ] || echo $out6)
done
derived_under_domicile

plain_travels nginx
labelled_stays nginx
check "nginx: new workers serve plain data again" nginx_restart_serves

plain_travels sshd
labelled_stays sshd
check "sshd: the next login serves plain data again" delivers sshd "$data/plain/plain.sshd" out

check "postgres: a table is loaded from plain data" table_load "$data/plain/plain.postgres"
plain_travels postgres
check "postgres: a table is loaded from labelled data" table_load "$data/cn/person.postgres"
labelled_stays postgres

down
finish
