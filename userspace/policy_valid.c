// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <jansson.h>
#include <string.h>

#include "policy_error.h"
#include "policy_valid.h"

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

bool policy_name_valid(const char *name)
{
	size_t size = strlen(name);

	return size && size < DOMICILE_LABEL_NAME_MAX && strchr(LOWER, *name) &&
	       strspn(name, LOWER "0123456789._-") == size;
}

const char *policy_name_near(const char *name, char near[DOMICILE_LABEL_NAME_MAX])
{
	size_t size = strlen(name);

	if (size >= DOMICILE_LABEL_NAME_MAX)
		return NULL;
	for (size_t i = 0; i <= size; i++)
		near[i] = name[i] == ' ' ? '-' : tolower((unsigned char)name[i]);
	return policy_name_valid(near) ? near : NULL;
}

bool policy_jurisdiction_valid(const char *code)
{
	return strlen(code) == 2 && strspn(code, UPPER) == 2;
}

/* Is the path component that starts at @part this word? */
static bool part_is(const char *part, const char *word)
{
	size_t size = strcspn(part, "/");

	return size == strlen(word) && !memcmp(part, word, size);
}

const char *policy_path_wrong(const char *path)
{
	if (*path != '/')
		return "an absolute path";
	if (strlen(path) >= PATH_MAX)
		return "a path of less than 4096 bytes";
	if (path[strlen(path) - 1] == '/')
		return "a path that does not end in '/'";
	for (; path; path = strchr(path, '/')) {
		path++;
		if (part_is(path, "..") || part_is(path, ".") || part_is(path, ""))
			return "a path without '.', '..' and '//'";
	}
	return NULL;
}

/* Leaves out empty components and ".", and starts at the root. */
const char *policy_path_near(const char *path, char near[PATH_MAX])
{
	size_t used = 0, size;

	for (; *path; path += size) {
		path += strspn(path, "/");
		size = strcspn(path, "/");
		if (!size || part_is(path, "."))
			continue;
		if (used + 1 + size >= PATH_MAX)
			return NULL;
		near[used++] = '/';
		memcpy(near + used, path, size);
		used += size;
	}
	near[used] = 0;
	return policy_path_wrong(near) ? NULL : near;
}

bool policy_text_valid(const char *text)
{
	json_t *json = json_string(text); /* NULL for what is not UTF-8 */

	json_decref(json);
	return json && policy_control_find(text, strlen(text)) < 0;
}
