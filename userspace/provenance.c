// SPDX-License-Identifier: GPL-2.0-only
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "plain.h"
#include "provenance.h"

#define NOT_SET ((uid_t)-1)

static bool login_uid(uid_t *ret)
{
	cleanup(close_file) FILE *file = fopen("/proc/self/loginuid", "re");
	uid_t uid;

	if (!file || fscanf(file, "%u", &uid) != 1 || uid == NOT_SET)
		return false;
	*ret = uid;
	return true;
}

static json_t *user_name(uid_t uid)
{
	const struct passwd *user = getpwuid(uid);

	return user ? json_string(user->pw_name) : json_sprintf("%u", uid);
}

static json_t *program(void)
{
	char path[PATH_MAX];
	ssize_t size = readlink("/proc/self/exe", path, sizeof(path));
	json_t *text = size > 0 ? json_stringn(path, size) : NULL;

	return text ? text : json_null();
}

json_t *provenance_json(void)
{
	uid_t login = getuid();
	bool logged_in = login_uid(&login);

	return json_pack("{s:o, s:I, s:o, s:i, s:o}", "user", user_name(login), "uid",
			 (json_int_t)getuid(), "login_uid",
			 logged_in ? json_integer(login) : json_null(), "pid", (int)getpid(),
			 "program", program());
}

static void print_text(json_t *object, const char *key, FILE *file)
{
	const char *text = json_string_value(json_object_get(object, key));

	plain_print(text ? text : "?", file);
}

void provenance_print(json_t *provenance, FILE *file)
{
	json_t *login = json_object_get(provenance, "login_uid");

	print_text(provenance, "user", file);
	fprintf(file, " (uid %lld", json_integer_value(json_object_get(provenance, "uid")));
	if (json_is_integer(login))
		fprintf(file, ", login uid %lld", json_integer_value(login));
	fputs("), ", file);
	print_text(provenance, "program", file);
	fprintf(file, "[%lld]", json_integer_value(json_object_get(provenance, "pid")));
}
