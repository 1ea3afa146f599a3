/* SPDX-License-Identifier: GPL-2.0-only */
/* Colour on a terminal, unless NO_COLOR is set; "" anywhere else. */
#ifndef DOMICILE_COLOUR_H
#define DOMICILE_COLOUR_H

#include <stdio.h>

enum colour {
	COLOUR_NONE,
	COLOUR_RED,
	COLOUR_GREEN,
	COLOUR_YELLOW,
	COLOUR_BOLD,
	COLOURS,
};

const char *colour(enum colour colour, FILE *file);

#endif /* DOMICILE_COLOUR_H */
