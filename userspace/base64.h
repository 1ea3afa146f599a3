/* SPDX-License-Identifier: GPL-2.0-only */
/* Standard base 64 with padding, RFC 4648 section 4. */
#ifndef DOMICILE_BASE64_H
#define DOMICILE_BASE64_H

#include <stddef.h>

/* With the NUL. */
#define BASE64_SIZE(bytes) (((bytes) + 2) / 3 * 4 + 1)

/* @text has room for BASE64_SIZE(@size). */
void base64_encode(const void *data, size_t size, char *text);

/*
 * Reads the @length characters of @text. The number of bytes, of which there is
 * room for @max; -EINVAL if it is more, or @text is not what base64_encode()
 * would write.
 */
int base64_decode(const char *text, size_t length, void *data, size_t max);

#endif /* DOMICILE_BASE64_H */
