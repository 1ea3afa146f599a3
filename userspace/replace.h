/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DOMICILE_REPLACE_H
#define DOMICILE_REPLACE_H

#include <sys/types.h>

/*
 * The file @path has @text, or what it had before, also after a power cut. By @path.new, so
 * that the directory must be one that nobody else writes to. A negative errno.
 */
int replace_file(const char *path, const char *text, mode_t mode);

#endif /* DOMICILE_REPLACE_H */
