// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "rundir.h"

int option_list_add(struct option_list *list, const char *value)
{
	char **values = realloc(list->values, (list->count + 1) * sizeof(*values));
	char *copy = strdup(value);

	if (values)
		list->values = values;
	if (!values || !copy) {
		free(copy);
		return -ENOMEM;
	}
	list->values[list->count++] = copy;
	return 0;
}

void option_list_free(struct option_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->values[i]);
	free(list->values);
	*list = (struct option_list){ 0 };
}

static int is_policy(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return entry->d_name[0] != '.' && dot && !strcmp(dot, ".yaml");
}

int option_list_add_directory(struct option_list *list, const char *directory)
{
	struct dirent **entries;
	int count = scandir(directory, &entries, is_policy, alphasort), err = 0;
	char path[PATH_MAX];

	if (count < 0)
		return -errno;
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, entries[i]->d_name);
		if (!err)
			err = option_list_add(list, path);
		free(entries[i]);
	}
	free(entries);
	return err;
}

int option_list_add_policies(struct option_list *list)
{
	int err = option_list_add_directory(list, DOMICILE_POLICY_DIR);

	return err == -ENOENT ? 0 : err;
}
