/* SPDX-License-Identifier: GPL-2.0-only */
/* One record of the kernel, as JSON for the log and as a line for people. */
#ifndef DOMICILE_RECORD_TEXT_H
#define DOMICILE_RECORD_TEXT_H

#include <stdio.h>

#include <domicile/record.h>
#include <jansson.h>

struct in_force;

/* NULL for a number that this version does not know. */
const char *record_hook_name(unsigned int hook);
const char *record_verdict_name(unsigned int verdict);
const char *record_reason_name(unsigned int reason);

/* @in_force: of the record's generation, or NULL. A new reference or NULL. */
json_t *record_json(const struct domicile_record *record, const struct in_force *in_force);

/*
 * What every object in the log begins with: type, time, boot and host. @boottime: of
 * CLOCK_BOOTTIME, ns. A new reference or NULL.
 */
json_t *record_begin(const char *type, __u64 boottime);

/* Records of @cpu that the kernel counted, but could not keep. */
json_t *record_loss_json(unsigned int cpu, __u64 first, __u64 count);

/* One line for people, with its newline. @object is one that the log holds. */
void record_print(json_t *object, FILE *file);
/* The same without its time. It begins with a blank. */
void record_print_text(json_t *object, FILE *file);

#endif /* DOMICILE_RECORD_TEXT_H */
