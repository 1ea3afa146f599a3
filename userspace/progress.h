/* SPDX-License-Identifier: GPL-2.0-only */
/* A progress bar on standard error; nothing at all when that is no terminal. */
#ifndef DOMICILE_PROGRESS_H
#define DOMICILE_PROGRESS_H

/* @what must outlive the bar. A @total of 0 shows a count alone. */
void progress_start(const char *what, unsigned long total);
void progress_step(void);
/* Take the bar off the line, so that a message can be written. */
void progress_hide(void);
void progress_end(void);

#endif /* DOMICILE_PROGRESS_H */
