// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pwd.h>
#include <string.h>
#include <sys/socket.h>

#include "audit_entry.h"
#include "cgroup.h"
#include "cleanup.h"
#include "colour.h"
#include "in_force.h"
#include "moment.h"
#include "origin.h"
#include "plain.h"
#include "record.h"

#define USERS_KEPT 64

#define NAMES(array, count)                                                                      \
	_Static_assert(sizeof(array) / sizeof(*(array)) == (count), "a name for every number")

static const char *const hooks[] = {
	[DOMICILE_HOOK_FILE_OPEN] = "file_open",
	[DOMICILE_HOOK_FILE_PERMISSION] = "file_permission",
	[DOMICILE_HOOK_FILE_RECEIVE] = "file_receive",
	[DOMICILE_HOOK_MMAP_FILE] = "mmap_file",
	[DOMICILE_HOOK_SOCKET_CREATE] = "socket_create",
	[DOMICILE_HOOK_SOCKET_CONNECT] = "socket_connect",
	[DOMICILE_HOOK_SOCKET_SENDMSG] = "socket_sendmsg",
	[DOMICILE_HOOK_CGROUP_EGRESS] = "cgroup_egress",
	[DOMICILE_HOOK_CGROUP_INGRESS] = "cgroup_ingress",
	[DOMICILE_HOOK_INODE_SETXATTR] = "inode_setxattr",
	[DOMICILE_HOOK_INODE_REMOVEXATTR] = "inode_removexattr",
	[DOMICILE_HOOK_UNIX_MAY_SEND] = "unix_may_send",
	[DOMICILE_HOOK_TASK_ALLOC] = "task_alloc",
	[DOMICILE_HOOK_PIPE] = "pipe",
	[DOMICILE_HOOK_BPRM_CHECK] = "bprm_check",
	[DOMICILE_HOOK_SOCKET_RECVMSG] = "socket_recvmsg",
	[DOMICILE_HOOK_PTRACE] = "ptrace",
	[DOMICILE_HOOK_MESSAGE] = "message",
	[DOMICILE_HOOK_KEY] = "key",
	[DOMICILE_HOOK_PERF_EVENT_OPEN] = "perf_event_open",
	[DOMICILE_HOOK_BPF] = "bpf",
	[DOMICILE_HOOK_USERFAULTFD] = "userfaultfd",
	[DOMICILE_HOOK_TTY] = "tty",
	[DOMICILE_HOOK_SEM_SEMCTL] = "sem_semctl",
	[DOMICILE_HOOK_SOCKET_POST_CREATE] = "socket_post_create",
	[DOMICILE_HOOK_FILE_IOCTL] = "file_ioctl",
	[DOMICILE_HOOK_URING_CMD] = "uring_cmd",
	[DOMICILE_HOOK_LOCKED_DOWN] = "locked_down",
	[DOMICILE_HOOK_INODE_SET_ACL] = "inode_set_acl",
	[DOMICILE_HOOK_INODE_SYMLINK] = "inode_symlink",
	[DOMICILE_HOOK_FS_CONTEXT_PARSE_PARAM] = "fs_context_parse_param",
	[DOMICILE_HOOK_TASK_PRCTL] = "task_prctl",
	[DOMICILE_HOOK_CAPABLE] = "capable",
	[DOMICILE_HOOK_INODE_RENAME] = "inode_rename",
	[DOMICILE_HOOK_UNIX_STREAM_CONNECT] = "unix_stream_connect",
	[DOMICILE_HOOK_INODE_UNLINK] = "inode_unlink",
	[DOMICILE_HOOK_INODE_SETATTR] = "inode_setattr",
};
NAMES(hooks, DOMICILE_HOOKS);

static const char *const verdicts[] = {
	[DOMICILE_VERDICT_DENY] = "deny",
	[DOMICILE_VERDICT_AUDIT] = "audit",
	[DOMICILE_VERDICT_KILL] = "kill",
	[DOMICILE_VERDICT_ALLOW] = "allow",
};
NAMES(verdicts, DOMICILE_VERDICTS);

static const char *const reasons[] = {
	[DOMICILE_REASON_NETWORK] = "network",
	[DOMICILE_REASON_NO_POLICY] = "no_policy",
	[DOMICILE_REASON_FAMILY] = "family",
	[DOMICILE_REASON_NO_LABEL_STORE] = "no_label_store",
	[DOMICILE_REASON_NO_MEMORY] = "no_memory",
	[DOMICILE_REASON_LABEL_GUARD] = "label_guard",
	[DOMICILE_REASON_NETLINK_PEER] = "netlink_peer",
	[DOMICILE_REASON_USER_NAMESPACE] = "user_namespace",
	[DOMICILE_REASON_NOT_FOLLOWED] = "not_followed",
	[DOMICILE_REASON_TERMINAL] = "terminal",
	[DOMICILE_REASON_XDP_HOLDER] = "xdp_holder",
	[DOMICILE_REASON_NETDEV] = "netdev",
	[DOMICILE_REASON_DEVICE] = "device",
	[DOMICILE_REASON_KERNEL_SETTING] = "kernel_setting",
	[DOMICILE_REASON_ROUTE] = "route",
	[DOMICILE_REASON_MEMORY_HOLDER] = "memory_holder",
	[DOMICILE_REASON_LABEL_REPLACED] = "label_replaced",
	[DOMICILE_REASON_RESOLVER] = "resolver",
	[DOMICILE_REASON_CARRIER] = "carrier",
	[DOMICILE_REASON_LOST_CALL] = "lost_call",
	[DOMICILE_REASON_STORAGE] = "storage",
	[DOMICILE_REASON_READER] = "reader",
	[DOMICILE_REASON_WRITER] = "writer",
};
NAMES(reasons, DOMICILE_REASONS);

static const char *const objects[] = {
	[DOMICILE_OBJECT_NONE] = "none",
	[DOMICILE_OBJECT_ADDRESS] = "address",
	[DOMICILE_OBJECT_INODE] = "inode",
	[DOMICILE_OBJECT_FAMILY] = "family",
	[DOMICILE_OBJECT_CGROUP] = "cgroup",
};
NAMES(objects, DOMICILE_OBJECTS);

static const char *name_of(const char *const *names, size_t count, unsigned int number)
{
	return number < count ? names[number] : NULL;
}

#define NAME_OF(array, number) name_of(array, sizeof(array) / sizeof(*(array)), number)

const char *record_hook_name(unsigned int hook)
{
	return NAME_OF(hooks, hook);
}

const char *record_verdict_name(unsigned int verdict)
{
	return NAME_OF(verdicts, verdict);
}

const char *record_reason_name(unsigned int reason)
{
	return NAME_OF(reasons, reason);
}

/* --- JSON ---------------------------------------------------------------- */

/* What another version of the kernel side may call by a number we do not have. */
static json_t *name_or_number(const char *name, unsigned int number)
{
	return name ? json_string(name) : json_integer(number);
}

/* File names are bytes; JSON wants UTF-8. Bytes that are not become U+FFFD. */
static json_t *text(const char *bytes, size_t size)
{
	size_t length = strnlen(bytes, size), used = 0;
	cleanup(free_memory) char *clean = malloc(length * 3 + 1);
	json_t *whole = json_stringn(bytes, length);

	if (whole || !clean)
		return whole;
	for (size_t i = 0; i < length; i++) {
		if ((signed char)bytes[i] >= 0) {
			clean[used++] = bytes[i];
			continue;
		}
		memcpy(clean + used, "\xef\xbf\xbd", 3);
		used += 3;
	}
	return json_stringn(clean, used);
}

static json_t *text_or_null(const char *bytes, size_t size)
{
	return bytes[0] ? text(bytes, size) : json_null();
}

static json_t *when(__u64 boottime)
{
	char buffer[MOMENT_TEXT_MAX];

	return json_string(moment_rfc3339(buffer, moment_realtime(boottime)));
}

static json_t *boot_id(void)
{
	static char line[64];
	cleanup(close_file) FILE *file = NULL;

	if (!line[0]) {
		file = fopen("/proc/sys/kernel/random/boot_id", "re");
		if (!file || !fgets(line, sizeof(line), file))
			return json_null();
		line[strcspn(line, "\n")] = '\0';
	}
	return json_string(line);
}

/* What the rules decided, and not the kind of channel. */
static json_t *rule(const struct domicile_record *record, const struct in_force *in_force)
{
	json_t *denying;

	if (record->reason == DOMICILE_REASON_STORAGE)
		return in_force_saying(in_force, &record->denied, "storage");
	if (record->reason == DOMICILE_REASON_READER)
		return in_force_saying(in_force, &record->denied, "read");
	if (record->reason == DOMICILE_REASON_WRITER)
		return in_force_saying(in_force, &record->denied, "write");
	if (record->reason != DOMICILE_REASON_NETWORK)
		return json_null();
	if (record->verdict == DOMICILE_VERDICT_ALLOW)
		return in_force_deciding(in_force, &record->taint, record->class, "allow");
	denying = in_force_deciding(in_force, &record->denied, record->class, "deny");
	for (__u32 i = 0; json_is_null(denying) && i < DOMICILE_LABELS_MAX; i++)
		if (label_set_has(&record->denied, i) && in_force_rule(in_force, i))
			return json_string(in_force_rule(in_force, i));
	return denying;
}

/* A directory service can be slow, and records come in bursts. */
static json_t *user(__u32 uid)
{
	static struct {
		json_t *name;
		__u32 uid;
	} known[USERS_KEPT];
	size_t slot = uid % USERS_KEPT;
	const struct passwd *entry;

	if (!known[slot].name || known[slot].uid != uid) {
		entry = getpwuid(uid);
		json_decref(known[slot].name);
		known[slot].name = entry ? json_string(entry->pw_name) : json_null();
		known[slot].uid = uid;
	}
	return json_incref(known[slot].name);
}

static json_t *cgroup(__u64 id)
{
	char path[PATH_MAX];

	if (!id)
		return json_null();
	return json_pack("{s:I, s:o}", "id", (json_int_t)id, "path",
			 cgroup_path(id, path) ? json_null() : text(path, sizeof(path)));
}

static json_t *process(const struct domicile_record *record)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o}", "pid",
			 (json_int_t)record->pid, "tid", (json_int_t)record->tid, "ppid",
			 (json_int_t)record->ppid, "uid", (json_int_t)record->uid, "user",
			 user(record->uid), "start_time",
			 record->start_time ? when(record->start_time) : json_null(), "comm",
			 text(record->comm, sizeof(record->comm)), "exe",
			 text_or_null(record->exe, sizeof(record->exe)), "cgroup",
			 cgroup(record->cgroup));
}

static json_t *device(__u32 dev)
{
	return json_sprintf("%u:%u", dev >> 20, dev & 0xfffff);
}

static json_t *source(const struct domicile_origin *origin)
{
	if (!origin->time)
		return json_null();
	return json_pack("{s:o, s:o, s:I, s:o, s:I, s:o}", "path",
			 text_or_null(origin->path, sizeof(origin->path)), "dev",
			 device(origin->dev), "ino", (json_int_t)origin->ino, "time",
			 when(origin->time), "pid", (json_int_t)origin->pid, "peer",
			 origin_peer_json(origin));
}

static json_t *protocol(__u16 number)
{
	const struct protoent *entry;

	switch (number) {
	case IPPROTO_TCP:
		return json_string("tcp");
	case IPPROTO_UDP:
		return json_string("udp");
	case IPPROTO_ICMP:
		return json_string("icmp");
	case IPPROTO_ICMPV6:
		return json_string("icmp6");
	case IPPROTO_SCTP:
		return json_string("sctp");
	case IPPROTO_RAW:
		return json_string("raw");
	}
	entry = getprotobynumber(number);
	return entry ? json_string(entry->p_name) : json_integer(number);
}

static json_t *object_address(const struct domicile_record *record,
			      const struct in_force *in_force)
{
	const char *network = in_force_class(in_force, record->class);
	char address[INET6_ADDRSTRLEN] = "";

	inet_ntop(record->family, record->address, address, sizeof(address));
	return json_pack("{s:s, s:s, s:o, s:s, s:I, s:o}", "kind", objects[DOMICILE_OBJECT_ADDRESS],
			 "family", record->family == AF_INET6 ? "ipv6" : "ipv4", "protocol",
			 protocol(record->protocol), "address", address, "port",
			 (json_int_t)ntohs(record->port), "network",
			 network && *network ? json_string(network) : json_null());
}

static json_t *object_inode(const struct domicile_record *record)
{
	return json_pack("{s:s, s:o, s:I, s:o}", "kind", objects[DOMICILE_OBJECT_INODE], "dev",
			 device(record->dev), "ino", (json_int_t)record->ino, "path",
			 text_or_null(record->path, sizeof(record->path)));
}

static json_t *family(__u16 number)
{
	static const char *const families[] = {
		[AF_UNIX] = "unix", [AF_INET] = "ipv4", [AF_INET6] = "ipv6",
		[AF_NETLINK] = "netlink", [AF_PACKET] = "packet", [AF_KEY] = "key",
		[AF_TIPC] = "tipc", [AF_BLUETOOTH] = "bluetooth", [AF_ALG] = "alg",
		[AF_VSOCK] = "vsock", [AF_KCM] = "kcm", [AF_QIPCRTR] = "qipcrtr",
		[AF_SMC] = "smc", [AF_XDP] = "xdp", [AF_CAN] = "can", [AF_RDS] = "rds",
		[AF_PPPOX] = "pppox", [AF_NFC] = "nfc", [AF_PHONET] = "phonet",
		[AF_IEEE802154] = "ieee802154", [AF_AX25] = "ax25", [AF_X25] = "x25",
		[AF_RXRPC] = "rxrpc", [AF_IB] = "ib", [AF_MPLS] = "mpls",
	};

	return name_or_number(NAME_OF(families, number), number);
}

static json_t *object_family(const struct domicile_record *record)
{
	return json_pack("{s:s, s:o, s:I, s:I}", "kind", objects[DOMICILE_OBJECT_FAMILY],
			 "family", family(record->family), "type", (json_int_t)record->type,
			 "protocol", (json_int_t)record->protocol);
}

static json_t *object_cgroup(const struct domicile_record *record)
{
	return json_pack("{s:s, s:o}", "kind", objects[DOMICILE_OBJECT_CGROUP], "path",
			 text(record->path, sizeof(record->path)));
}

static json_t *object(const struct domicile_record *record, const struct in_force *in_force)
{
	switch (record->object) {
	case DOMICILE_OBJECT_ADDRESS:
		return object_address(record, in_force);
	case DOMICILE_OBJECT_INODE:
		return object_inode(record);
	case DOMICILE_OBJECT_FAMILY:
		return object_family(record);
	case DOMICILE_OBJECT_CGROUP:
		return object_cgroup(record);
	}
	return json_null();
}

json_t *record_begin(const char *type, __u64 boottime)
{
	char host[256] = "";

	gethostname(host, sizeof(host) - 1);
	return json_pack("{s:s, s:o, s:o, s:o}", "type", type, "time", when(boottime), "boot_id",
			 boot_id(), "host", text(host, sizeof(host)));
}

json_t *record_json(const struct domicile_record *record, const struct in_force *in_force)
{
	json_t *json = record_begin("decision", record->time), *rest;

	rest = json_pack("{s:I, s:I, s:o, s:o, s:o, s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:I}",
			 "cpu", (json_int_t)record->cpu, "seq", (json_int_t)record->seq,
			 "verdict", name_or_number(record_verdict_name(record->verdict),
						   record->verdict),
			 "reason", name_or_number(record_reason_name(record->reason),
						  record->reason),
			 "hook", name_or_number(record_hook_name(record->hook), record->hook),
			 "rule", rule(record, in_force), "policy_generation",
			 (json_int_t)record->generation, "process", process(record), "labels",
			 in_force_set_json(in_force, &record->taint), "denied",
			 in_force_set_json(in_force, &record->denied), "source",
			 source(&record->source), "object", object(record, in_force), "bytes",
			 (json_int_t)record->bytes);
	if (!json || !rest || json_object_update(json, rest)) {
		json_decref(json);
		json = NULL;
	}
	json_decref(rest);
	return json;
}

json_t *record_loss_json(unsigned int cpu, __u64 first, __u64 count)
{
	json_t *json = record_begin("loss", moment_boottime());

	if (json) {
		json_object_set_new(json, "cpu", json_integer(cpu));
		json_object_set_new(json, "first_seq", json_integer(first));
		json_object_set_new(json, "count", json_integer(count));
	}
	return json;
}

/* --- a line for people --------------------------------------------------- */

static const char *string(json_t *object, const char *key, const char *otherwise)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : otherwise;
}

static void print_time(json_t *object, FILE *file)
{
	char buffer[MOMENT_TEXT_MAX];
	__u64 realtime;

	if (moment_parse(string(object, "time", ""), &realtime))
		fputs("?", file);
	else
		fputs(moment_local(buffer, realtime), file);
}

static bool is_allowed(json_t *object)
{
	return !strcmp(string(object, "verdict", ""), verdicts[DOMICILE_VERDICT_ALLOW]);
}

static void print_verdict(json_t *object, FILE *file)
{
	const char *verdict = string(object, "verdict", "?");
	bool let_through = !strcmp(verdict, verdicts[DOMICILE_VERDICT_AUDIT]);

	if (is_allowed(object))
		fputs(colour(COLOUR_GREEN, file), file);
	else
		fputs(colour(let_through ? COLOUR_YELLOW : COLOUR_RED, file), file);
	for (; *verdict; verdict++)
		fputc(*verdict >= 'a' && *verdict <= 'z' ? *verdict - 'a' + 'A' : *verdict, file);
	fputs(colour(COLOUR_NONE, file), file);
}

static void print_process(json_t *process, FILE *file)
{
	json_t *uid = json_object_get(process, "uid");

	plain_print(string(process, "comm", "?"), file);
	fprintf(file, "[%" JSON_INTEGER_FORMAT "] (%s",
		json_integer_value(json_object_get(process, "pid")),
		string(process, "user", "uid "));
	if (!json_is_string(json_object_get(process, "user")))
		fprintf(file, "%" JSON_INTEGER_FORMAT, json_integer_value(uid));
	fputs(")", file);
}

static void print_labels(json_t *labels, FILE *file)
{
	char text[4096];

	plain_print(in_force_names_text(labels, text, sizeof(text)), file);
}

static void print_address(json_t *object, FILE *file)
{
	const char *network = string(object, "network", NULL);
	bool six = !strcmp(string(object, "family", ""), "ipv6");
	json_t *protocol = json_object_get(object, "protocol");

	fprintf(file, " to %s%s%s", six ? "[" : "", string(object, "address", "?"), six ? "]" : "");
	if (json_integer_value(json_object_get(object, "port")))
		fprintf(file, ":%" JSON_INTEGER_FORMAT,
			json_integer_value(json_object_get(object, "port")));
	if (json_is_string(protocol))
		fprintf(file, "/%s", json_string_value(protocol));
	else
		fprintf(file, "/%" JSON_INTEGER_FORMAT, json_integer_value(protocol));
	fprintf(file, " (%s)", network ? network : "no named network");
}

static void print_with(const char *preposition, const char *name, FILE *file)
{
	fputs(preposition, file);
	plain_print(name, file);
}

static void print_object(json_t *object, FILE *file)
{
	const char *kind = string(object, "kind", "");

	if (!strcmp(kind, objects[DOMICILE_OBJECT_ADDRESS]))
		print_address(object, file);
	else if (!strcmp(kind, objects[DOMICILE_OBJECT_INODE]))
		print_with(" to ", string(object, "path", "a file without a path"), file);
	else if (!strcmp(kind, objects[DOMICILE_OBJECT_FAMILY]))
		fprintf(file, " to a socket of family %s", string(object, "family", "?"));
	else if (!strcmp(kind, objects[DOMICILE_OBJECT_CGROUP]))
		print_with(" to the carrier ", string(object, "path", "?"), file);
}

static void print_why(json_t *object, FILE *file)
{
	static const char *const why[] = {
		[DOMICILE_REASON_NETWORK] = "no rule lets %s go there",
		[DOMICILE_REASON_NO_POLICY] = "no policy is in force",
		[DOMICILE_REASON_FAMILY] = "%s cannot be followed there",
		[DOMICILE_REASON_NO_LABEL_STORE] = "the file system cannot hold the label",
		[DOMICILE_REASON_NO_MEMORY] = "no memory to follow the data",
		[DOMICILE_REASON_LABEL_GUARD] = "only Domicile writes its labels",
		[DOMICILE_REASON_NETLINK_PEER] = "netlink to another process is not followed",
		[DOMICILE_REASON_USER_NAMESPACE] = "the owner of that network namespace could pass it on",
		[DOMICILE_REASON_NOT_FOLLOWED] = "what passes there cannot be followed",
		[DOMICILE_REASON_TERMINAL] = "the reader of that terminal is where it may not go",
		[DOMICILE_REASON_XDP_HOLDER] = "it could send %s by an AF_XDP socket unseen",
		[DOMICILE_REASON_NETDEV] = "the network device there passes %s on in another form",
		[DOMICILE_REASON_DEVICE] = "what is behind the device keeps no label",
		[DOMICILE_REASON_KERNEL_SETTING] = "everybody on this host could read it there",
		[DOMICILE_REASON_ROUTE] = "the route there passes %s on in another form",
		[DOMICILE_REASON_MEMORY_HOLDER] = "its memory could take %s where no label goes",
		[DOMICILE_REASON_LABEL_REPLACED] = "%s was on the file whose name another takes",
		[DOMICILE_REASON_RESOLVER] = "more than that resolver may be asked",
		[DOMICILE_REASON_CARRIER] = "the policy has that service take no labels",
		[DOMICILE_REASON_LOST_CALL] = "a thread of it still writes to what another closed",
		[DOMICILE_REASON_STORAGE] = "no rule lets %s be stored there",
		[DOMICILE_REASON_READER] = "no rule lets that process read %s",
		[DOMICILE_REASON_WRITER] = "no rule lets that process change %s",
	};
	const char *reason = string(object, "reason", "?"), *rest;
	size_t i = 1;

	NAMES(why, DOMICILE_REASONS);
	while (i < DOMICILE_REASONS && strcmp(reasons[i], reason))
		i++;
	fputs(": ", file);
	rest = i < DOMICILE_REASONS ? strstr(why[i], "%s") : NULL;
	if (!rest) {
		fputs(i < DOMICILE_REASONS ? why[i] : reason, file);
		return;
	}
	fprintf(file, "%.*s", (int)(rest - why[i]), why[i]);
	print_labels(json_object_get(object, "denied"), file);
	fputs(rest + 2, file);
}

static void print_peer(json_t *peer, FILE *file)
{
	fputs(" from ", file);
	origin_peer_print(peer, file);
}

static void print_decision(json_t *object, FILE *file)
{
	json_t *source = json_object_get(object, "source");
	const char *from = string(source, "path", NULL), *rule = string(object, "rule", NULL);

	fputc(' ', file);
	print_verdict(object, file);
	fputc(' ', file);
	print_process(json_object_get(object, "process"), file);
	fputc(' ', file);
	print_labels(json_object_get(object, "labels"), file);
	if (from)
		print_with(" from ", from, file);
	else if (json_is_object(json_object_get(source, "peer")))
		print_peer(json_object_get(source, "peer"), file);
	print_object(json_object_get(object, "object"), file);
	if (is_allowed(object))
		fputs(strcmp(string(object, "reason", ""), reasons[DOMICILE_REASON_RESOLVER]) ?
			      ": a rule lets it go there" : ": a declared resolver was asked",
		      file);
	else
		print_why(object, file);
	if (rule)
		fprintf(file, " [policy %s]", rule);
	fprintf(file, " via %s\n", string(object, "hook", "?"));
}

static void print_loss(json_t *object, FILE *file)
{
	fprintf(file, " LOSS %" JSON_INTEGER_FORMAT " records of CPU %" JSON_INTEGER_FORMAT
		      " were lost\n",
		json_integer_value(json_object_get(object, "count")),
		json_integer_value(json_object_get(object, "cpu")));
}

void record_print_text(json_t *object, FILE *file)
{
	const char *type = string(object, "type", "?");

	if (!strcmp(type, "decision"))
		print_decision(object, file);
	else if (!strcmp(type, "loss"))
		print_loss(object, file);
	else if (!strcmp(type, "log"))
		audit_event_print(object, file);
	else
		fputs(" a record of another version (see it with --json)\n", file);
}

void record_print(json_t *object, FILE *file)
{
	print_time(object, file);
	record_print_text(object, file);
}
