// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "audit_settings.h"
#include "cleanup.h"
#include "number.h"
#include "read_all.h"
#include "rundir.h"
#include "suggest.h"

#define FILE_MAX 65536
#define BLANKS " \t\r"
#define NS_PER_DAY (86400ull * 1000000000)
#define BYTES_PER_MB 1000000ull

void audit_settings_default(struct audit_settings *settings)
{
	char host[128] = "";

	*settings = (struct audit_settings){ .key = DOMICILE_TLOG_KEY };
	gethostname(host, sizeof(host) - 1);
	snprintf(settings->name, sizeof(settings->name), "%s/domicile",
		 note_name_is_valid(host) ? host : "localhost");
}

/* --- one setting ----------------------------------------------------------------- */

static int key_set(struct audit_settings *settings, const char *value)
{
	if (*value != '/' || strlen(value) >= sizeof(settings->key))
		return -EINVAL;
	strcpy(settings->key, value);
	return 0;
}

static int name_set(struct audit_settings *settings, const char *value)
{
	if (!note_name_is_valid(value))
		return -EINVAL;
	strcpy(settings->name, value);
	return 0;
}

static int limit_set(__u64 *limit, const char *value, __u64 unit)
{
	uint64_t number;

	if (number_parse(value, &number) || !number || number > UINT64_MAX / unit)
		return -EINVAL;
	*limit = number * unit;
	return 0;
}

static int age_set(struct audit_settings *settings, const char *value)
{
	return limit_set(&settings->max_age, value, NS_PER_DAY);
}

static int size_set(struct audit_settings *settings, const char *value)
{
	return limit_set(&settings->max_size, value, BYTES_PER_MB);
}

static const struct {
	const char *name;
	int (*set)(struct audit_settings *settings, const char *value);
	const char *expected;
} table[] = {
	{ "log-key", key_set, "an absolute path" },
	{ "log-name", name_set, "a name without blanks and without +" },
	{ "log-max-age", age_set, "a number of days" },
	{ "log-max-size", size_set, "a number of MB" },
};

#define SETTINGS (sizeof(table) / sizeof(*table))

static size_t setting_find(const char *name)
{
	size_t i = 0;

	while (i < SETTINGS && strcmp(table[i].name, name))
		i++;
	return i;
}

const char *audit_setting_set(struct audit_settings *settings, const char *setting,
			      const char *value)
{
	size_t i = setting_find(setting);

	if (i == SETTINGS)
		return "a known setting";
	return table[i].set(settings, value) ? table[i].expected : NULL;
}

/* --- the file ---------------------------------------------------------------------- */

static int unknown(const char *path, int line, const char *name, struct fault *fault)
{
	struct suggestion suggestion;

	suggest_start(&suggestion, name);
	for (size_t i = 0; i < SETTINGS; i++)
		suggest_offer(&suggestion, table[i].name);
	return fault_set(fault, -EINVAL, "%s:%d: found %s, expected log-key, log-name, log-max-age "
			 "or log-max-size%s%s%s", path, line, name,
			 suggestion.nearest ? " (did you mean " : "",
			 suggestion.nearest ? suggestion.nearest : "",
			 suggestion.nearest ? "?)" : "");
}

/* @text is cut to pieces. */
static int line_read(struct audit_settings *settings, const char *path, int line, char *text,
		     struct fault *fault)
{
	char *name, *value, *more;
	const char *expected;

	text[strcspn(text, "#")] = '\0';
	name = strtok_r(text, BLANKS, &more);
	if (!name)
		return 0;
	if (setting_find(name) == SETTINGS)
		return unknown(path, line, name, fault);
	value = strtok_r(NULL, BLANKS, &more);
	expected = audit_setting_set(settings, name, value ? value : "");
	if (expected || strtok_r(NULL, BLANKS, &more))
		return fault_set(fault, -EINVAL, "%s:%d: %s: found %s, expected %s", path, line, name,
				 !value ? "nothing" : expected ? value : "more than a word",
				 expected ? expected : "one");
	return 0;
}

int audit_settings_read(struct audit_settings *settings, const char *path, struct fault *fault)
{
	cleanup(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	cleanup(free_memory) char *text = NULL;
	int err = fd < 0 ? -errno : read_text(fd, FILE_MAX, &text), number = 0;
	char *rest = text, *line;

	if (err == -ENOENT)
		return 0;
	if (err)
		return fault_set(fault, err, "%s: %s", path, strerror(-err));
	while (!err && (line = strsep(&rest, "\n")))
		err = line_read(settings, path, ++number, line, fault);
	return err;
}
