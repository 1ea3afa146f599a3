// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <unistd.h>

#include "colour.h"

const char *colour(enum colour colour, FILE *file)
{
	static const char *const sequences[] = {
		[COLOUR_NONE] = "\033[0m",
		[COLOUR_RED] = "\033[31m",
		[COLOUR_GREEN] = "\033[32m",
		[COLOUR_YELLOW] = "\033[33m",
		[COLOUR_BOLD] = "\033[1m",
	};
	const char *off = getenv("NO_COLOR");

	_Static_assert(sizeof(sequences) / sizeof(*sequences) == COLOURS, "every colour");
	return (off && *off) || !isatty(fileno(file)) ? "" : sequences[colour];
}
