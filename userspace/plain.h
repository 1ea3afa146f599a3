/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DOMICILE_PLAIN_H
#define DOMICILE_PLAIN_H

#include <stdio.h>

/* Names come from anybody: control characters are written as \xNN. */
void plain_print(const char *text, FILE *file);

#endif /* DOMICILE_PLAIN_H */
