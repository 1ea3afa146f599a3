/* SPDX-License-Identifier: GPL-2.0-only */
/* What names, paths and texts of a policy may look like. */
#ifndef DOMICILE_POLICY_VALID_H
#define DOMICILE_POLICY_VALID_H

#include <limits.h>
#include <stdbool.h>

#include <domicile/label.h>

/* Of labels, networks and categories. */
#define POLICY_NAME_SYNTAX "1 to 63 of a-z, 0-9, '.', '_' and '-', with a letter first"

bool policy_name_valid(const char *name);
/* The valid name that was probably meant, or NULL. */
const char *policy_name_near(const char *name, char near[DOMICILE_LABEL_NAME_MAX]);

bool policy_jurisdiction_valid(const char *code);

/* What is expected of a path that @path is not, or NULL if it is all right. */
const char *policy_path_wrong(const char *path);
/* The right path that was probably meant, or NULL. */
const char *policy_path_near(const char *path, char near[PATH_MAX]);

/* UTF-8 without control characters? */
bool policy_text_valid(const char *text);

#endif /* DOMICILE_POLICY_VALID_H */
