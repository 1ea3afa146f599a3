// SPDX-License-Identifier: GPL-2.0-only
/*
 * The compiler in its confined child. Built without sanitizers, which cannot
 * live under the system call filter.
 */
#include "kselftest_harness.h"

#include <jansson.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "confine.h"
#include "country.h"
#include "document.h"
#include "mmdb.h"
#include "policy.h"

FIXTURE(confined) {
	struct files files;
	struct policy *policy;
	struct policy_errors errors;
};

FIXTURE_SETUP(confined)
{
	files_start(&self->files);
}

FIXTURE_TEARDOWN(confined)
{
	files_end(&self->files);
	policy_free(self->policy);
}

#define WRITE(text) files_add(&self->files, text, strlen(text))

static char *dump(const struct policy *policy)
{
	json_t *json = policy_json(policy);
	char *text = json_dumps(json, JSON_COMPACT);

	json_decref(json);
	return text;
}

TEST_F(confined, same_as_without)
{
	char *files[] = { POLICIES "/example.yaml" }, *confined, *plain;
	struct policy *policy;

	ASSERT_EQ(0, policy_compile_confined(files, 1, &self->policy, &self->errors)) {
		policy_errors_print(&self->errors, stderr);
	}
	ASSERT_EQ(0, policy_compile(files, 1, &policy, &self->errors));
	confined = dump(self->policy);
	plain = dump(policy);
	EXPECT_STREQ(plain, confined);
	EXPECT_EQ(0, memcmp(policy->classes[0].sets.deny.word,
			    self->policy->classes[0].sets.deny.word,
			    sizeof(struct domicile_label_set)));
	free(confined);
	free(plain);
	policy_free(policy);
}

static void data_write(struct files *files, const char *name, const char *text)
{
	files_add_as(files, name, text, strlen(text));
}

/* Files that are named are read out here and understood in there. */
TEST_F(confined, with_data)
{
	char *confined, *plain, *text;
	struct policy *policy;
	struct mmdb mmdb;
	size_t size;

	data_write(&self->files, "list", "198.51.100.0/24\n");
	data_write(&self->files, "world", "# Generated: Thu, 25 Jun 2026 04:33:59 GMT\n"
		   "16777216,16777471,AU\n");
	data_write(&self->files, "registry", "2|apnic|20261120|5|19830613|20261119|+1000\n"
		   "apnic|CN|ipv4|1.0.1.0|768|20110414|allocated\n");
	mmdb_start(&mmdb, 28, true, 0);
	mmdb_add(&mmdb, "1.0.16.0/20", "JP");
	mmdb_finish(&mmdb, &text, &size);
	files_add_as(&self->files, "mmdb", text, size);
	free(text);
	data_write(&self->files, "policy.yaml",
		   "version: 1\ncountries: {file: [world, registry, mmdb]}\n"
		   "networks: {a: {file: [list], country: [AU, JP], exclude: {country: [CN]}}}\n");
	ASSERT_EQ(0, policy_compile_confined(&self->files.names[4], 1, &self->policy,
					     &self->errors)) {
		policy_errors_print(&self->errors, stderr);
	}
	EXPECT_EQ(4, self->policy->data_count);
	EXPECT_EQ(512 + 4096, self->policy->networks[0].addresses4);
	ASSERT_EQ(0, policy_compile(&self->files.names[4], 1, &policy, &self->errors));
	confined = dump(self->policy);
	plain = dump(policy);
	EXPECT_STREQ(plain, confined);
	free(confined);
	free(plain);
	policy_free(policy);
}

TEST_F(confined, errors_in_data)
{
	data_write(&self->files, "list", "\n198.51.100.0\n");
	data_write(&self->files, "policy.yaml", "version: 1\nnetworks: {a: {file: [list]}}\n");
	EXPECT_EQ(-EINVAL, policy_compile_confined(&self->files.names[1], 1, &self->policy,
						   &self->errors));
	ASSERT_EQ(1, self->errors.count);
	EXPECT_STREQ(self->files.names[0], self->errors.list[0].file);
	EXPECT_EQ(2, self->errors.list[0].line);
	EXPECT_STREQ("198.51.100.0", self->errors.list[0].excerpt);
}

TEST_F(confined, errors)
{
	WRITE("version: 1\nlabels: []\n");
	EXPECT_EQ(-EINVAL, policy_compile_confined(self->files.names, 1, &self->policy,
						   &self->errors));
	EXPECT_EQ(NULL, self->policy);
	ASSERT_EQ(1, self->errors.count);
	EXPECT_EQ(self->files.names[0], self->errors.list[0].file);
	EXPECT_EQ(2, self->errors.list[0].line);
	EXPECT_STREQ("found a list, expected a mapping", self->errors.list[0].text);
}

TEST_F(confined, unreadable)
{
	char *files[] = { "/nonexistent/policy.yaml" };

	EXPECT_EQ(-EINVAL, policy_compile_confined(files, 1, &self->policy, &self->errors));
	EXPECT_STREQ("cannot be read: No such file or directory", self->errors.list[0].text);
}

/* Large enough for every way that the C library has to get memory and to sort. */
TEST_F(confined, hundred_thousand_prefixes)
{
	char *text;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	fprintf(file, "version: 1\nnetworks:\n  n:\n    cidr:\n");
	for (unsigned int i = 100000; i; i--)
		fprintf(file, "    - %u.%u.%u.0/25\n", 1 + (i >> 16), i >> 8 & 0xff, i & 0xff);
	fclose(file);
	files_add(&self->files, text, size);
	free(text);
	ASSERT_EQ(0, policy_compile_confined(self->files.names, 1, &self->policy,
					     &self->errors)) {
		policy_errors_print(&self->errors, stderr);
	}
	EXPECT_EQ(200001, self->policy->range4_count);
}

#define LARGE_SIZE (16u << 20)

/* Large for what they are: refused at once, or after a time and in memory that have a bound. */
static const struct {
	const char *start;
	const char *again;
	const char *said;
} large[] = {
	{ "", "a: ", "mapping values are not allowed in this context" },
	{ "", "- ", "found nesting deeper than 32 levels" },
	{ "", "? ", "found nesting deeper than 32 levels" },
	{ "", "{", "found nesting deeper than 32 levels" },
	{ "", "--- \n", "found a second document" },
	{ "", "%YAML 1.1\n", "found duplicate %YAML directive" },
	{ "", "\xff", "invalid leading UTF-8 octet" },
	{ "", "#", "found an empty file" },
	{ "", "version: 1\n", "found key 'version' again" },
	{ "version: 1\n", "a", "could not find expected ':'" },
	{ "version: 1\nlabels: \"", "\\u0041", "found unexpected end of stream" },
	{ "version: &", "a", "found an anchor" },
	{ "version: !", "a", "found a tag" },
};

TEST_F_TIMEOUT(confined, large_files, 120)
{
	struct rusage usage;

	for (size_t i = 0; i < ARRAY_SIZE(large); i++) {
		char *text;
		size_t size;
		FILE *file = open_memstream(&text, &size);

		fputs(large[i].start, file);
		for (size_t at = 0; at < LARGE_SIZE; at += strlen(large[i].again))
			fputs(large[i].again, file);
		fclose(file);
		files_add(&self->files, text, size);
		free(text);
		self->errors = (struct policy_errors){};
		EXPECT_EQ(-EINVAL, policy_compile_confined(self->files.names, 1, &self->policy,
							   &self->errors));
		ASSERT_LE(1, self->errors.count);
		EXPECT_NE(NULL, strstr(self->errors.list[0].text, large[i].said)) {
			TH_LOG("%zu: %s", i, self->errors.list[0].text);
		}
		unlink(self->files.names[0]);
		free(self->files.names[--self->files.count]);
	}
	ASSERT_EQ(0, getrusage(RUSAGE_CHILDREN, &usage));
	EXPECT_GT(256 << 10, usage.ru_maxrss);
}

/* Every country that there is, of real data. */
TEST_F(confined, world)
{
	char code[COUNTRY_TEXT_SIZE], *text;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	fprintf(file, "version: 1\ncountries: {file: [" GEOIP "/geoip, " GEOIP "/geoip6]}\n"
		"networks:\n");
	for (__u16 i = 0; i < COUNTRIES_MAX; i++)
		if (country_assigned(i))
			fprintf(file, "  n%d: {country: [%s]}\n", i, country_text(i, code));
	fclose(file);
	files_add(&self->files, text, size);
	free(text);
	ASSERT_EQ(0, policy_compile_confined(self->files.names, 1, &self->policy,
					     &self->errors)) {
		policy_errors_print(&self->errors, stderr);
	}
	EXPECT_GT(self->policy->class_count, 200);
	EXPECT_GT(self->policy->range4_count, 100000);
	EXPECT_GT(self->policy->range6_count, 100000);
}

/* libyaml takes time that grows with the square of the number of directives. */
TEST_F(confined, child_that_dies)
{
	struct rlimit second = { 1, 1 };
	char *text;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	for (int i = 0; i < 200000; i++)
		fprintf(file, "%%TAG !a%d! tag:example.org,2000:\n", i);
	fprintf(file, "---\nversion: 1\n");
	fclose(file);
	files_add(&self->files, text, size);
	free(text);
	ASSERT_EQ(0, setrlimit(RLIMIT_CPU, &second));
	EXPECT_EQ(-EIO, policy_compile_confined(self->files.names, 1, &self->policy,
						&self->errors));
	EXPECT_EQ(NULL, self->policy);
	ASSERT_EQ(1, self->errors.count);
	EXPECT_STREQ("the policy parser died: signal 9 (Killed)", self->errors.list[0].text);
}

static void call_open(void)
{
	syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY);
}

static void call_socket(void)
{
	socket(AF_INET, SOCK_STREAM, 0);
}

static void call_fork(void)
{
	syscall(SYS_fork);
}

static void call_kill(void)
{
	syscall(SYS_kill, 0, 0);
}

static void call_read(void)
{
	char byte;

	syscall(SYS_read, 0, &byte, 1);
}

static void call_prctl(void)
{
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

/* Also the calls of another ABI of the same machine. */
static void call_x32(void)
{
	syscall(0x40000000 | SYS_getpid);
}

/* The signal that ends a confined child that does this, or 0. */
static int signal_after(void (*call)(void))
{
	int status, ends[2];
	pid_t pid;

	if (pipe(ends))
		return -errno;
	pid = fork();
	if (!pid) {
		if (confine_self(ends[1]))
			_exit(1);
		call();
		_exit(0);
	}
	close(ends[0]);
	close(ends[1]);
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

static void call_nothing(void)
{
	free(malloc(64 << 20));
}

TEST(calls)
{
	EXPECT_EQ(0, signal_after(call_nothing));
	EXPECT_EQ(SIGSYS, signal_after(call_open));
	EXPECT_EQ(SIGSYS, signal_after(call_socket));
	EXPECT_EQ(SIGSYS, signal_after(call_fork));
	EXPECT_EQ(SIGSYS, signal_after(call_kill));
	EXPECT_EQ(SIGSYS, signal_after(call_read));
	EXPECT_EQ(SIGSYS, signal_after(call_prctl));
	EXPECT_EQ(SIGSYS, signal_after(call_x32));
}

static bool status_has(const char *status, const char *field, const char *value)
{
	const char *at = strstr(status, field);

	return at && !strncmp(at + strlen(field), value, strlen(value));
}

/* What the kernel says about a confined process, from outside. */
TEST(privilege)
{
	char path[64], status[8192], byte = 0;
	int ends[2], fd;
	ssize_t size;
	pid_t pid;

	ASSERT_EQ(0, pipe(ends));
	pid = fork();
	if (!pid) {
		if (!confine_self(ends[1]) && write(ends[1], &byte, 1) == 1)
			for (;;)
				;
		_exit(1);
	}
	close(ends[1]);
	ASSERT_EQ(1, read(ends[0], &byte, 1));
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	fd = open(path, O_RDONLY);
	size = read(fd, status, sizeof(status) - 1);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	ASSERT_GT(size, 0);
	status[size] = 0;
	EXPECT_TRUE(status_has(status, "\nCapEff:\t", "0000000000000000\n"));
	EXPECT_TRUE(status_has(status, "\nCapPrm:\t", "0000000000000000\n"));
	EXPECT_TRUE(status_has(status, "\nCapInh:\t", "0000000000000000\n"));
	EXPECT_TRUE(status_has(status, "\nCapAmb:\t", "0000000000000000\n"));
	EXPECT_TRUE(status_has(status, "\nNoNewPrivs:\t", "1\n"));
	EXPECT_TRUE(status_has(status, "\nSeccomp:\t", "2\n"));
	if (!geteuid()) {
		EXPECT_TRUE(status_has(status, "\nUid:\t", "65534\t65534\t65534\t65534\n"));
		EXPECT_TRUE(status_has(status, "\nGid:\t", "65534\t65534\t65534\t65534\n"));
		EXPECT_TRUE(status_has(status, "\nGroups:\t", " \n"));
	}
	close(fd);
	close(ends[0]);
}

/* Where no child can be had, nothing is compiled. */
TEST(no_child)
{
	char *files[] = { POLICIES "/example.yaml" };
	struct policy_errors errors = {};
	struct policy *policy = NULL;
	struct rlimit none = {};

	if (!geteuid())
		ASSERT_EQ(0, setresuid(65534, 65534, 65534));
	ASSERT_EQ(0, setrlimit(RLIMIT_NPROC, &none));
	if (access(files[0], R_OK))
		SKIP(return, "another user cannot read the policies here");
	EXPECT_EQ(-EAGAIN, policy_compile_confined(files, 1, &policy, &errors));
	EXPECT_EQ(1, errors.count);
	EXPECT_EQ(NULL, policy);
}

TEST_HARNESS_MAIN
