/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DOMICILE_READ_ALL_H
#define DOMICILE_READ_ALL_H

#include <stddef.h>

/* Reads to the end. -EFBIG: there are more than @max bytes. The caller frees @ret. */
int read_all(int fd, size_t max, char **ret, size_t *ret_size);

/* As read_all(), with a NUL behind it. -EILSEQ: there is one in it. */
int read_text(int fd, size_t max, char **ret);

#endif /* DOMICILE_READ_ALL_H */
