/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DOMICILE_STATUS_H
#define DOMICILE_STATUS_H

#include <stdbool.h>

#include <jansson.h>

/*
 * What `domicile status --json` shows, with --tasks if @tasks; a new reference. When nothing
 * is enforced it says that. -EACCES, -EPERM: not root; -ESTALE: see enforce_reason().
 */
int status_object(bool tasks, json_t **ret);

#endif /* DOMICILE_STATUS_H */
