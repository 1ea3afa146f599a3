/* SPDX-License-Identifier: GPL-2.0-only */
/* Giving up every right but to compute and to write to what is already open. */
#ifndef DOMICILE_CONFINE_H
#define DOMICILE_CONFINE_H

/* For a child process: there is no way back. Keeps descriptor @fd open. */
int confine_self(int fd);

#endif /* DOMICILE_CONFINE_H */
