/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files of prefixes: one on a line, with comments after '#'. What is wrong on a
 * line is wrong in a policy, too: host bits, a missing length.
 */
#ifndef DOMICILE_CIDR_FILE_H
#define DOMICILE_CIDR_FILE_H

#include "policy_document.h"
#include "range.h"

/*
 * Adds the prefixes to @ranges of both families, IPv4 first, and how many there are
 * to @count, which stays below POLICY_PREFIXES_MAX. Returns 0, also when errors were
 * added, or a negative errno to stop.
 */
int cidr_file_read(const struct document *document, size_t *count, struct ranges ranges[2],
		   struct policy_errors *errors);

#endif /* DOMICILE_CIDR_FILE_H */
