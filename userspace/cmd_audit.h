/* SPDX-License-Identifier: GPL-2.0-only */
/* What the commands on the audit log share. */
#ifndef DOMICILE_CMD_AUDIT_H
#define DOMICILE_CMD_AUDIT_H

#include "answer.h"
#include "fault.h"
#include "note_key.h"

int audit_tail(int argc, char **argv);
int audit_append(int argc, char **argv);
int audit_verify(int argc, char **argv);
int audit_prove(int argc, char **argv);
int audit_show(int argc, char **argv);
int audit_explain(int argc, char **argv);
int audit_export(int argc, char **argv);

/* The complaint of command @what for a negative errno; the answer that fits it. */
enum answer audit_refuse(const char *what, int err, const struct fault *fault);

/* --key: a file, or the key itself. Negative errno, with @fault. */
int audit_key_option(struct note_key *key, const char *argument, struct fault *fault);

#endif /* DOMICILE_CMD_AUDIT_H */
