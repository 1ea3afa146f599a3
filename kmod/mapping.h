/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DOMICILE_KMOD_MAPPING_H
#define DOMICILE_KMOD_MAPPING_H

struct bpf_iter_domicile_mapping;
struct file;

int bpf_iter_domicile_mapping_new(struct bpf_iter_domicile_mapping *it, u32 which);
struct file *bpf_iter_domicile_mapping_next(struct bpf_iter_domicile_mapping *it);
void bpf_iter_domicile_mapping_destroy(struct bpf_iter_domicile_mapping *it);

#endif
