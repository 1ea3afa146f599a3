// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

#include <jansson.h>

#include "origin.h"
#include "plain.h"

json_t *origin_peer_json(const struct domicile_origin *origin)
{
	const struct domicile_peer *peer = &origin->peer;
	char address[INET6_ADDRSTRLEN] = "";

	if (!peer->family)
		return json_null();
	inet_ntop(peer->family, peer->address, address, sizeof(address));
	return json_pack("{s:s, s:s, s:s, s:I, s:I}", "family",
			 peer->family == AF_INET6 ? "ipv6" : "ipv4", "protocol",
			 peer->protocol == IPPROTO_UDP ? "udp" : "tcp", "address", address, "port",
			 (json_int_t)ntohs(peer->port), "local_port",
			 (json_int_t)ntohs(peer->local_port));
}

void origin_peer_print(json_t *peer, FILE *file)
{
	const char *family = "", *protocol = "?", *address = "?";
	json_int_t port = 0, local_port = 0;
	bool six;

	json_unpack(peer, "{s:s, s:s, s:s, s:I, s:I}", "family", &family, "protocol", &protocol,
		    "address", &address, "port", &port, "local_port", &local_port);
	six = !strcmp(family, "ipv6");
	fputs(six ? "[" : "", file);
	plain_print(address, file);
	fputs(six ? "]" : "", file);
	fprintf(file, ":%" JSON_INTEGER_FORMAT "/", port);
	plain_print(protocol, file);
	fprintf(file, " at port %" JSON_INTEGER_FORMAT, local_port);
}
