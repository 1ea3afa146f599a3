/* SPDX-License-Identifier: GPL-2.0-only */
/* What is wrong with a log, or kept it from being read or written: one line. */
#ifndef DOMICILE_FAULT_H
#define DOMICILE_FAULT_H

struct fault {
	char text[1024]; /* "": none */
};

/* Keeps the first text; gives @err back. @fault may be NULL. */
__attribute__((format(printf, 3, 4)))
int fault_set(struct fault *fault, int err, const char *format, ...);

#endif /* DOMICILE_FAULT_H */
