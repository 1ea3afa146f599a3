// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include <arpa/inet.h>
#include <limits.h>
#include <netinet/in.h>

#include "cgroup.h"
#include "in_force.h"
#include "moment.h"
#include "policy_verdict.h"
#include "record.h"

#define CGROUP 7
#define NO_USER 4294000000u

/* The place of userspace/cgroup.c, which asks the host. */
int cgroup_path(__u64 id, char path[PATH_MAX])
{
	if (id != CGROUP)
		return -ENOENT;
	strcpy(path, "/intake.service");
	return 0;
}

static struct in_force in_force_make(void)
{
	struct in_force in_force = {
		.generation = 3,
		.root = json_pack("{s:[{s:s, s:s}, {s:s, s:n}], s:[s, s]}", "labels", "name",
				  "cn.pii", "rule", "policy.yaml:7", "name", "eu.health", "rule",
				  "classes", "", "cn-facilities"),
	};

	return in_force;
}

static struct domicile_record record_make(void)
{
	struct domicile_record record = {
		.version = DOMICILE_RECORD_VERSION,
		.size = sizeof(record),
		.cpu = 1,
		.seq = 42,
		.time = moment_boottime(),
		.generation = 3,
		.hook = DOMICILE_HOOK_SOCKET_CONNECT,
		.verdict = DOMICILE_VERDICT_DENY,
		.reason = DOMICILE_REASON_NETWORK,
		.object = DOMICILE_OBJECT_ADDRESS,
		.pid = 100,
		.tid = 101,
		.ppid = 99,
		.uid = 0,
		.start_time = 1,
		.cgroup = CGROUP,
		.comm = "curl",
		.exe = "/usr/bin/curl",
		.source = {
			.ino = 5000000000,
			.dev = 254 << 20 | 3,
			.pid = 98,
			.time = 2,
			.path = "/srv/cn/people.csv",
		},
		.family = AF_INET,
		.protocol = IPPROTO_TCP,
		.port = htons(443),
		.class = 1,
		.bytes = 1500,
	};

	inet_pton(AF_INET, "203.0.113.2", record.address);
	label_set_add(&record.taint, 0);
	label_set_add(&record.taint, 1);
	label_set_add(&record.denied, 0);
	return record;
}

/* What differs from run to run is replaced if it is well formed. */
static void settle(json_t *object, const char *key)
{
	__u64 realtime;

	if (!moment_parse(json_string_value(json_object_get(object, key)) ?: "", &realtime))
		json_object_set_new(object, key, json_string("then"));
}

static json_t *settled(const struct domicile_record *record, const struct in_force *in_force)
{
	json_t *json = record_json(record, in_force);

	settle(json, "time");
	settle(json_object_get(json, "process"), "start_time");
	settle(json_object_get(json, "source"), "time");
	if (json_string_length(json_object_get(json, "boot_id")) == 36)
		json_object_set_new(json, "boot_id", json_string("this boot"));
	if (json_string_length(json_object_get(json, "host")))
		json_object_set_new(json, "host", json_string("this host"));
	return json;
}

/* The printed line of @json, which is the callee's. The caller frees it. */
static char *line_of(json_t *json)
{
	char *line = NULL;
	size_t size;
	FILE *file = open_memstream(&line, &size);

	record_print(json, file);
	fclose(file);
	json_decref(json);
	return line;
}

static const char golden_json[] =
	"{\"type\":\"decision\",\"time\":\"then\",\"boot_id\":\"this boot\",\"host\":\"this host\","
	"\"cpu\":1,\"seq\":42,\"verdict\":\"deny\",\"reason\":\"network\","
	"\"hook\":\"socket_connect\",\"rule\":\"policy.yaml:7\",\"policy_generation\":3,"
	"\"process\":{\"pid\":100,\"tid\":101,\"ppid\":99,\"uid\":0,\"user\":\"root\","
	"\"start_time\":\"then\",\"comm\":\"curl\",\"exe\":\"/usr/bin/curl\","
	"\"cgroup\":{\"id\":7,\"path\":\"/intake.service\"}},"
	"\"labels\":[\"cn.pii\",\"eu.health\"],\"denied\":[\"cn.pii\"],"
	"\"source\":{\"path\":\"/srv/cn/people.csv\",\"dev\":\"254:3\",\"ino\":5000000000,"
	"\"time\":\"then\",\"pid\":98,\"peer\":null},"
	"\"object\":{\"kind\":\"address\",\"family\":\"ipv4\",\"protocol\":\"tcp\","
	"\"address\":\"203.0.113.2\",\"port\":443,\"network\":\"cn-facilities\"},\"bytes\":1500}";

static const char golden_line[] =
	"2026-11-22 10:31:07 DENY curl[100] (root) cn.pii, eu.health from /srv/cn/people.csv"
	" to 203.0.113.2:443/tcp (cn-facilities): no rule lets cn.pii go there"
	" [policy policy.yaml:7] via socket_connect\n";

static json_t *timed(json_t *json)
{
	json_object_set_new(json, "time", json_string("2026-11-22T10:31:07.123456789Z"));
	return json;
}

TEST(source_is_a_peer)
{
	struct in_force in_force = in_force_make();
	struct domicile_record record = record_make();
	struct domicile_peer *peer = &record.source.peer;
	char *line;

	record.source.path[0] = 0;
	*peer = (struct domicile_peer){ AF_INET6, IPPROTO_UDP, htons(40000), htons(514), {} };
	inet_pton(AF_INET6, "2001:db8::1", peer->address);
	line = line_of(record_json(&record, &in_force));
	EXPECT_NE(NULL, strstr(line, " from [2001:db8::1]:40000/udp at port 514 to 203.0.113.2:443"));
	free(line);
	in_force_close(&in_force);
}

TEST(golden)
{
	struct in_force in_force = in_force_make();
	struct domicile_record record = record_make();
	json_t *json = settled(&record, &in_force);
	char *text = json_dumps(json, JSON_COMPACT), *line;

	EXPECT_STREQ(golden_json, text);
	setenv("TZ", "UTC", 1);
	line = line_of(timed(json));
	EXPECT_STREQ(golden_line, line);
	free(line);
	free(text);
	in_force_close(&in_force);
	EXPECT_NO_LEAK();
}

TEST(time_is_now)
{
	struct domicile_record record = record_make();
	json_t *json = record_json(&record, NULL);
	__u64 then = 0, now = moment_realtime(moment_boottime());

	ASSERT_EQ(0, moment_parse(json_string_value(json_object_get(json, "time")), &then));
	EXPECT_LE(then, now + 1000000);
	EXPECT_GE(then, now - 60000000000);
	json_decref(json);
}

/* --- every number has a name --------------------------------------------------------- */

static void set_hook(struct domicile_record *record, unsigned int number)
{
	record->hook = number;
}

static void set_verdict(struct domicile_record *record, unsigned int number)
{
	record->verdict = number;
}

static void set_reason(struct domicile_record *record, unsigned int number)
{
	record->reason = number;
}

static const struct {
	const char *key;
	unsigned int count;
	const char *(*name)(unsigned int number);
	void (*set)(struct domicile_record *record, unsigned int number);
} enums[] = {
	{ "hook", DOMICILE_HOOKS, record_hook_name, set_hook },
	{ "verdict", DOMICILE_VERDICTS, record_verdict_name, set_verdict },
	{ "reason", DOMICILE_REASONS, record_reason_name, set_reason },
};

TEST(names)
{
	for (size_t i = 0; i < ARRAY_SIZE(enums); i++) {
		EXPECT_EQ(NULL, enums[i].name(0));
		EXPECT_EQ(NULL, enums[i].name(enums[i].count));
		EXPECT_EQ(NULL, enums[i].name(~0u));
		for (unsigned int number = 1; number < enums[i].count; number++) {
			const char *name = enums[i].name(number);

			ASSERT_NE(NULL, name) {
				TH_LOG("%s %u has no name", enums[i].key, number);
			}
			EXPECT_LT(0, strlen(name));
			for (unsigned int other = 1; other < number; other++)
				EXPECT_STRNE(name, enums[i].name(other));
		}
	}
}

TEST(names_in_json)
{
	for (size_t i = 0; i < ARRAY_SIZE(enums); i++) {
		for (unsigned int number = 0; number <= enums[i].count; number++) {
			struct domicile_record record = record_make();
			const char *name = enums[i].name(number);
			json_t *json, *value;

			enums[i].set(&record, number);
			json = record_json(&record, NULL);
			value = json_object_get(json, enums[i].key);
			if (name) {
				EXPECT_STREQ(name, json_string_value(value));
			} else {
				EXPECT_EQ(number, json_integer_value(value));
			}
			json_decref(json);
		}
	}
}

TEST(objects_have_kinds)
{
	for (unsigned int number = 0; number <= DOMICILE_OBJECTS; number++) {
		struct domicile_record record = record_make();
		json_t *json, *object;
		bool known = number != DOMICILE_OBJECT_NONE && number < DOMICILE_OBJECTS;

		record.object = number;
		json = record_json(&record, NULL);
		object = json_object_get(json, "object");
		EXPECT_EQ(known, json_is_object(object));
		EXPECT_EQ(!known, json_is_null(object));
		EXPECT_EQ(known, json_is_string(json_object_get(object, "kind")));
		json_decref(json);
	}
}

/* ": no rule lets go there via": people get more than the name of the reason. */
TEST(reasons_are_explained)
{
	for (unsigned int number = 1; number < DOMICILE_REASONS; number++) {
		struct domicile_record record = record_make();
		char bare[64], *line;

		record.reason = number;
		line = line_of(record_json(&record, NULL));
		snprintf(bare, sizeof(bare), ": %s via", record_reason_name(number));
		EXPECT_EQ(NULL, strstr(line, bare)) {
			TH_LOG("%s", line);
		}
		EXPECT_EQ(NULL, strstr(line, "%s"));
		free(line);
	}
}

TEST(hooks_and_verdicts_are_printed)
{
	for (unsigned int number = 1; number < DOMICILE_HOOKS; number++) {
		struct domicile_record record = record_make();
		char via[64], *line;

		record.hook = number;
		line = line_of(record_json(&record, NULL));
		snprintf(via, sizeof(via), " via %s\n", record_hook_name(number));
		EXPECT_NE(NULL, strstr(line, via));
		free(line);
	}
	for (unsigned int number = 1; number < DOMICILE_VERDICTS; number++) {
		struct domicile_record record = record_make();
		char *line;

		record.verdict = number;
		line = line_of(record_json(&record, NULL));
		EXPECT_NE(NULL, strcasestr(line, record_verdict_name(number)));
		free(line);
	}
}

/* --- objects ------------------------------------------------------------------------- */

/* What the line says after "from /srv/cn/people.csv", or all of it. */
static char *destination(const struct domicile_record *record)
{
	struct in_force in_force = in_force_make();
	char *line = line_of(record_json(record, &in_force));
	char *from = strstr(line, "people.csv");

	in_force_close(&in_force);
	if (from)
		memmove(line, from + strlen("people.csv"), strlen(from + strlen("people.csv")) + 1);
	return line;
}

TEST(address_v6)
{
	struct domicile_record record = record_make();
	char *line;

	record.family = AF_INET6;
	record.class = 0;
	inet_pton(AF_INET6, "2001:db8:bad::2", record.address);
	line = destination(&record);
	EXPECT_EQ(0, strncmp(line, " to [2001:db8:bad::2]:443/tcp (no named network): ", 50)) {
		TH_LOG("%s", line);
	}
	free(line);
}

TEST(address_without_port)
{
	struct domicile_record record = record_make();
	char *line;

	record.port = 0;
	record.protocol = 253; /* for experiments, RFC 3692 */
	line = destination(&record);
	EXPECT_EQ(0, strncmp(line, " to 203.0.113.2/253 (cn-facilities): ", 37)) {
		TH_LOG("%s", line);
	}
	free(line);
}

TEST(inode)
{
	struct domicile_record record = record_make();
	struct in_force in_force = in_force_make();
	json_t *json, *expected;
	char *line;

	record.object = DOMICILE_OBJECT_INODE;
	record.reason = DOMICILE_REASON_NO_LABEL_STORE;
	record.dev = 8 << 20 | 1;
	record.ino = 77;
	strcpy(record.path, "/mnt/vfat/file");
	json = record_json(&record, &in_force);
	expected = json_pack("{s:s, s:s, s:i, s:s}", "kind", "inode", "dev", "8:1", "ino", 77,
			     "path", "/mnt/vfat/file");
	EXPECT_TRUE(json_equal(expected, json_object_get(json, "object")));
	/* The policy did not decide. */
	EXPECT_TRUE(json_is_null(json_object_get(json, "rule")));
	json_decref(expected);
	json_decref(json);
	line = destination(&record);
	EXPECT_STREQ(" to /mnt/vfat/file: the file system cannot hold the label"
		     " via socket_connect\n", line);
	free(line);
	record.path[0] = 0;
	line = destination(&record);
	EXPECT_NE(NULL, strstr(line, " to a file without a path: "));
	free(line);
	in_force_close(&in_force);
	EXPECT_NO_LEAK();
}

TEST(family)
{
	struct domicile_record record = record_make();
	char *line;

	record.object = DOMICILE_OBJECT_FAMILY;
	record.reason = DOMICILE_REASON_FAMILY;
	record.family = AF_VSOCK;
	line = destination(&record);
	EXPECT_STREQ(" to a socket of family vsock: cn.pii cannot be followed there"
		     " via socket_connect\n", line);
	free(line);
	for (unsigned int number = 0; number < 300; number++) {
		json_t *json, *value;

		record.family = number;
		json = record_json(&record, NULL);
		value = json_object_get(json_object_get(json, "object"), "family");
		EXPECT_TRUE(json_is_string(value) || json_integer_value(value) == number);
		json_decref(json);
	}
}

/* --- what is missing, and what is not text -------------------------------------------- */

TEST(empty)
{
	struct domicile_record record = { .uid = NO_USER };
	json_t *json = settled(&record, NULL), *process = json_object_get(json, "process");

	EXPECT_TRUE(json_is_null(json_object_get(json, "source")));
	EXPECT_TRUE(json_is_null(json_object_get(json, "object")));
	EXPECT_TRUE(json_is_null(json_object_get(json, "rule")));
	EXPECT_EQ(0, json_array_size(json_object_get(json, "labels")));
	EXPECT_TRUE(json_is_null(json_object_get(process, "exe")));
	EXPECT_TRUE(json_is_null(json_object_get(process, "user")));
	EXPECT_TRUE(json_is_null(json_object_get(process, "cgroup")));
	EXPECT_TRUE(json_is_null(json_object_get(process, "start_time")));
	free(line_of(json));
	EXPECT_NO_LEAK();
}

TEST(user_without_name)
{
	struct domicile_record record = record_make();
	char *line;

	record.uid = NO_USER;
	line = line_of(record_json(&record, NULL));
	EXPECT_NE(NULL, strstr(line, " curl[100] (uid 4294000000) "));
	free(line);
}

/* Users whose slot in the cache is the same stay apart. */
TEST(users)
{
	static const __u32 uids[] = { 0, 64, NO_USER, 0, 128, 0 };

	for (size_t i = 0; i < ARRAY_SIZE(uids); i++) {
		struct domicile_record record = record_make();
		const char *user;
		json_t *json;

		record.uid = uids[i];
		json = record_json(&record, NULL);
		user = json_string_value(
			json_object_get(json_object_get(json, "process"), "user"));
		EXPECT_EQ(!uids[i], user && !strcmp(user, "root"));
		json_decref(json);
	}
	EXPECT_NO_LEAK();
}

TEST(label_that_no_policy_knows)
{
	struct domicile_record record = record_make();
	struct in_force in_force = in_force_make();
	json_t *json, *expected = json_pack("[s, s]", "eu.health", IN_FORCE_NAMELESS);
	char *line;

	label_set_clear(&record.taint);
	label_set_add(&record.taint, 1);
	label_set_add(&record.taint, 200);
	label_set_add(&record.taint, 255);
	json = record_json(&record, &in_force);
	EXPECT_TRUE(json_equal(expected, json_object_get(json, "labels")));
	line = line_of(json);
	EXPECT_NE(NULL, strstr(line, " eu.health, an unreadable label from "));
	free(line);
	json_decref(expected);
	in_force_close(&in_force);
}

TEST(names_of_files_are_bytes)
{
	struct domicile_record record = record_make();
	json_t *json, *process;
	char *line;

	memset(record.comm, 'x', sizeof(record.comm)); /* no NUL */
	strcpy(record.exe, "/tmp/\xff\"\n\xc3\xa9");
	strcpy(record.source.path, "/tmp/\033[2J");
	json = record_json(&record, NULL);
	process = json_object_get(json, "process");
	EXPECT_STREQ("xxxxxxxxxxxxxxxx", json_string_value(json_object_get(process, "comm")));
	EXPECT_STREQ("/tmp/\xef\xbf\xbd\"\n\xef\xbf\xbd\xef\xbf\xbd",
		     json_string_value(json_object_get(process, "exe")));
	line = line_of(json);
	EXPECT_NE(NULL, strstr(line, " from /tmp/\\x1b[2J to "));
	EXPECT_EQ(line + strlen(line) - 1, strchr(line, '\n'));
	free(line);
	EXPECT_NO_LEAK();
}

TEST(longest_path)
{
	struct domicile_record record = record_make();
	json_t *json;

	memset(record.exe, '\xff', sizeof(record.exe)); /* no NUL */
	json = record_json(&record, NULL);
	EXPECT_EQ(3 * sizeof(record.exe),
		  json_string_length(json_object_get(json_object_get(json, "process"), "exe")));
	json_decref(json);
}

/* --- losses and lines that are not ours ------------------------------------------------ */

TEST(loss)
{
	json_t *json = record_loss_json(3, 1000, 5);
	char *line;

	EXPECT_STREQ("loss", json_string_value(json_object_get(json, "type")));
	EXPECT_EQ(3, json_integer_value(json_object_get(json, "cpu")));
	EXPECT_EQ(1000, json_integer_value(json_object_get(json, "first_seq")));
	EXPECT_EQ(5, json_integer_value(json_object_get(json, "count")));
	setenv("TZ", "UTC", 1);
	line = line_of(timed(json));
	EXPECT_STREQ("2026-11-22 10:31:07 LOSS 5 records of CPU 3 were lost\n", line);
	free(line);
	EXPECT_NO_LEAK();
}

TEST(other_version)
{
	static const char *const texts[] = {
		"{}", "[]", "{\"type\": \"grant\"}", "{\"type\": 1}", "{\"type\": \"decision\"}",
		"{\"type\": \"loss\"}",
		"{\"type\": \"decision\", \"reason\": 99, \"object\": {\"kind\": \"moon\"}}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		json_t *json = json_loads(texts[i], 0, NULL);
		char *line;

		ASSERT_NE(NULL, json);
		line = line_of(json);
		EXPECT_EQ(line + strlen(line) - 1, strchr(line, '\n'));
		free(line);
	}
	EXPECT_NO_LEAK();
}

/* What rules decide has the same name in records and elsewhere. */
TEST(verdicts)
{
	static const unsigned int verdicts[] = {
		DOMICILE_VERDICT_DENY, DOMICILE_VERDICT_AUDIT, DOMICILE_VERDICT_ALLOW,
	};

	for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++)
		EXPECT_STREQ(record_verdict_name(verdicts[i]), policy_verdict_name(verdicts[i]));
	EXPECT_EQ(NULL, policy_verdict_name(DOMICILE_VERDICT_KILL));
	EXPECT_EQ(NULL, policy_verdict_name(DOMICILE_VERDICTS));
	EXPECT_EQ(NULL, policy_verdict_name(0));
}

TEST_HARNESS_MAIN
