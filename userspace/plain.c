// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>

#include "plain.h"

/* C0, DEL, and C1 as UTF-8 writes it. */
static bool is_control(const unsigned char *text)
{
	return *text < 0x20 || *text == 0x7f ||
	       (*text == 0xc2 && text[1] >= 0x80 && text[1] < 0xa0);
}

void plain_print(const char *text, FILE *file)
{
	const unsigned char *byte = (const unsigned char *)text;

	for (; *byte; byte++) {
		if (is_control(byte))
			fprintf(file, "\\x%02x", *byte);
		else
			fputc(*byte, file);
	}
}
