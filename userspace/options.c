// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <glob.h>
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

int option_list_add_policies(struct option_list *list)
{
	glob_t found = { 0 };
	int err = 0;

	if (!glob(DOMICILE_POLICY_DIR "/*.yaml", 0, NULL, &found))
		for (size_t i = 0; i < found.gl_pathc && !err; i++)
			err = option_list_add(list, found.gl_pathv[i]);
	globfree(&found);
	return err;
}
