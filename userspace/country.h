/* SPDX-License-Identifier: GPL-2.0-only */
/* Country codes: ISO 3166-1 alpha-2. */
#ifndef DOMICILE_COUNTRY_H
#define DOMICILE_COUNTRY_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

#define COUNTRIES_MAX (26 * 26)
#define COUNTRY_NONE 0xffff
#define COUNTRY_TEXT_SIZE 3

/* The number of two capital letters, assigned or not; COUNTRY_NONE for other texts. */
__u16 country_number(const char *text, size_t size);
const char *country_text(__u16 country, char text[COUNTRY_TEXT_SIZE]);

/*
 * Is it assigned by ISO 3166-1 (as of 2024), or XK, the user-assigned code by
 * which country data knows Kosovo?
 */
bool country_assigned(__u16 country);

/* The assigned code that was probably meant by @text, or COUNTRY_NONE. */
__u16 country_meant(const char *text);

#endif /* DOMICILE_COUNTRY_H */
