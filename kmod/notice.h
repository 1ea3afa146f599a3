/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DOMICILE_KMOD_NOTICE_H
#define DOMICILE_KMOD_NOTICE_H

struct file;

int notice_later(struct file *terminal);

#endif
