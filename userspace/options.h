/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DOMICILE_OPTIONS_H
#define DOMICILE_OPTIONS_H

#include <stddef.h>

/* Arguments of an option that can be given several times. */
struct option_list {
	char **values;
	size_t count;
};

int option_list_add(struct option_list *list, const char *value);
void option_list_free(struct option_list *list);

/* Every .yaml file in @directory, in order of name. */
int option_list_add_directory(struct option_list *list, const char *directory);
/* Every .yaml file in DOMICILE_POLICY_DIR, in order of name. */
int option_list_add_policies(struct option_list *list);

#endif /* DOMICILE_OPTIONS_H */
