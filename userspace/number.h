/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DOMICILE_NUMBER_H
#define DOMICILE_NUMBER_H

#include <linux/types.h>
#include <stdint.h>

#define NUMBER_TEXT_MAX 32

/* 1,234,567 */
const char *number_text(char text[NUMBER_TEXT_MAX], __u64 number);

/* Decimal, and nothing else. -EINVAL. */
int number_parse(const char *text, uint64_t *number);

/* A port, written without leading zeros; 0 for what is none. */
__u16 number_port(const char *text);

#endif /* DOMICILE_NUMBER_H */
