// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>

#include "fault.h"

int fault_set(struct fault *fault, int err, const char *format, ...)
{
	va_list arguments;

	if (!fault || fault->text[0])
		return err;
	va_start(arguments, format);
	vsnprintf(fault->text, sizeof(fault->text), format, arguments);
	va_end(arguments);
	return err;
}
