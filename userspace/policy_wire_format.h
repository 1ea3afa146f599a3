/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DOMICILE_POLICY_WIRE_FORMAT_H
#define DOMICILE_POLICY_WIRE_FORMAT_H

#define WIRE_MAGIC 0x504d4f44u /* "DOMP" */
#define WIRE_VERSION 6
#define WIRE_NO_FILE (~0u)
#define WIRE_TEXT_MAX (64u << 20)
#define WIRE_ERRNO_MAX 4095

#endif /* DOMICILE_POLICY_WIRE_FORMAT_H */
